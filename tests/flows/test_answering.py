"""However a choice is answered, by tap or in words, it leads to the same: for every question of every shipped flow.

The questions are those the transcripts put, in both languages; each is answered from the very state it was put in.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from flow_world import TRANSCRIPTS, effects, notes, read, shipped, shipped_cards
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Tap
from cards.check import sample_choices, sample_data
from cards.gsma import to_gsma
from cards.rbm import to_rbm
from cards.text import to_text
from flows.state import Ask, Choice, Do, Happened, Said, Say, Stimulus, Tapped
from flows.transcript import EXPECTED, Player, caused

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Put:
    """A question as it was put, and the conversation at that moment."""

    player: Player
    say: Say

    @property
    def ask(self) -> Ask:
        assert self.say.ask
        return self.say.ask

    @property
    def shown(self) -> list[Choice]:
        """The choices that text numbers."""
        return [choice for choice in self.ask.question.choices if not choice.hidden]

    def outcome(self, stimulus: Stimulus) -> object:
        """What it leads to: what is said and done, with which values, and the state it ends in."""
        turn = fork(self.player).take(stimulus)
        done = [(call.action, dict(call.slots)) for call in effects(turn, Do)]
        return caused(turn), done, [(say.card, dict(say.data)) for say in effects(turn, Say)]

    def tapped(self, choice: Choice) -> object:
        return self.outcome(Tapped("m1", self.player.now + timedelta(seconds=10), self.ask.id, choice.id))

    def said(self, words: str) -> object:
        return self.outcome(Said("m1", self.player.now + timedelta(seconds=10), words))


def fork(player: Player) -> Player:
    """The same conversation, going its own way from here."""
    other = copy.copy(player)
    other.timers, other.calls, other.shown = dict(player.timers), dict(player.calls), dict(player.shown)
    other.says, other.asks = list(player.says), list(player.asks)
    return other


@cache
def questions() -> dict[str, Put]:
    """Every question with choices that the transcripts put: language, card, state and choices -> the first time."""
    found: dict[str, Put] = {}
    for language in LANGUAGES:
        for path in TRANSCRIPTS:
            player = Player(shipped(), language=language)
            for turn in read(path)["turns"]:
                before = len(player.says)
                player.play({key: value for key, value in turn.items() if key not in EXPECTED})
                for say in player.says[before:]:
                    if say.ask and say.ask.question.choices and not turn.get("unseen"):
                        ids = ",".join(choice.id for choice in say.ask.question.choices)
                        found.setdefault(f"{language} {say.card} {ids}", Put(fork(player), say))
    return found


EACH = pytest.mark.parametrize("key", sorted(questions()))

CHINESE = " 一二三四五六七八九"
FORMAL = " 壹贰叁肆伍陆柒捌玖"
CIRCLED = " ①②③④⑤⑥⑦⑧⑨"
ENGLISH = " one two three four five six seven eight nine".split(" ")
NTH = " first second third fourth".split(" ")
NUMBERED = [
    "{n}",
    "{wide}",
    "{chinese}",
    "{formal}",
    "{circled}",
    "{n}\ufe0f\u20e3",
    "{english}",
    "{n}.",
    "{n}、",
    "({n})",
    "（{n}）",
    "选{n}",
    "选{chinese}",
    "选项{n}",
    "第{n}个",
    "第{chinese}个",
    "第{chinese}",
    "option {n}",
    "No. {n}",
    "#{n}",
    "{nth}",
    "the {nth} one",
]
"""Ways to say a number or a place."""

PLAIN = {
    "affirm": ("好的", "可以", "Y", "yes", "同意"),
    "deny": ("N", "no", "不用了", "不要了"),
}
"""Plain words for the answers that have some whatever the question is."""


def number(form: str, n: int) -> str:
    """The n-th choice said in this form; in digits where the form has no word for it."""
    if "{nth}" in form and n >= len(NTH):
        return str(n)
    return form.format(
        n=n,
        wide=str(n).translate(str.maketrans("123456789", "１２３４５６７８９")),
        chinese=CHINESE[n],
        formal=FORMAL[n],
        circled=CIRCLED[n],
        english=ENGLISH[n],
        nth=NTH[min(n, len(NTH) - 1)],
    )


def test_every_question_of_every_flow_is_among_them() -> None:
    """A shipped flow whose cards offer choices is answered here, in both languages."""
    cards = shipped_cards()
    offering = {
        name
        for flow in shipped().flows.values()
        for name in flow.cards
        if cards.choices(name, sample_data(cards, cards.template(name, "zh")))
    }
    assert offering
    for language in LANGUAGES:
        assert {put.say.card for key, put in questions().items() if key.startswith(language)} >= offering


@given(data=st.data())
@settings(max_examples=300)
def test_a_number_in_any_form_is_the_tap(data: st.DataObject) -> None:
    """Numeral, ordinal or label, with blanks and a full stop around it: the same as tapping its button."""
    put = questions()[data.draw(st.sampled_from(sorted(questions())), label="question")]
    choice = data.draw(st.sampled_from(put.shown or put.ask.question.choices), label="choice")
    forms = list(choice.labels.values())
    if not choice.hidden:
        forms += [number(form, put.shown.index(choice) + 1) for form in NUMBERED]
    words = data.draw(st.sampled_from(forms), label="words")
    said = data.draw(st.sampled_from(("{}", " {}", "{} ", "{}。", "{}!", "{}\n")), label="written").format(words)
    assert put.said(said) == put.tapped(choice)


@EACH
def test_every_form_of_every_choice(key: str) -> None:
    """The same, each one: nothing is left to chance."""
    put = questions()[key]
    wrong = [
        (choice.id, words)
        for n, choice in enumerate(put.shown, 1)
        for words in (*(number(form, n) for form in NUMBERED), *choice.labels.values())
        if put.said(words) != put.tapped(choice)
    ]
    assert wrong == []


@EACH
def test_a_hidden_choice_is_its_label(key: str) -> None:
    """What text does not number can still be said by its name."""
    put = questions()[key]
    hidden = [choice for choice in put.ask.question.choices if choice.hidden]
    assert [
        (choice.id, label)
        for choice in hidden
        for label in choice.labels.values()
        if put.said(label) != put.tapped(choice)
    ] == []


@EACH
def test_a_plain_word_is_the_tap(key: str) -> None:
    """Yes and no in plain words are the choices that mean them, where there is one of each."""
    put = questions()[key]
    meant = [choice.means for choice in put.shown]
    for choice in put.shown:
        if meant.count(choice.means) == 1:
            for words in PLAIN.get(choice.means, ()):
                assert put.said(words) == put.tapped(choice), words


@EACH
def test_the_phone_may_change_in_mid_question(key: str) -> None:
    """What the text of a question numbers n is what the button on its RCS card does, on either wire."""
    put = questions()[key]
    language = put.player.conversation.language
    card = shipped_cards().render(
        put.say.card,
        language,
        put.say.data,
        zone="Asia/Shanghai",
        ask=put.ask.id,
        choices=put.ask.question.choices,
    )
    body = to_text(card, "").body
    for wire in (to_rbm(card), [part.content for part in to_gsma(card)]):
        taps = [tap for tap in map(Tap.of, postbacks(wire)) if tap]
        assert [tap.choice for tap in taps] == [choice.id for choice in put.ask.question.choices]
        assert {tap.ask for tap in taps} == {put.ask.id}
    for choice in put.shown:
        label = re.escape(choice.labels[language])
        match = re.search(rf"(\d+)(?:[：:]? ?){label}(?!\w)|(\d+){label}", body)
        assert match, f"{label} is not numbered in {body!r}"
        assert put.said(match[1] or match[2]) == put.tapped(choice)


def postbacks(wire: Any) -> list[str]:
    """Every postback anywhere in a message, in order."""
    if isinstance(wire, dict):
        own = [wire["postbackData"]] if "postbackData" in wire else []
        return own + [found for key, value in wire.items() for found in _inner(key, value)]
    return [found for one in wire for found in postbacks(one)] if isinstance(wire, list) else []


def _inner(key: str, value: Any) -> list[str]:
    return [value["data"]] if key == "postback" else postbacks(value)


CHANGES: dict[str, Any] = {
    "price": "15800",
    "new_price": "13900",
    "amount": "99000",
    "starts_at": "2026-11-28T02:00:00+00:00",
    "about": "另一次上门取件",
}
"""What an event can change of what its question shows."""


LATER: dict[str, Any] = {
    "expires_at": "2026-11-30T10:00:00+00:00",
    "starts_at": "2026-11-26T15:00:00+08:00",
    "ends_on": "2026-12-20",
}
"""Times of the samples that are past, or nearly, when the test's clock stands."""


def asking() -> list[str]:
    """Flows that an event starts, that ask something at once, and whose event can change what they ask."""
    cards = shipped_cards()
    return sorted(
        name
        for name, flow in shipped().flows.items()
        if flow.starts_on.event
        and not flow.data.keys().isdisjoint(CHANGES)
        and sample_choices(cards, cards.template(_first_card(name), "zh"))
    )


def _first_card(flow: str) -> str:
    first = next(iter(shipped().flows[flow].states.values()))
    assert first.say
    return first.say


@pytest.mark.parametrize("name", asking())
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stale_tap_says_what_is_current(name: str, language: str) -> None:
    """The card was replaced by one with other terms: its buttons decide nothing, and show what holds now."""
    cards = shipped_cards()
    data = dict(sample_data(cards, cards.template(_first_card(name), "zh")))
    data = {field: value for field, value in data.items() if field in shipped().flows[name].data}
    times = {
        "expires_at": "2026-11-30T10:00:00+00:00",
        "starts_at": "2026-11-26T15:00:00+08:00",
        "ends_on": "2026-12-20",
    }
    data |= {field: value for field, value in times.items() if field in data}
    event = shipped().flows[name].starts_on.event
    assert event
    player = Player(shipped(), language=language)
    player.take(Happened("e1", player.now, event, data, 1))
    old = player.asks[-1]
    player.now += timedelta(minutes=5)
    newer = {field: value for field, value in CHANGES.items() if field in data}
    player.take(Happened("e2", player.now, event, {**data, **newer}, 2))
    current = player.asks[-1]
    assert current.id != old.id
    player.now += timedelta(minutes=5)
    for choice in old.question.choices:
        turn = fork(player).take(Tapped("m1", player.now, old.id, choice.id))
        assert not effects(turn, Do)
        (say,) = effects(turn, Say)
        assert say.ask, f"{say.card} after {notes(turn)}"
        assert say.ask.revision == current.revision
        shown = {field: say.data[field] for field in newer if field in say.data}
        assert shown == {field: newer[field] for field in shown}
