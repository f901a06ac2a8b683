"""What the handset is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HandsetConfig:
    """One sandbox account, and how its phones look.

    key: the sandbox account's key: the carrier's bearer token, and what webhooks are signed with.
    webhook_url: where the bot takes this account's webhooks, secret included.
    phones: (E.164 number, name) of the phones to choose from; others appear once written to.
    brand: whom the messages come from, as the phone shows it; "" = our own name.
    images: origins the pictures on cards may come from. links: (key of words, URL) shown beside the phone.
    typing_s: how long it shows that the bot is typing. compose: a message may hold a composeAction.
    """

    key: str
    webhook_url: str
    phones: Sequence[tuple[str, str]] = (("+8613800138000", "林悦"), ("+8613900139000", "陈凯"))
    brand: str = ""
    images: Sequence[str] = ("https:",)
    links: Sequence[tuple[str, str]] = ()
    typing_s: float = 20.0
    compose: bool = True
