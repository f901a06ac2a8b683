"""The carriers there are, and how an account's table in bot.toml becomes one."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from bot.carriers.base import Carrier, CarrierFactory
from bot.errors import ConfigError
from bot.messages import AccountName

NAMES: Final = (
    "sandbox",
    "yunpian",
    "aliyun",
    "tencent",
    "smsbao",
    "google_rbm",
    "fivegmsg",
    "twilio",
    "infobip",
    "sinch",
    "vonage",
    "kannel",
    "jasmin",
)


class _Carriers(Mapping[str, CarrierFactory[Any]]):
    """Each is the `CARRIER` of the module of its name, imported when it is asked for: most systems use two."""

    def __getitem__(self, name: str) -> CarrierFactory[Any]:
        if name not in NAMES:
            raise KeyError(name)
        factory: CarrierFactory[Any] = importlib.import_module(f"bot.carriers.{name}").CARRIER
        return factory

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


CARRIERS: Final[Mapping[str, CarrierFactory[Any]]] = _Carriers()


def build(account: AccountName, table: Mapping[str, object], public_url: str = "") -> Carrier:
    """The carrier of one account, from its table. Raises ConfigError naming account and field, no value.

    public_url: how carriers reach us.
    """
    factory = CARRIERS.get(str(table.get("carrier")))
    if factory is None:
        raise ConfigError(f"accounts.{account}.carrier: must be one of {', '.join(CARRIERS)}")
    try:
        settings = factory.settings.model_validate({"public_url": public_url, **table})
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        lines = [f"{'.'.join(map(str, ('accounts', account, *flaw['loc'])))}: {flaw['msg']}" for flaw in flaws]
        raise ConfigError("\n".join(lines)) from None  # pydantic's own text would quote the value
    return factory(account, settings)
