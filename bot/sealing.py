"""Numbers sealed at rest and known by a keyed hash.

One master key; three keys are derived from it (HKDF-SHA256), so that the index cannot open a seal.
A sealed number is `key id byte ‖ 12 byte nonce ‖ AES-256-GCM`, base64, bound to its contact id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import Refused
from bot.messages import ContactId, PhoneNumber

KEY_ID = b"\x01"
CONTACTS_KEPT = 10_000
"""People whose contact id is remembered: whoever writes is looked up several times, and the hash costs 3 µs."""


class Sealer:
    """Contact ids and sealed numbers for one master key (32 bytes)."""

    def __init__(self, master_key: bytes) -> None:
        self._index = _derive(master_key, b"contact index")
        self._gcm = AESGCM(_derive(master_key, b"number seal"))
        self._secrets = AESGCM(_derive(master_key, b"secret seal"))
        self.fingerprint = _derive(master_key, b"fingerprint").hex()[:16]
        self.contact = lru_cache(maxsize=CONTACTS_KEPT)(self._contact)

    def _contact(self, number: PhoneNumber) -> ContactId:
        """The contact at an E.164 number."""
        return ContactId(hmac.digest(self._index, number.encode(), hashlib.sha256).hex()[:32])

    def seal(self, contact: ContactId, number: PhoneNumber) -> str:
        """The number as it may be stored beside its contact."""
        nonce = os.urandom(12)
        return base64.b64encode(KEY_ID + nonce + self._gcm.encrypt(nonce, number.encode(), contact.encode())).decode()

    def open(self, contact: ContactId, sealed: str | bytes) -> PhoneNumber:
        """The number of a contact. Raises cryptography's InvalidTag when it is another contact's seal."""
        raw = base64.b64decode(sealed)
        return PhoneNumber(self._gcm.decrypt(raw[1:13], raw[13:], contact.encode()).decode())

    def hide(self, name: str, secret: str) -> bytes:
        """A secret as it may be stored under that name."""
        nonce = os.urandom(12)
        return nonce + self._secrets.encrypt(nonce, secret.encode(), name.encode())

    def reveal(self, name: str, hidden: bytes) -> str:
        """The secret of that name. Raises cryptography's InvalidTag when it is another's, or of another master key."""
        return self._secrets.decrypt(hidden[:12], hidden[12:], name.encode()).decode()


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"dingdong " + purpose).derive(master_key)


MAINLAND = re.compile(r"(\+86|0086|86)?(1[3-9][0-9]{9})")
"""A mainland mobile number. The library knows 179… as a dialling prefix and takes it off."""


def e164(text: str, country: str) -> PhoneNumber:
    """A number as people and platforms write it, in E.164. Raises Refused 422 when it is not a phone number.

    Mainland mobile numbers are recognised without the library: they are nearly all there is, and it costs 17 µs.
    """
    plain = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text))
    mainland = MAINLAND.fullmatch(plain)
    if mainland and (country == "CN" or mainland[1] == "+86"):
        return PhoneNumber("+86" + mainland[2])
    import phonenumbers  # noqa: PLC0415 - 22 MB that a mainland platform never needs

    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise Refused(422, "bad_number", "not a phone number; give it in E.164, e.g. +8613800138000") from None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    # Of nothing but zeros it takes one off at every reading: then it is nobody's.
    if not phonenumbers.is_possible_number(parsed) or phonenumbers.parse(number) != parsed:
        raise Refused(422, "bad_number", "not a possible phone number; give it in E.164, e.g. +8613800138000")
    return PhoneNumber(number)
