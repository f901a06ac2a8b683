"""What a person may say at any time: opt out, opt in, ask how, ask for a person, ask where things are.

The phrases are in words/commands.yml; each that is found becomes one token before anything else is read. Single
letters and words that opt out (TD, T, R, STOP) are in the vocabulary instead: they count only when a clause
holds nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from flows.understand.acts import Remark
from flows.understand.tokens import Found, Token, is_latin

INTENTS: Mapping[str, str] = {
    "H": "help",
    "Y": "resubscribe",
    "Z": "unsubscribe",
    "Q": "status",
    "J": "human",
}
"""Tag -> intent, first come first: asking how wins over what it asks about."""
_ORDER = {tag: order for order, tag in enumerate(INTENTS)}

_FILE: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "words" / "commands.yml").read_text("utf-8"))
_PARTS = {
    name: f"(?:{'|'.join(words.replace('_', ' ') for words in of.split())})" for name, of in _FILE["parts"].items()
}


class Phrase(NamedTuple):
    """One way to say a command. keys, also: of each set, a text that says it holds a character or Latin word."""

    tag: str
    keys: frozenset[str]
    also: frozenset[str]
    pattern: re.Pattern[str]


def _phrases() -> tuple[Phrase, ...]:
    said = []
    for tag, intent in INTENTS.items():
        for line in _FILE[intent].splitlines():
            keys, pattern = line.split(" ", 1)
            written = re.sub(r"<(\w+)>", lambda part: _PARTS[part[1]], pattern)
            first, _, second = keys.partition("&")
            said.append(Phrase(tag, _keys(first), _keys(second or first), re.compile(written)))
    return tuple(said)


def _keys(written: str) -> frozenset[str]:
    """Of "推扰,sms": each Chinese character, each Latin word."""
    characters, *words = written.split(",") if not written.isascii() or written.isdigit() else ("", *written.split(","))
    return frozenset([*characters, *words])


PHRASES = _phrases()
_BY_KEY: Mapping[str, frozenset[int]] = {
    key: frozenset(number for number, phrase in enumerate(PHRASES) if key in phrase.keys)
    for key in frozenset[str]().union(*(phrase.keys for phrase in PHRASES))
}
_KEYS = frozenset(_BY_KEY)

# Before a command it says that this is not wanted, or did not happen.
_DENIED = re.compile(
    r"(?:(?<![能可要])不|别|没|没有|没说|没有说|没讲|未|勿|莫|唔|甭|不要|不想|不用|不是|无需|没有要|不会)"
    r"(?:再|给我?|帮我|要|把我|去|打|打算)?$"
)
_LONGEST_DENIAL = 6
_ASKS_ABOUT = re.compile(
    r"什么|啥|为什么|为何|谁|哪|多少|收费|要钱|是不是|成功|意思|会不会|会怎|影响|后果|\?|吗|么$|\bwhat\b|\bwhy\b"
)
_POLITE = re.compile(
    r"能不能|能否|可不可以|可否|可以|能|帮|麻烦|请|怎么还|为什么还|凭什么还|为啥还|怎么又|还在?发|还给我|再发|没完"
    r"|\bcan\b|\bcould\b|\bplease\b"
)

_FORESEES = re.compile("[能会降调减]|可以|便宜")


def find(text: str, held: frozenset[str]) -> list[tuple[int, Found]]:
    """Commands in `text`, which holds these `pieces`, in order, not overlapping: where each begins, and its token.

    Asking about an opt-out is no opt-out, and what is denied is not wanted: both are tagged "w", a person who is not
    wanted "l".
    """
    said = [
        number
        for number in frozenset[int]().union(*[_BY_KEY[key] for key in _KEYS & held])
        if not PHRASES[number].also.isdisjoint(held) and PHRASES[number].pattern.search(text)
    ]
    matches = [
        (_ORDER[PHRASES[number].tag], match.start(), number, match)
        for number in said
        for match in PHRASES[number].pattern.finditer(text)
        if match.end() > match.start() and not _cuts_word(text, match.start())
    ]
    spans: list[tuple[int, Found]] = []
    for _, start, number, match in sorted(matches, key=lambda found: found[:3]):
        begin, end = start, match.end()
        tag = PHRASES[number].tag
        if tag == "J" and (denied := _denial(text, match)):
            begin, tag = denied.start(), "l"  # 不用打电话了
        if all(end <= at or other.end <= begin for at, other in spans):
            spans.append((begin, Found(_meant(tag, text, match), end, text[begin:end])))
    return sorted(spans, key=lambda span: span[0])


def in_sentence(sentence: Sequence[Token] | Remark) -> bool:
    """Does one of its words command?"""
    return not isinstance(sentence, Remark) and any(token.tag in INTENTS for token in sentence)


def _cuts_word(text: str, at: int) -> bool:
    """True in the middle of a Latin word."""
    return at > 0 and is_latin(text[at]) and is_latin(text[at - 1])


def _meant(tag: str, text: str, match: re.Match[str]) -> str:
    if tag in "ZY" and _denial(text, match):
        return "w"
    if tag == "Q" and "卖" in match[0] and "了" not in match[0] and _FORESEES.search(_before(text, match)):
        return "w"  # 降了能很快卖掉吗 asks what the deal would bring
    if tag == "Z":
        clause = _around(text, match)
        if _ASKS_ABOUT.search(clause) and not _POLITE.search(clause):
            return "w"
    return tag


def _denial(text: str, match: re.Match[str]) -> re.Match[str] | None:
    return _DENIED.search(text, max(0, match.start() - _LONGEST_DENIAL), match.start())


def _before(text: str, match: re.Match[str]) -> str:
    return re.split("[,.!;\n]", text[: match.start()])[-1]


def _around(text: str, match: re.Match[str]) -> str:
    """The words up to the next comma or stop either side."""
    before = _before(text, match)
    after = re.split("[,.!;\n]", text[match.end() :])[0]
    return before + match[0] + after
