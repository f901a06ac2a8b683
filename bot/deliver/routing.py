"""Which account and which form: a pure choice with its reason.

RCS when the phone can show it and the card gains by it, else text. Among several accounts the weights
decide, by a hash of the message id: the same message gets the same account wherever and whenever it is asked.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.messages import AccountName, Form, MessageId


@dataclass(frozen=True, slots=True)
class AccountView:
    """What the choice needs to know of one account.

    forms: what it can carry; "text" only when it reaches a phone without RCS too.
    weight: its share among those that can send, 0 = none. healthy: its breaker is closed.
    """

    name: AccountName
    forms: frozenset[Form]
    weight: int = 1
    healthy: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    account: AccountName
    form: Form
    why: str


@dataclass(frozen=True, slots=True)
class NoRoute:
    why: str


def choose(
    message: MessageId,
    *,
    gains: bool,
    rich: Mapping[AccountName, bool | None],
    tried: Collection[AccountName],
    accounts: Sequence[AccountView],
) -> Route | NoRoute:
    """Where this message goes.

    gains: the card shows more as RCS than as text. rich: what is known of the phone, per account (None = not asked).
    tried: accounts known not to have sent it; they come last, so that a sole account is tried again.
    """
    usable = [account for account in accounts if account.healthy and account.weight > 0]
    fresh = [account for account in usable if account.name not in tried]
    for pool, again in ((fresh, ""), (usable, "; every account was tried")):
        for form, why in _preferences(gains=gains):
            able = [account for account in pool if _can(account, form, rich)]
            if able:
                return Route(_weighted(message, able).name, form, why + again)
    return NoRoute(_why_not(accounts, usable))


def _preferences(*, gains: bool) -> Iterator[tuple[Form, str]]:
    if gains:
        yield "rbm", "the phone shows RCS and the card gains by it"
        yield "text", "no account shows RCS on this phone"
    else:
        yield "text", "the card does not gain by RCS"
        yield "rbm", "no account sends text"


def _can(account: AccountView, form: Form, rich: Mapping[AccountName, bool | None]) -> bool:
    return form in account.forms and (form == "text" or rich.get(account.name) is True)


def _weighted(message: MessageId, accounts: Sequence[AccountView]) -> AccountView:
    """Weighted rendezvous hashing: an account that comes or goes moves only its own share of messages."""
    if len(accounts) == 1:
        return accounts[0]

    def rank(account: AccountView) -> float:
        digest = hashlib.sha256(f"{message}\n{account.name}".encode()).digest()
        uniform = (int.from_bytes(digest[:6], "big") + 1) / (2**48 + 1)
        return -math.log(uniform) / account.weight

    return min(accounts, key=rank)


def _why_not(accounts: Sequence[AccountView], usable: Sequence[AccountView]) -> str:
    if not accounts:
        return "no account is configured"
    if not usable:
        return "no account is healthy" if any(account.weight for account in accounts) else "every account has weight 0"
    return "no account reaches this phone: none sends text, none shows RCS on it"
