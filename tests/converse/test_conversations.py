"""What the scripts take and give, in the engine's values: nothing is lost or moved on the way."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_jsonable_python
from support.bot import asking, telling

from bot.converse.conversations import Claimed, Mail, claimed, commit_args, heard, outbounds, wrote_by
from bot.deliver.outbox import Ready
from bot.ids import shard_of_message
from bot.messages import ContactId
from bot.record.journal import decode
from bot.runtime import Runtime
from bot.settings import OutcomeSettings, SenderSettings
from flows.state import (
    Ask,
    ClearTimer,
    Consent,
    Conversation,
    Do,
    Emit,
    HandOver,
    Note,
    Question,
    Said,
    SetTimer,
    Staffed,
    Tapped,
    Turn,
    dump,
    load,
)

CONTACT = ContactId("ab" * 16)
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SHARD = 3


def runtime(url: str = "http://127.0.0.1/outcomes") -> Runtime:
    """As much of one as a commit reads."""
    made = SimpleNamespace(settings=SimpleNamespace(sender=SenderSettings(), outcomes=OutcomeSettings(url=url)))
    return cast(Runtime, made)


def ask(name: str) -> Ask:
    return Ask(name, name.split(".", maxsplit=1)[0], 1, "asked", Question(), "title", NOW)


def args_of(rt: Runtime, claim: Claimed, turns: list[tuple[Mail, Turn]], ready: Ready | None = None) -> list[Any]:
    said = outbounds(rt.settings.sender, SHARD, turns)
    return commit_args(rt, SHARD, "tok", claim, turns, said, ready)


def read(args: list[Any]) -> dict[str, Any]:
    """ARGV as commit.lua reads it: single values, then counted lists of these widths."""
    names: tuple[str, ...] = ("prefix", "contact", "token", "ver", "doc", "consumed", "journal", "ttl", "held")
    names += ("epoch", "account", "attempt", "lease", "form", "awaits", "via")
    found: dict[str, Any] = dict(zip(names, args, strict=False))
    at = len(names)
    widths = {"set": 2, "cleared": 1, "closed": 1, "forgotten": 1, "consent": 2, "outbound": 6, "outcomes": 1}
    for name, width in widths.items():
        count, flat = args[at], args[at + 1 : at + 1 + args[at] * width]
        found[name] = [tuple(flat[n * width : (n + 1) * width]) for n in range(count)]
        at += 1 + count * width
    assert at == len(args)
    return found


NAMES = st.from_regex(r"[a-z]{1,3}\.[0-9]", fullmatch=True)
MOMENTS = st.integers(0, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
EFFECTS = st.one_of(
    st.builds(SetTimer, NAMES, MOMENTS),
    st.builds(ClearTimer, NAMES),
    st.builds(Consent, st.sampled_from(["*", "offers"]), st.booleans(), st.text(max_size=4)),
    st.builds(Emit, NAMES, st.just("offer.accepted"), st.just({"price": "1"}), NAMES, st.integers(1, 9)),
    st.builds(Note, st.text(max_size=4)),
    st.builds(Do, NAMES, st.just("accept_offer"), st.just(1), NAMES, st.just({})),
    st.builds(HandOver, st.text(max_size=4)),
    NAMES.map(asking),
    st.builds(telling),
)
TURNS = st.lists(
    st.tuples(st.lists(EFFECTS, max_size=6).map(tuple), st.lists(NAMES, max_size=3).map(tuple)), min_size=1, max_size=4
)


@given(TURNS, st.lists(NAMES, unique=True, max_size=4), st.sampled_from(["", "anna", "*"]))
def test_a_commit_carries_everything_its_turns_caused(turns: Any, asks: list[str], held: str) -> None:
    """In order; the last word on a timer wins; what is asked no more is forgotten."""
    before = Conversation(CONTACT, asks=tuple(map(ask, asks)))
    after = Conversation(CONTACT, held_by=held, asks=before.asks[1:])
    made = [
        (Mail(Said(f"in-{n}", NOW + timedelta(seconds=n), "Y"), "yunpian", "p"), Turn(after, effects, closed=closed))
        for n, (effects, closed) in enumerate(turns)
    ]
    claim = Claimed(CONTACT, "6", before, tuple(mail for mail, _ in made), {})
    told = read(args_of(runtime(), claim, made))
    effects = [effect for _, turn in made for effect in turn.effects]

    def of(kind: str) -> list[Any]:
        return [effect for effect in effects if effect.effect == kind]

    last = {one.id: one for one in effects if isinstance(one, SetTimer | ClearTimer)}
    assert dict(told["set"]) == {
        name: int(one.at.timestamp() * 1000) for name, one in last.items() if isinstance(one, SetTimer)
    }
    assert {name for (name,) in told["cleared"]} == {n for n, one in last.items() if isinstance(one, ClearTimer)}
    assert [name for (name,) in told["closed"]] == [name for _, turn in made for name in turn.closed]
    assert [name for (name,) in told["forgotten"]] == asks[:1]
    assert told["consent"] == [(one.topic, "1" if one.granted else "") for one in of("consent")]
    assert [row[4] for row in told["outbound"]] == [one.id for one in of("say")]
    assert [row[3] for row in told["outbound"]] == [one.ask.id if one.ask else "" for one in of("say")]
    assert {shard_of_message(row[0], 16) for row in told["outbound"]} <= {SHARD}
    assert [json.loads(one)["sequence"] for (one,) in told["outcomes"]] == [one.sequence for one in of("emit")]
    assert told["held"] == (held or "=")
    assert told["via"] == "yunpian"
    assert (told["prefix"], told["ver"], told["consumed"], load(told["doc"])) == ("{3}:", "6", len(made), after)
    entries: list[Any] = decode(told["journal"])
    kinds = [entry["t"] for entry in entries]
    assert kinds == sorted(kinds, key=["turn", "consent", "out", "outcome"].index)
    assert kinds.count("turn") == len(made)
    assert [kinds.count(kind) for kind in ("consent", "out", "outcome")] == [
        len(of(kind)) for kind in ("consent", "say", "emit")
    ]
    assert args_of(runtime(), claim, made)[:5] == [*told.values()][:5]


SEEN = st.tuples(MOMENTS, MOMENTS, st.just(False)) | st.tuples(MOMENTS, st.none(), st.booleans())


@given(st.lists(st.text(max_size=8), max_size=4), st.dictionaries(NAMES, SEEN))
def test_a_claim_gives_back_what_was_stored(
    texts: list[str], shown: dict[str, tuple[datetime, datetime | None, bool]]
) -> None:
    """The store's stamp is when the words came; an ask is shown when its attempt was made, and may be awaited."""
    asks = tuple(map(ask, sorted(shown)))
    stamp = int(NOW.timestamp() * 1000)
    mail = [
        b"%d " % (stamp + n) + json.dumps({"kind": "said", "id": f"{n}", "text": t}).encode()
        for n, t in enumerate(texts)
    ]
    flat: list[bytes] = []
    for name, (first, delivered, awaited) in shown.items():
        seen = f"{delivered.timestamp() * 1000:.0f}" if delivered else "?" if awaited else "0"
        flat += [name.encode(), f"{first.timestamp() * 1000:.0f} {seen}".encode()]
    row = [
        CONTACT.encode(),
        dump(Conversation(CONTACT, language="en", asks=asks)),
        b"7",
        mail,
        flat,
        [b"epoch", b"3", b"held", b""],
    ]
    claim = claimed(row, "zh", "Asia/Shanghai")
    assert (claim.contact, claim.version, claim.conversation.language) == (CONTACT, "7", "en")
    assert claim.who == {"epoch": "3", "held": ""}
    assert [one.stimulus for one in claim.mail] == [
        Said(f"{n}", NOW + timedelta(milliseconds=n), text) for n, text in enumerate(texts)
    ]
    assert {one.id: (one.shown_at, one.delivered_at, one.awaited) for one in claim.conversation.asks} == shown


def test_somebody_new_speaks_the_settings_language() -> None:
    """No document yet: a fresh conversation."""
    claim = claimed([CONTACT.encode(), b"", b"0", [], [], []], "en", "Europe/Berlin")
    assert claim.conversation == Conversation(CONTACT, language="en", zone="Europe/Berlin")


@pytest.mark.parametrize(
    "row", [[CONTACT.encode(), b"{", b"1", [], [], []], [CONTACT.encode(), b"", b"0", [b"1 {}"], [], []]]
)
def test_what_cannot_be_read_raises(row: list[Any]) -> None:
    """The claim fails and is counted; nothing is guessed."""
    with pytest.raises(ValueError, match=r"truncated|of none of our kinds"):
        claimed(row, "zh", "Asia/Shanghai")


def test_without_an_address_outcomes_are_kept_in_the_ledger_only() -> None:
    """They are journaled, and not queued for ever."""
    emit = Emit("e", "offer.accepted", {}, "t1", 1)
    claim = Claimed(CONTACT, "0", Conversation(CONTACT), (), {})
    turn = (Mail(Said("in", NOW, "Y"), "", ""), Turn(Conversation(CONTACT), (emit,)))
    told = read(args_of(runtime(url=""), claim, [turn]))
    assert told["outcomes"] == []
    assert [entry["t"] for entry in decode(told["journal"])] == ["turn", "outcome"]


def test_an_outcome_says_when_its_own_turn_was() -> None:
    """Not when the last one of the same commit was."""
    turns = [
        (Mail(Said(f"in-{n}", NOW + timedelta(hours=n), "Y"), "", ""), Turn(Conversation(CONTACT), effects))
        for n, effects in enumerate([(Emit("e", "offer.accepted", {}, "t1", 1),), ()])
    ]
    told = read(args_of(runtime(), Claimed(CONTACT, "0", Conversation(CONTACT), (), {}), turns))
    assert json.loads(told["outcomes"][0][0])["at"] == NOW.isoformat()


def test_the_journal_says_who_did_what_and_why() -> None:
    """Words, taps and colleagues, each with what is theirs; notes apart from effects."""
    effects = (Note("stale", "t1.1"), telling(), Do("c", "accept_offer", 2, "t1", {}), Consent("*", False, "TD"))
    stimuli = (
        Said("1", NOW, "TD"),
        Tapped("2", NOW, "t1.1", "affirm", "接受"),
        Staffed("3", NOW, "anna", "say", "您好"),
    )
    turns = [(Mail(one, "yunpian", "p"), Turn(Conversation(CONTACT), effects, reason="why")) for one in stimuli]
    claim = Claimed(CONTACT, "0", Conversation(CONTACT), (), {})
    entries: list[Any] = decode(read(args_of(runtime(), claim, turns))["journal"])
    said, tapped, staffed = entries[:3]
    assert (said["text"], said["account"], said["provider_id"], said["reason"]) == ("TD", "yunpian", "p", "why")
    assert (tapped["text"], tapped["tap"]) == ("接受", ["t1.1", "affirm"])
    assert (staffed["text"], staffed["by"]) == ("您好", "anna")
    assert said["notes"] == [["stale", "t1.1"]]
    assert said["effects"] == [["say", "service/thanks"], ["do", "accept_offer #2"], ["consent", "* off"]]
    assert entries[3] == to_jsonable_python(entries[3])
    assert (entries[3]["evidence"], entries[3]["granted"], entries[3]["stimulus"]) == ("TD", False, "1")


def test_what_may_wait_for_days_is_kept_as_long() -> None:
    """The store keeps an outbound beyond its expiry, however late that is."""
    claim = Claimed(CONTACT, "0", Conversation(CONTACT), (), {})
    say = telling(expires_at=NOW + timedelta(days=10))
    turn = (Mail(Said("in", NOW, "Y"), "", ""), Turn(Conversation(CONTACT), (say,)))
    told = read(args_of(runtime(), claim, [turn]))
    assert told["ttl"] == SenderSettings().message_ttl_s + timedelta(days=10).total_seconds()


@pytest.mark.parametrize(
    ("who", "news"),
    [
        ({}, "rbm"),
        ({"via": "sms"}, "rbm"),
        ({"via": "rbm"}, ""),
        ({"via": "rbm", "rich:rbm": "1 9"}, ""),
        ({"via": "rbm", "rich:rbm": "0 9", "rich:other": "0 9"}, "rbm"),
    ],
)
def test_where_somebody_wrote_is_kept_when_it_is_news(who: dict[str, str], news: str) -> None:
    """Another account than before, or one that was thought not to reach them; that is believed no more."""
    turn = Turn(Conversation(CONTACT), ())
    said = Mail(Said("in-1", NOW, "Y"), "rbm", "p")
    returned = Mail(Said("in-2", NOW, "Y"), "", "")
    assert wrote_by(who, [(said, turn), (returned, turn)]) == news
    assert wrote_by(who, [(returned, turn)]) == ""
    assert heard(who, news) == ({**{k: v for k, v in who.items() if k != "rich:rbm"}, "via": "rbm"} if news else who)
