"""What a suggestion does when it is tapped, where it does more than answer.

Names and fields: GSMA chatbot_message_schema.json, `action`; RCS for Business knows the first five.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec


class OpenUrl(msgspec.Struct, frozen=True):
    """Shows a page: in the browser, or in a part of the conversation. view: how much of it, "" = the browser."""

    url: str
    view: Literal["", "full", "half", "tall"] = ""


class Dial(msgspec.Struct, frozen=True):
    """Calls a number (E.164). subject: what an enriched call says it is about."""

    number: str
    call: Literal["voice", "video", "enriched"] = "voice"
    subject: str = ""


class ShowPlace(msgspec.Struct, frozen=True):
    """Shows a place on the map: degrees and what it is called, or something to look for."""

    latitude: float = 0.0
    longitude: float = 0.0
    label: str = ""
    query: str = ""


class AskPlace(msgspec.Struct, frozen=True):
    """Asks the person where she is."""


class AddEvent(msgspec.Struct, frozen=True):
    """Puts an event into her calendar. starts, ends: RFC 3339 in UTC."""

    starts: str
    ends: str
    title: str
    details: str = ""


class Compose(msgspec.Struct, frozen=True):
    """Begins a message to a number (E.164)."""

    number: str
    words: str


class Record(msgspec.Struct, frozen=True):
    """Begins a recording for a number (E.164)."""

    number: str
    media: Literal["audio", "video"] = "audio"


class AskDevice(msgspec.Struct, frozen=True):
    """Asks which phone and client it is."""


class ChangeSetting(msgspec.Struct, frozen=True):
    """Asks her to show her number, or to let us see what was read."""

    setting: Literal["disable_anonymization", "enable_displayed_notifications"]


Action: TypeAlias = OpenUrl | Dial | ShowPlace | AskPlace | AddEvent | Compose | Record | AskDevice | ChangeSetting

RCS: Final[frozenset[type[Action]]] = frozenset({OpenUrl, Dial, ShowPlace, AskPlace, AddEvent})
"""What RCS for Business has a form for."""
GSMA: Final[frozenset[type[Action]]] = RCS | {Compose, Record, AskDevice, ChangeSetting}
"""What the GSMA schema has a form for: all of them."""
