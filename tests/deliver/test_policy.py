"""May a message go out, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deliver.policy import Drop, Hold, Message, Person, Send, Verdict, decide
from bot.messages import Kind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OFFER = Message(Kind.TRANSACTIONAL, "offers")
NEWS = Message(Kind.MARKETING, "promotions")
CODE = Message(Kind.VERIFICATION, "codes")
ANSWER = Message(Kind.CONVERSATION, "offers", reply=True)
CONTRACT = Message(Kind.TRANSACTIONAL, "offers", essential=True)
CONFIRMATION = Message(Kind.CONVERSATION, "service", to_opted_out=True, through_hold=True)
BY_STAFF = Message(Kind.CONVERSATION, "service", reply=True, through_hold=True)

ANYBODY = Person()
STOPPED = Person(stops=frozenset({"*"}))
NO_OFFERS = Person(stops=frozenset({"offers"}))
HELD = Person(held_by="lin")
WAITING = Person(held_by="*")
STOPPED_AND_HELD = Person(stops=frozenset({"*"}), held_by="lin")

SILENCED = Drop("opted_out")
QUIET = Hold(None, "held_by_staff")

TABLE: list[tuple[str, Message, Person, Verdict]] = [
    ("nothing stands against it", OFFER, ANYBODY, Send()),
    ("a notice after TD", OFFER, STOPPED, SILENCED),
    ("advertising after TD", NEWS, STOPPED, SILENCED),
    ("a code after TD", CODE, STOPPED, Send("opted out, but verification")),
    ("a contract notice after TD", CONTRACT, STOPPED, Send("opted out, but notice of a deal under way")),
    ("a reply after TD", ANSWER, STOPPED, Send("opted out, but reply to the person's own words")),
    ("the legal confirmation after TD", CONFIRMATION, STOPPED, Send("opted out, but legal confirmation")),
    ("a topic switched off", OFFER, NO_OFFERS, SILENCED),
    ("another topic than the one switched off", NEWS, NO_OFFERS, Send()),
    (
        "a contract notice of a topic switched off",
        CONTRACT,
        NO_OFFERS,
        Send("opted out, but notice of a deal under way"),
    ),
    ("the bot while staff hold", ANSWER, HELD, QUIET),
    ("a contract notice while staff hold", CONTRACT, HELD, QUIET),
    ("a code while staff hold", CODE, HELD, Send("held, but verification")),
    ("a colleague's own words while staff hold", BY_STAFF, HELD, Send("held, but written by staff")),
    ("the legal confirmation while staff hold", CONFIRMATION, HELD, Send("held, but legal confirmation")),
    ("the bot while the person waits for anyone", ANSWER, WAITING, Send()),
    ("a stop outranks a hold: it is dropped, not kept", OFFER, STOPPED_AND_HELD, SILENCED),
]


@pytest.mark.parametrize(("message", "person", "verdict"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_case_has_its_verdict_and_reason(message: Message, person: Person, verdict: Verdict) -> None:
    """The agreed cases of opt-out and hold, one by one."""
    assert decide(message, person, NOW) == verdict


@pytest.mark.parametrize(("before_s", "verdict"), [(1, Send()), (0, Drop("expired")), (-1, Drop("expired"))])
def test_the_instant_of_expiry_is_too_late(before_s: int, verdict: Verdict) -> None:
    """A message goes until just before its expiry, and not at it."""
    message = Message(Kind.TRANSACTIONAL, "offers", expires_at=NOW + timedelta(seconds=before_s))
    assert decide(message, ANYBODY, NOW) == verdict


def test_expiry_is_decided_in_absolute_time() -> None:
    """An expiry written in the person's zone is the same instant."""
    shanghai = NOW.astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(microseconds=1)
    assert decide(Message(Kind.TRANSACTIONAL, "offers", expires_at=shanghai), ANYBODY, NOW) == Drop("expired")


topics = st.sampled_from(["offers", "views", "promotions", "codes", "service"])
moments = st.integers(-100, 100).map(lambda seconds: NOW + timedelta(seconds=seconds))
messages = st.builds(
    Message,
    kind=st.sampled_from(Kind),
    topic=topics,
    essential=st.booleans(),
    to_opted_out=st.booleans(),
    through_hold=st.booleans(),
    reply=st.booleans(),
    expires_at=st.none() | moments,
)
people = st.builds(
    Person,
    stops=st.frozensets(topics | st.just("*"), max_size=3),
    held_by=st.sampled_from(["", "*", "lin"]),
)


@given(messages, people, moments)
def test_never_after_expiry(message: Message, person: Person, now: datetime) -> None:
    """Whatever else holds, an expired message is dropped."""
    if message.expires_at is not None and now >= message.expires_at:
        assert decide(message, person, now) == Drop("expired")


@given(messages, people, moments)
def test_never_to_a_stopped_person_but_for_the_listed(message: Message, person: Person, now: datetime) -> None:
    """Only codes, contract notices, replies and the confirmation pass a stop."""
    listed = (
        message.kind is Kind.VERIFICATION
        or message.essential
        or message.to_opted_out
        or (message.kind is Kind.CONVERSATION and message.reply)
    )
    if person.stops & {"*", message.topic} and not listed:
        assert isinstance(decide(message, person, now), Drop)


@given(messages, people, moments)
def test_the_bot_never_speaks_while_staff_hold(message: Message, person: Person, now: datetime) -> None:
    """While a colleague holds the conversation only their words, codes and the confirmation go."""
    passes = message.kind is Kind.VERIFICATION or message.through_hold or message.to_opted_out
    if person.held_by == "lin" and not passes:
        assert not isinstance(decide(message, person, now), Send)


@given(messages, people, moments)
def test_nothing_is_refused_without_a_cause(message: Message, person: Person, now: datetime) -> None:
    """A person who stopped nothing and is held by nobody gets every message that has not expired."""
    free = not person.stops & {"*", message.topic} and person.held_by != "lin"
    if free and (message.expires_at is None or now < message.expires_at):
        assert decide(message, person, now) == Send()
