"""How many parts an SMS takes, exactly (3GPP TS 23.038 and 23.040).

A part carries 140 octets: 160 septets of the GSM alphabet, or 70 UTF-16 units as soon as one
character is outside it. A longer text loses 6 octets of each part to the concatenation header.
An escape pair or a surrogate pair is never split, so parts are filled greedily, not divided out.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Encoding = Literal["gsm7", "ucs2"]

SINGLE: Final[dict[Encoding, int]] = {"gsm7": 160, "ucs2": 70}
"""Septets or UTF-16 units of a text that fits one part."""

PART: Final[dict[Encoding, int]] = {"gsm7": 153, "ucs2": 67}
"""Septets or UTF-16 units of each part of a longer one (6-octet header, 8-bit reference)."""

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Two septets each: the escape and a code."""
_GSM: Final = GSM_BASIC | GSM_EXTENSION


class Count(msgspec.Struct, frozen=True):
    """units: septets (gsm7) or UTF-16 code units (ucs2)."""

    segments: int
    encoding: Encoding
    units: int


def count(text: str) -> Count:
    """What sending `text` takes. An empty text counts as one part."""
    encoding: Encoding = "gsm7" if _GSM.issuperset(text) else "ucs2"
    double = GSM_EXTENSION.intersection(text) if encoding == "gsm7" else {c for c in set(text) if c > "\uffff"}
    units = len(text) + sum(map(text.count, double))
    if units <= SINGLE[encoding]:
        return Count(1, encoding, units)
    if not double:
        return Count(-(-units // PART[encoding]), encoding, units)
    return Count(_parts([1 + (character in double) for character in text], PART[encoding]), encoding, units)


def outside_gsm(text: str) -> frozenset[str]:
    """The characters that make a text UCS-2."""
    return frozenset(text) - _GSM


def _parts(costs: list[int], size: int) -> int:
    """How many parts characters of these costs fill, one after the other."""
    parts, room = 1, size
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, size
        room -= cost
    return parts
