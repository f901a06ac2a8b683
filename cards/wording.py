"""The parts of a text message, and what to cut of them when it is too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cards.segments import PART, SINGLE, Encoding, count, outside_gsm
from cards.shorten import LINK

_CLAUSES: Final = re.compile(r"(?<=[。！？；，、!?;,.\n])(?<!\bno\.)(?![0-9])")
"""Where one clause ends; not within 15,200.50, nor in (no. 3287)."""
_QUOTED: Final = 40
"""Characters of a proposal that are quoted: enough to find it by."""
_CULPRITS: Final = 3
"""Characters that make a text UCS-2 and are worth naming: with more of them it is not a GSM text."""


@dataclass(frozen=True, slots=True)
class Wording:
    """signature in front, words, then lead, options, space and tail."""

    signature: str
    words: str
    options: str
    tail: str
    lead: str
    space: str

    @property
    def body(self) -> str:
        asked = self.lead.join(part for part in (self.words, self.options) if part)
        return self.signature + self.space.join(part for part in (asked, self.tail) if part)

    def saying(self, words: str) -> str:
        """The body with other words."""
        return replace(self, words=words).body


def capacity(encoding: Encoding, segments: int) -> int:
    """Septets or UTF-16 units that many segments hold."""
    return SINGLE[encoding] if segments == 1 else PART[encoding] * segments


def excess(wording: Wording, segments: int) -> int:
    """Units that are too many; 0 = it fits."""
    counted = count(wording.body)
    return max(1, counted.units - capacity(counted.encoding, segments)) if counted.segments > segments else 0


def advice(wording: Wording, segments: int) -> str:
    """What is wrong with a text that takes more segments than declared, and what to cut of it."""
    counted = count(wording.body)
    over = excess(wording, segments)
    told = (
        f"takes {counted.segments} segments ({counted.units} units of {counted.encoding}), declared are {segments}: "
        f"{over} {'unit' if over == 1 else 'units'} over"
    )
    shares = [
        f"{name} {_units(part, counted.encoding)}"
        for name, part in (
            ("signature", wording.signature),
            ("words", wording.words),
            ("options", wording.options),
            ("opt-out", wording.tail),
        )
        if part
    ]
    return f"{told} ({', '.join(shares)}); {'; '.join(_proposals(wording, segments, over))}; or raise `segments`"


def _proposals(wording: Wording, segments: int, over: int) -> Iterator[str]:
    counted = count(wording.body)
    odd = sorted(outside_gsm(wording.body)) if counted.encoding == "ucs2" else []
    if 0 < len(odd) <= _CULPRITS:
        plain = count("".join(character for character in wording.body if character not in odd))
        if plain.segments <= segments:
            yield f"without {' '.join(f'“{character}”' for character in odd)} it is gsm7 and fits"
    if cut := _enough(wording.words, counted.encoding, over):
        named = cut if len(cut) <= _QUOTED else f"{cut[: _QUOTED - 1]}…"
        yield f"cut “{named}” ({_units(cut, counted.encoding)} units)"
    else:
        yield f"cut {over} of its words" + (", or offer fewer or shorter options" if wording.options else "")


def _enough(words: str, encoding: Encoding, over: int) -> str:
    """The shortest run of clauses that is long enough, the later one of equals; nothing with a link or a number in it
    is proposed, nor everything."""
    clauses = _CLAUSES.split(LINK.sub(lambda link: "0" * len(link[0]), words))
    runs = [
        "".join(clauses[first:last])
        for first in range(len(clauses))
        for last in range(first + 1, len(clauses) + 1)
        if last - first < len(clauses)
    ]
    fitting = [run for run in runs if _units(run, encoding) >= over and not re.search(r"[0-9]", run)]
    return min(reversed(fitting), key=lambda run: _units(run, encoding), default="").strip()


def _units(words: str, encoding: Encoding) -> int:
    """Units the words take within a message of that encoding."""
    return count(words).units if encoding == "gsm7" else len(words.encode("utf-16-le")) // 2
