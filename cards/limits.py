"""What each renderer's wire takes: the one table, and the only place these numbers stand.

Characters unless said otherwise.
RBM: RCS for Business reference, `AgentContentMessage`, `RichCard`, `Suggestion`. GSMA: chatbot_message_schema.json, and
for text the Telecom-Unicom interface V1.0.4. Twilio: Content API pages of twilio/card, twilio/carousel, twilio/text and
"Using variables"; what it says nothing of is RBM's, which it sends to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cards import actions
from cards.actions import Action

TITLE_MAX: Final = 200
BODY_MAX: Final = 2000
"""The same on every wire; what grows beyond is cut when a card is rendered, for whatever wire it then goes over."""
EVENT_TITLE_MAX: Final = 100
"""The same; likewise cut."""
EVENT_DETAILS_MAX: Final = 500
URL_MAX: Final = 2048
"""A longer address is no address: what needs it is left out."""


@dataclass(frozen=True, slots=True)
class Limits:
    """One renderer's. panels: fewest and most cards of a carousel. label_bytes: warn above, 0 = never.

    alone, each: suggestions in a card that stands alone, and in one of a carousel. kinds: actions it has a form for.
    media: how the MIME types begin that a card shows; () = any.
    """

    renderer: str
    text: int
    title: int
    body: int
    label: int
    postback: int
    alone: int
    each: int
    chips: int
    panels: tuple[int, int]
    alt: int
    place: int
    query: int
    subject: int
    words: int
    kinds: frozenset[type[Action]]
    media: tuple[str, ...] = ()
    label_bytes: int = 0


RBM: Final = Limits(
    renderer="RBM",
    text=3072,
    title=TITLE_MAX,
    body=BODY_MAX,
    label=25,
    postback=2048,
    alone=4,
    each=4,
    chips=11,
    panels=(2, 10),
    alt=200,
    place=100,
    query=200,
    subject=60,
    words=100,
    kinds=actions.RCS,
    media=("image/", "video/", "application/pdf"),
)
GSMA: Final = replace(
    RBM,
    renderer="GSMA",
    text=2000,
    panels=(2, 12),
    media=(),
    kinds=actions.GSMA,
    label_bytes=25,  # V1.0.4 says "25个字符(Byte)": nobody knows which, so a warning
)
TWILIO: Final = replace(
    RBM, renderer="Twilio", text=1600, body=1600, each=2, kinds=frozenset({actions.OpenUrl, actions.Dial})
)

ALL: Final = (RBM, GSMA, TWILIO)
