"""The vocabulary, one file per subject, `common.yml` under them all.

A file holds groups of words separated by blanks; "_" is a blank inside an English phrase, {a,b} stands for
either. Each group stands for a tag, one letter, so that a grammar is a few patterns over strings of letters.
A subject's own word wins over the common one, and a later group over an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path

import yaml

from flows.understand.amounts import AMOUNTS
from flows.understand.choices import ORDINALS
from flows.understand.dates import CLOCKS, DAYS
from flows.understand.durations import DURATIONS
from flows.understand.scores import SCORES
from flows.understand.tokens import Reader
from flows.understand.vocabulary import Vocabulary

TAGS: Mapping[str, str] = {
    "filler": "f",  # particles, politeness, emphasis: changes nothing
    "people": "i",
    "others": "I",  # people who are not party to the conversation: what they say is reported
    "things": "o",
    "assent": "y",
    "can": "p",  # 可以: a yes alone, a modal before a verb
    "refusal": "x",
    "firm": "X",  # no haggling: a refusal alone, beside a price it underlines it
    "not": "n",
    "not_or_refusal": "d",  # 不要: negates what follows, a refusal when nothing does
    "acknowledged": "a",  # heard, which is not agreed
    "thanks": "t",
    "reason": "l",  # a reason or a complaint: no answer, but goes with one
    "question": "?",
    "what": "w",
    "how": "W",
    "may": "M",  # 能不能: asks politely for what it names
    "condition": "c",
    "did_not": "0",  # 没有, 不是: says that something is not so, which is no refusal
    "put_off": "h",  # hedged, put off, left to others
    "reported": "m",  # somebody's words, the past, a thing taken back
    "past": "U",  # 昨天, 已经: tells of what was, if it stands in the clause; beside an answer a story
    "patient": "K",  # 不急: goes with a refusal, and with asking for time
    "shrug": "C",  # 还是算了: leans to no, and takes back a yes
    "but": "b",
    "or": "r",
    "correction": "k",
    "vague": "g",
    "formerly": "j",  # 本来想: what follows was given up
    "abuse": "z",
    "act": "+",  # the verb for doing what the question asks
    "leave": "-",  # the verb for leaving it
    "to_value": "V",  # 降到: a value follows
    "bound": "v",  # 最低, 少于: a bound
    "by_amount": "R",  # 再加: an amount, not a value, follows
    "extend": "e",
    "take_back": "q",
    "lower": "S",
    "move": "G",
    "return": "B",
    "opt_out": "Z",
    "absent": "",  # common words this subject reads as something else
    "cost": "$",  # what it cost its owner
}
"""Group -> letter. Values found by readers have letters of their own: P price, N number, L length in days,
s hours or minutes, D day, T clock, A part of the day, O ordinal, E option, F score; "," is a break, "u" unknown.
Commands (`commands.find`) are Z opt-out, Y opt-in, Q status, H help, J a person."""

_HERE = Path(__file__).parent
_ALWAYS = (DURATIONS, AMOUNTS, ORDINALS)
_READERS: Mapping[str, tuple[Reader, ...]] = {
    "offer": _ALWAYS,
    "reprice": _ALWAYS,
    "expiring": (DURATIONS, DAYS, AMOUNTS, ORDINALS),
    "payout": _ALWAYS,
    "appointment": (DAYS, CLOCKS, DURATIONS, AMOUNTS, ORDINALS),
    "order": (DURATIONS, AMOUNTS),
    "rating": (SCORES, DURATIONS, AMOUNTS, ORDINALS),
}
"""Subject -> what it looks for; the earlier reader wins a tie."""


def _table(name: str) -> Mapping[str, str]:
    groups: Mapping[str, str] = yaml.safe_load((_HERE / f"{name}.yml").read_text("utf-8"))
    return {
        TAGS[group]: " ".join(spelt for word in words.split() for spelt in _spelt_out(word))
        for group, words in groups.items()
    }


def _spelt_out(word: str) -> list[str]:
    """按{,你们的}{建议,意思} → 按建议, 按意思, 按你们的建议, 按你们的意思."""
    parts = [part.split(",") for part in re.split("[{}]", word)]
    return ["".join(chosen) for chosen in product(*parts)]


_COMMON = _table("common")


@cache
def vocabulary(subject: str) -> Vocabulary:
    """The words and values of a subject; one without a table has the common words.

    Made when it is first asked for: a subject takes 2 to 6 MB and some 30 ms, and few platforms have all.
    """
    if subject not in _READERS:
        return _plain()
    return Vocabulary.of([_COMMON, _table(subject)], _READERS[subject])


@cache
def _plain() -> Vocabulary:
    return Vocabulary.of([_COMMON], _ALWAYS)
