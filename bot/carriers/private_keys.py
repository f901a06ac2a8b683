"""RSA keys that accounts sign with. Apart from `base`: reading them takes 5 MB that most accounts do without."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import AfterValidator, SecretStr


def _private_key(secret: SecretStr) -> SecretStr:
    try:
        if RSAKey.import_key(secret.get_secret_value()).is_private:
            return secret
    except (ValueError, JoseError):
        pass
    raise ValueError("must be an RSA private key in PEM form")


PrivateKey: TypeAlias = Annotated[SecretStr, AfterValidator(_private_key)]
