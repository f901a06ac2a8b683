"""Card → rich SMS of a provider: Aliyun card SMS (卡片短信) and digital SMS (数字短信), Yunpian super SMS (超级短信).

All three send a template that was reviewed with its pictures in it; a message brings values only. So a card gives two
things: the parts to submit once, made of its sample (`bot templates submit --rich`), and the values of each send. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from cards.buttons import address
from cards.compiled import RichSmsTemplate
from cards.filters import ZONE
from cards.model import Card, Place
from cards.registered import Registered, registered

SUFFIXES: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
}
"""What they take besides text (Aliyun's list; Yunpian gives none)."""


@dataclass(frozen=True, slots=True)
class RichPart:
    """One file of a template. text: what is in it; else `url` is where its bytes are."""

    name: str
    suffix: str
    text: str = ""
    url: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class RichSms:
    """kind, code, subject: as the card's file says. message: its values, and the text they make.

    parts: of the template, media first. link: opened where a card cannot be shown, "" = none.
    place: where the card's file says so, for errors.
    """

    kind: Literal["card", "digital", "video"]
    code: str
    subject: str
    message: Registered
    parts: tuple[RichPart, ...]
    link: str = ""
    place: Place = field(default=Place("", {(): 0}), compare=False)


def rich_sms(card: Card, account: str, template: RichSmsTemplate, *, marketing: bool = False) -> RichSms:
    """The card as rich SMS. Raises CardError: its text or a value is not as registered, or its media has no form."""
    source = template.source
    media = [media for media in (card.panel.media, card.file) if media and not media.rcs_only]
    parts = []
    for n, one in enumerate(media, 1):
        if one.type not in SUFFIXES:
            raise template.registered.place.at("kind").error(f"shows {one.type}; it takes {', '.join(SUFFIXES)}")
        parts.append(RichPart(str(n), SUFFIXES[one.type], url=one.url))
    parts.append(RichPart(str(len(media) + 1), "txt", text=source.text))
    if source.kind != "card" and not media:
        problem = "has no picture or film to show (`media`, and not `only: rcs`): send it as text"
        raise template.registered.place.at("kind").error(problem)
    link = address(template.link, {**card.data, ZONE: card.zone}) if template.link else ""
    message = registered(card, account, template.registered, marketing=marketing)
    return RichSms(source.kind, source.code, source.subject, message, tuple(parts), link, template.registered.place)
