"""Which account and which form: a pure choice with its reason.

An answer goes back where the person wrote last. Else RCS when the phone can show it and the card gains by it, or when
it is the cheaper form; else text. Among several accounts the weights decide, by a hash of the message id: the same
message gets the same account wherever and whenever it is asked.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.messages import AccountName, Form, MessageId
from flows.values import Value


class AccountView(Value, frozen=True):
    """What the choice needs to know of one account.

    forms: what it can carry; "text" only when it reaches a phone without RCS too.
    weight: its share among those that can send, 0 = none. healthy: it is not stopped.
    text_cost: of a segment. rcs_cost: of an RCS message, None = not told.
    barred: why this message must not go there ("" = it may): its template is not approved.
    """

    name: AccountName
    forms: frozenset[Form]
    weight: int = 1
    healthy: bool = True
    text_cost: float = 1.0
    rcs_cost: float | None = None
    barred: str = ""


class Shape(Value, frozen=True):
    """What the choice needs to know of the message.

    gains: the card shows more as RCS than as text. segments: of its text, where prices are compared.
    text_only: RCS was tried and is out of the question. stick: where the person wrote last, for an answer.
    """

    gains: bool
    segments: int = 1
    text_only: bool = False
    stick: tuple[AccountName, Form] | None = None


class Route(Value, frozen=True):
    account: AccountName
    form: Form
    why: str


class NoRoute(Value, frozen=True):
    why: str


def choose(
    message: MessageId,
    shape: Shape,
    *,
    rich: Mapping[AccountName, bool | None],
    tried: Collection[AccountName],
    accounts: Sequence[AccountView],
) -> Route | NoRoute:
    """Where this message goes.

    rich: what is known of the phone, per account (None = not known).
    tried: accounts known not to have sent it; they come last, so that a sole account is tried again.
    """
    usable = [account for account in accounts if account.healthy and account.weight > 0 and not account.barred]
    fresh = [account for account in usable if account.name not in tried]
    if stuck := _stuck(shape, fresh, rich):
        return stuck
    for pool, again in ((fresh, ""), (usable, "; every account was tried")):
        for form, why in _preferences(shape, pool, rich):
            able = [account for account in pool if _can(account, form, rich)]
            if able:
                return Route(_weighted(message, able).name, form, why + again)
    return NoRoute(_why_not(accounts, usable))


def channel(via: AccountName, last: str, forms: frozenset[Form]) -> Form | None:
    """The form in which the person wrote, as far as can be told; None = it cannot.

    via: the account it came by, forms: what that one carries. last: "<account> <form>" of our last attempt. Where an
    account carries both, who got RCS from it answers by RCS; who got a text may have RCS by now.
    """
    if len(forms) == 1:
        return next(iter(forms))
    return "rbm" if last == f"{via} rbm" else None


def _stuck(shape: Shape, fresh: Sequence[AccountView], rich: Mapping[AccountName, bool | None]) -> Route | None:
    if shape.stick is None:
        return None
    name, form = shape.stick
    if form == "rbm" and (shape.text_only or rich.get(name) is False):
        return None
    able = any(account.name == name and form in account.forms for account in fresh)
    return Route(name, form, "the person wrote there last") if able else None


def _preferences(
    shape: Shape, pool: Sequence[AccountView], rich: Mapping[AccountName, bool | None]
) -> Iterator[tuple[Form, str]]:
    if shape.text_only:
        yield "text", "RCS did not reach this phone"
    elif shape.gains:
        yield "rbm", "the phone shows RCS and the card gains by it"
        yield "text", "no account shows RCS on this phone"
    elif _rcs_is_cheaper(shape.segments, pool, rich):
        yield "rbm", "the card does not gain by RCS, but RCS is cheaper"
        yield "text", "no account shows RCS on this phone"
    else:
        yield "text", "the card does not gain by RCS"
        yield "rbm", "no account sends text"


def _rcs_is_cheaper(segments: int, pool: Sequence[AccountView], rich: Mapping[AccountName, bool | None]) -> bool:
    rcs = [one.rcs_cost for one in pool if one.rcs_cost is not None and _can(one, "rbm", rich)]
    texts = [one.text_cost * segments for one in pool if "text" in one.forms]
    return bool(rcs and texts) and min(rcs) < min(texts)


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
    if barred := [f"{account.name}: {account.barred}" for account in accounts if account.barred and not usable]:
        return "; ".join(barred)
    if not usable:
        return "no account is healthy" if any(account.weight for account in accounts) else "every account has weight 0"
    return "no account reaches this phone: none sends text, none shows RCS on it"
