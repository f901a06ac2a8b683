"""What a suggestion does when it is tapped, where it does more than answer.

Names and fields: GSMA chatbot_message_schema.json, `action`; RCS for Business knows the first five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class OpenUrl:
    """Shows a page: in the browser, or in a part of the conversation. view: how much of it, "" = the browser."""

    url: str
    view: Literal["", "full", "half", "tall"] = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Calls a number (E.164). subject: what an enriched call says it is about."""

    number: str
    call: Literal["voice", "video", "enriched"] = "voice"
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ShowPlace:
    """Shows a place on the map: degrees and what it is called, or something to look for."""

    latitude: float = 0.0
    longitude: float = 0.0
    label: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class AskPlace:
    """Asks the person where she is."""


@dataclass(frozen=True, slots=True)
class AddEvent:
    """Puts an event into her calendar. starts, ends: RFC 3339 in UTC."""

    starts: str
    ends: str
    title: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class Compose:
    """Begins a message to a number (E.164)."""

    number: str
    words: str


@dataclass(frozen=True, slots=True)
class Record:
    """Begins a recording for a number (E.164)."""

    number: str
    media: Literal["audio", "video"] = "audio"


@dataclass(frozen=True, slots=True)
class AskDevice:
    """Asks which phone and client it is."""


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Asks her to show her number, or to let us see what was read."""

    setting: Literal["disable_anonymization", "enable_displayed_notifications"]


Action: TypeAlias = OpenUrl | Dial | ShowPlace | AskPlace | AddEvent | Compose | Record | AskDevice | ChangeSetting

RCS: Final[frozenset[type[Action]]] = frozenset({OpenUrl, Dial, ShowPlace, AskPlace, AddEvent})
"""What RCS for Business has a form for."""
GSMA: Final[frozenset[type[Action]]] = RCS | {Compose, Record, AskDevice, ChangeSetting}
"""What the GSMA schema has a form for: all of them."""
