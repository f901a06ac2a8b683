"""What becomes of an RCS message that is not reported as delivered: the agreed cases, and what holds in every case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deliver.patience import Awaited, Leave, Patience, Recall, Said, Step, Text, Wait, decide
from bot.deliver.recalls import patience
from bot.messages import Kind, Status
from bot.settings import RecallSettings
from flows.values import replace

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DEFAULT = patience(RecallSettings())


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def since(seconds: float, kind: Kind = Kind.CONVERSATION, status: Status = Status.SENT) -> Awaited:
    """A message that its carrier took so long ago."""
    return Awaited(kind, status, NOW - s(seconds))


def asked(said: Said, before: float, kind: Kind = Kind.CONVERSATION) -> Awaited:
    """One whose recall was asked for and answered so long ago."""
    at = NOW - s(before)
    return replace(since(before + 60, kind), asked_at=at, said=said, said_at=at if said else None)


CASES: list[tuple[str, Awaited, type[Step], bool | None]] = [
    ("a code is given 15 s", since(14.9, Kind.VERIFICATION), Wait, None),
    ("and no more", since(15, Kind.VERIFICATION), Recall, None),
    ("an answer is given a minute", since(59, Kind.CONVERSATION), Wait, None),
    ("and no more", since(60, Kind.CONVERSATION), Recall, None),
    ("a notice is given five minutes", since(299, Kind.TRANSACTIONAL), Wait, None),
    ("and no more", since(300, Kind.TRANSACTIONAL), Recall, None),
    ("a promotion is never taken back", since(10**6, Kind.MARKETING), Leave, None),
    ("what arrived is left", since(10**6, status=Status.DELIVERED), Leave, None),
    ("what was read is left", since(10**6, status=Status.READ), Leave, None),
    ("what failed goes as text at once", since(1, status=Status.FAILED), Text, True),
    ("a promotion that failed, too", since(1, Kind.MARKETING, Status.FAILED), Text, True),
    ("nobody knows whether it was taken: it is asked back", since(60, status=Status.UNKNOWN), Recall, None),
    ("taken back: the text goes", asked("revoked", 0), Text, True),
    ("it had arrived: no text", asked("delivered", 0), Leave, None),
    ("nothing can be taken back here", asked("refused", 0), Leave, None),
    ("not found: a receipt may come", asked("not_found", 59), Wait, None),
    ("none came: an answer rather comes twice", asked("not_found", 60), Text, False),
    ("a notice, too", asked("not_found", 60, Kind.TRANSACTIONAL), Text, False),
    ("a code never", asked("not_found", 60, Kind.VERIFICATION), Leave, None),
    ("the answer was lost: asked again, however late", asked("", 3_600), Recall, None),
    ("it could not be asked: later", asked("error", 1), Wait, None),
    ("it could not be asked: again", asked("error", 5), Recall, None),
    ("not for ever", asked("error", 60), Text, False),
    ("a code never", asked("error", 60, Kind.VERIFICATION), Leave, None),
]


@pytest.mark.parametrize(("awaited", "step", "certain"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_case_has_its_step(awaited: Awaited, step: type[Step], certain: bool | None) -> None:
    """With the settings as they come."""
    decided = decide(awaited, DEFAULT, NOW)
    assert isinstance(decided, step)
    assert decided.why
    if isinstance(decided, Text):
        assert decided.certain is certain


durations = st.integers(0, 10_000).map(s)
waits = st.builds(
    Patience,
    of=st.dictionaries(st.sampled_from(Kind), durations),
    receipt=durations,
    again=st.integers(1, 10_000).map(s),
    unclear_as_text=st.frozensets(st.sampled_from([Kind.CONVERSATION, Kind.TRANSACTIONAL])),
)
said: st.SearchStrategy[Said] = st.sampled_from(["", "revoked", "delivered", "not_found", "error", "refused"])
statuses = st.sampled_from([Status.UNKNOWN, Status.SENT, Status.FAILED, Status.DELIVERED, Status.READ])


@st.composite
def awaiteds(draw: st.DrawFn) -> Awaited:
    """Any that can be on record: it is asked after it was sent, and answered after it was asked."""
    sent_at = NOW + draw(durations)
    message = Awaited(draw(st.sampled_from(Kind)), draw(statuses), sent_at)
    if not draw(st.booleans()):
        return message
    asked_at = sent_at + draw(durations)
    word: Said = draw(said)
    return replace(message, asked_at=asked_at, said=word, said_at=asked_at + draw(durations) if word else None)


@given(awaiteds(), waits, durations)
def test_nobody_is_sent_both_but_by_a_kind_that_rather_comes_twice(
    awaited: Awaited, settings: Patience, later: timedelta
) -> None:
    """A text follows what did not arrive for certain; else only by the kind's rule, and never what arrived."""
    step = decide(awaited, settings, NOW + later)
    arrived = awaited.status in (Status.DELIVERED, Status.READ)
    certainly_not = awaited.status is Status.FAILED or awaited.said == "revoked"
    if arrived:
        assert isinstance(step, Leave)
    elif certainly_not:
        assert step == Text(step.why, certain=True)
    elif isinstance(step, Text):
        assert not step.certain
        assert awaited.kind in settings.unclear_as_text
        assert awaited.said in ("not_found", "error")
        assert awaited.asked_at is not None
        assert NOW + later >= awaited.asked_at + settings.receipt


@given(awaiteds(), waits, durations)
def test_waiting_has_an_end(awaited: Awaited, settings: Patience, later: timedelta) -> None:
    """What waits is looked at again later than now; and a message whose recalls all tell nothing comes to an end."""
    now, steps = NOW + later, 0
    step = decide(awaited, settings, now)
    while not isinstance(step, Text | Leave):
        if isinstance(step, Wait):
            assert step.until > now
            now = step.until
        else:
            now += s(1)
            awaited = replace(awaited, asked_at=awaited.asked_at or now, said="error", said_at=now)
        step, steps = decide(awaited, settings, now), steps + 1
        assert steps < 50_000


@given(awaiteds(), waits, durations)
def test_a_kind_without_patience_is_never_taken_back(awaited: Awaited, settings: Patience, later: timedelta) -> None:
    """Of itself."""
    if awaited.kind not in settings.of and awaited.asked_at is None:
        assert not isinstance(decide(awaited, settings, NOW + later), Recall | Wait)


def test_patience_comes_from_the_settings() -> None:
    """0 = for ever; the kinds that may come twice are named."""
    made = patience(RecallSettings(conversation_s=0, receipt_s=7, unclear_as_text=("verification",)))
    assert made.of == {Kind.VERIFICATION: s(15), Kind.TRANSACTIONAL: s(300)}
    assert made.receipt == s(7)
    assert made.unclear_as_text == {Kind.VERIFICATION}
