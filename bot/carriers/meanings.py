"""What an account says of its provider's words, in place of what its carrier's tables say. Pure.

Documents leave words out, gateways and provinces differ, and part of what the tables say nobody has written down: where
one proves wrong, `error_codes` and `status_words` put it right without a new program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bot.carriers import calling
from bot.carriers.base import AccountSettings
from bot.carriers.calling import Facts
from bot.errors import SendError
from bot.messages import Item, Receipt, Signal, Status
from flows.values import replace

FACTS: Final[Mapping[str, Facts]] = {
    "permanent": calling.PERMANENT,
    "retry": calling.RETRY,
    "unknown": calling.UNKNOWN,
    "opted_out": calling.OPTED_OUT,
    "bad_number": calling.BAD_NUMBER,
    "not_rcs": calling.NOT_RCS,
    "template": calling.TEMPLATE,
    "content": calling.CONTENT,
    "account": calling.ACCOUNT,
}
"""The words of `error_codes` but "throttled"."""
OURS: Final = frozenset(("not_connected", "no_answer", "bad_answer"))
"""Codes that no provider said: what they mean is known."""


def of_error(settings: AccountSettings, error: SendError) -> SendError:
    """A refusal as the account reads its code, or the family before the code's first dot."""
    meaning = _meaning(settings, error.code)
    if meaning is None:
        return error
    if meaning.get("throttled") and error.retry_after_s is not None:  # the provider knows better
        meaning = calling.throttled(error.retry_after_s)
    return SendError(error.code, error.detail, **meaning)


def of_items(settings: AccountSettings, items: Iterable[Item]) -> Iterable[Item]:
    """What came in, as the account reads its words; an opt-out that it says is none is left out."""
    return _read(settings, items) if settings.error_codes or settings.status_words else items


def _read(settings: AccountSettings, items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Receipt):
            yield from _of_receipt(settings, item)
        elif not isinstance(item, Signal) or _holds(settings, item):
            yield item


def _holds(settings: AccountSettings, signal: Signal) -> bool:
    meaning = _meaning(settings, signal.code) if signal.what == "unsubscribed" else None
    return meaning is None or bool(meaning.get("opted_out"))


def _of_receipt(settings: AccountSettings, receipt: Receipt) -> Iterator[Item]:
    word = settings.status_words.get(receipt.raw)
    if word is not None:
        status = None if word == "ignored" else Status(word)
        failed = status is Status.FAILED
        receipt = replace(receipt, status=status, error=(receipt.error or receipt.raw) if failed else "")
    code = receipt.error.partition(":")[0]  # words may stand behind it
    meaning = _meaning(settings, code) if receipt.status is Status.FAILED else None
    if meaning is None:
        yield receipt
        return
    yield replace(receipt, not_rcs=bool(meaning.get("not_rcs")))
    if meaning.get("opted_out") and receipt.number:  # said by the table too, it is the same report and taken once
        yield Signal(receipt.account, receipt.number, "unsubscribed", id=receipt.provider_id, code=calling.word(code))


def _meaning(settings: AccountSettings, code: str) -> Facts | None:
    told = settings.error_codes
    said = told.get(code, told.get(code.partition(".")[0])) if code not in OURS else None
    if said is None:
        return None
    word, _, seconds = said.partition(":")
    return calling.throttled(float(seconds) if seconds else None) if word == "throttled" else FACTS[word]
