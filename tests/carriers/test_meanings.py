"""What an account says of its provider's words stands above what the carrier's tables say."""

from __future__ import annotations

from typing import Any

import pytest
from standins.kit import NUMBER
from standins.yunpian import YunpianStandin

from bot.carriers import build, meanings
from bot.carriers.base import AccountSettings
from bot.errors import ConfigError, SendError
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal, Status

ACC = AccountName("acc")


def account(**given: Any) -> AccountSettings:
    return build(ACC, YunpianStandin().table(**given)).settings


def read(item: Item, **given: Any) -> list[Item]:
    return list(meanings.of_items(account(**given), [item]))


@pytest.mark.parametrize(
    ("word", "facts"),
    [
        ("permanent", {}),
        ("retry", {"retryable": True}),
        ("throttled", {"throttled": True, "retryable": True, "retry_after_s": 7.0}),
        ("throttled:30", {"throttled": True, "retryable": True, "retry_after_s": 7.0}),
        ("unknown", {"unknown": True}),
        ("opted_out", {"opted_out": True}),
        ("bad_number", {"bad_number": True}),
        ("not_rcs", {"not_rcs": True}),
        ("template", {"template": True}),
        ("content", {"content": True}),
        ("account", {"account": True}),
    ],
)
def test_a_code_means_what_the_account_says(word: str, facts: dict[str, Any]) -> None:
    """Nothing is left of what the table said but how long the provider wants us to wait."""
    said = SendError("22", "words", retryable=True, throttled=True, retry_after_s=7.0)
    meant = meanings.of_error(account(error_codes={"22": word}), said)
    assert vars(meant) == vars(SendError("22", "words", **facts))


@pytest.mark.parametrize(("word", "after"), [("throttled", None), ("throttled:30", 30.0)])
def test_a_throttled_code_waits_as_long_as_the_account_says(word: str, after: float | None) -> None:
    """Where the provider does not say it."""
    meant = meanings.of_error(account(error_codes={"22": word}), SendError("22"))
    assert (meant.throttled, meant.retryable, meant.retry_after_s) == (True, True, after)


def test_the_code_itself_comes_before_its_family() -> None:
    """A family is what stands before the first dot."""
    settings = account(error_codes={"isv": "content", "isv.OUT": "account"})
    said = [meanings.of_error(settings, SendError(code)) for code in ("isv.OUT", "isv.NEW", "isp.NEW")]
    assert [(one.account, one.content) for one in said] == [(True, False), (False, True), (False, False)]


@pytest.mark.parametrize("code", ["no_answer", "not_connected", "bad_answer"])
def test_what_no_provider_said_keeps_its_meaning(code: str) -> None:
    """An answer that was lost may have been a yes, whatever an account says."""
    said = SendError(code, unknown=True)
    assert meanings.of_error(account(error_codes={code: "retry"}), said) is said


@pytest.mark.parametrize("flaw", [{"22": "whatever"}, {"22": "throttled:soon"}, {"22": ""}])
def test_a_meaning_that_is_none_stops_the_start(flaw: dict[str, str]) -> None:
    """It names the code."""
    with pytest.raises(ConfigError, match=r"accounts\.acc\.error_codes\.22"):
        account(error_codes=flaw)


def receipt(status: Status | None, raw: str, error: str = "", **more: Any) -> Receipt:
    return Receipt(ACC, status, raw, provider_id="77", number=NUMBER, error=error, **more)


@pytest.mark.parametrize(
    ("word", "status", "error"),
    [("read", Status.READ, ""), ("failed", Status.FAILED, "X"), ("ignored", None, ""), ("unknown", Status.UNKNOWN, "")],
)
def test_a_word_means_what_the_account_says(word: str, status: Status | None, error: str) -> None:
    """Its spelling is kept; where it now says that it failed, it is also why."""
    assert read(receipt(Status.SENT, "X"), status_words={"X": word}) == [receipt(status, "X", error)]


def test_a_failure_that_becomes_an_opt_out() -> None:
    """And one that becomes a phone without RCS; words behind the code do not matter."""
    failed = receipt(Status.FAILED, "FAIL", "2: refused")
    signal = Signal(ACC, NUMBER, "unsubscribed", id="77", code="2")
    assert read(failed, error_codes={"2": "opted_out"}) == [failed, signal]
    assert read(failed, error_codes={"2": "not_rcs"}) == [receipt(Status.FAILED, "FAIL", "2: refused", not_rcs=True)]
    assert read(receipt(Status.SENT, "S", "2"), error_codes={"2": "opted_out"}) == [receipt(Status.SENT, "S", "2")]


def test_an_opt_out_that_is_none() -> None:
    """Then no consent is changed; others are left alone."""
    told = Signal(ACC, NUMBER, "unsubscribed", id="77", code="MBBLACK")
    assert read(told, error_codes={"MBBLACK": "content"}) == []
    for kept in (told, Signal(ACC, NUMBER, "typing"), Inbound(ACC, NUMBER, "MBBLACK"), Bad(ACC, "MBBLACK")):
        assert read(kept, error_codes={"DB:0141": "content"}) == [kept]
    assert read(told, error_codes={"MBBLACK": "opted_out"}) == [told]
