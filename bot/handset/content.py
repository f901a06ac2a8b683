"""What a rich message may be: RBM's contentMessage, with the limits RBM refuses at.

Reading it strictly here means a card that Google would turn down is turned down on the developer's own phone.
Limits: RCS Business Messaging reference, `AgentContentMessage`, `RichCard`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, Self, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import Field, StringConstraints, model_validator

from bot.handset.suggestions import Action, Part, Reply, Suggestion, Url

FileKind: TypeAlias = Literal["image", "video", "audio", "pdf"]

KINDS: Final[Mapping[str, FileKind]] = {
    **dict.fromkeys((".mp4", ".m4v", ".webm", ".mpg", ".mpeg", ".h263", ".mov"), "video"),
    **dict.fromkeys((".mp3", ".m4a", ".aac", ".ogg", ".oga", ".amr", ".wav", ".3gp"), "audio"),
    ".pdf": "pdf",
}
"""By the end of the address. A phone is told the type by the server; we ask nobody and take the rest for pictures."""


class File(Part):
    """A file at an address the phone can fetch."""

    file_url: Url
    thumbnail_url: Url | None = None
    force_refresh: bool | None = None

    @property
    def kind(self) -> FileKind:
        return KINDS.get(PurePosixPath(urlsplit(self.file_url).path).suffix.lower(), "image")

    @property
    def name(self) -> str:
        """What the file is called: the end of its path, or its host."""
        parts = urlsplit(self.file_url)
        return unquote(PurePosixPath(parts.path).name) or parts.netloc


class UploadedFile(Part):
    """A file kept at Google, by name: only Google's network can show it, this phone shows the name."""

    file_name: str
    thumbnail_name: str | None = None


class Media(Part):
    height: Literal["SHORT", "MEDIUM", "TALL"] = "MEDIUM"
    content_info: File | None = None
    uploaded_rbm_file: UploadedFile | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        self.exactly_one("content_info", "uploaded_rbm_file")
        return self


class CardContent(Part):
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    media: Media | None = None
    suggestions: Annotated[tuple[Suggestion, ...], Field(max_length=4)] = ()

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if not (self.title or self.description or self.media):
            raise ValueError("a card needs a title, a description or media")
        return self


class StandaloneCard(Part):
    card_orientation: Literal["HORIZONTAL", "VERTICAL"]
    thumbnail_image_alignment: Literal["LEFT", "RIGHT"] | None = None
    card_content: CardContent

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if self.card_orientation == "HORIZONTAL" and self.thumbnail_image_alignment is None:
            raise ValueError("a horizontal card needs thumbnailImageAlignment")
        return self


class CarouselCard(Part):
    card_width: Literal["SMALL", "MEDIUM"]
    card_contents: Annotated[tuple[CardContent, ...], Field(min_length=2, max_length=10)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.card_width == "SMALL" and any(one.media and one.media.height == "TALL" for one in self.card_contents):
            raise ValueError("a small carousel takes no TALL media")
        return self


class RichCard(Part):
    standalone_card: StandaloneCard | None = None
    carousel_card: CarouselCard | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        self.exactly_one("standalone_card", "carousel_card")
        return self


class Content(Part):
    """One contentMessage: words, a rich card or a file, and chips under it."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=3072)] | None = None
    rich_card: RichCard | None = None
    content_info: File | None = None
    uploaded_rbm_file: UploadedFile | None = None
    suggestions: Annotated[tuple[Suggestion, ...], Field(max_length=11)] = ()

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        self.exactly_one("text", "rich_card", "content_info", "uploaded_rbm_file")
        return self

    @property
    def cards(self) -> tuple[CardContent, ...]:
        """Its cards in order; none when it is words or a file."""
        if self.rich_card is None:
            return ()
        if self.rich_card.standalone_card:
            return (self.rich_card.standalone_card.card_content,)
        return self.rich_card.carousel_card.card_contents if self.rich_card.carousel_card else ()

    @property
    def layout(self) -> str:
        """How its cards lie: "carousel small", "horizontal left", "vertical"; "" when it has none."""
        if self.rich_card is None:
            return ""
        if self.rich_card.carousel_card:
            return f"carousel {self.rich_card.carousel_card.card_width.lower()}"
        card = self.rich_card.standalone_card
        side = (card.thumbnail_image_alignment or "left").lower() if card else ""
        return f"horizontal {side}" if card and card.card_orientation == "HORIZONTAL" else "vertical"

    def spots(self) -> Iterator[tuple[str, Suggestion]]:
        """Every suggestion with its place: "2.0" is the third card's first, "chip.0" the first chip."""
        for n, card in enumerate(self.cards):
            yield from ((f"{n}.{i}", one) for i, one in enumerate(card.suggestions))
        yield from ((f"chip.{i}", one) for i, one in enumerate(self.suggestions))

    def reply(self, postback: str) -> Reply | None:
        """The first reply with this postback."""
        replies = (one.reply for _, one in self.spots() if one.reply)
        return next((reply for reply in replies if reply.postback_data == postback), None)

    def action(self, spot: str) -> Action | None:
        """The action at a place; None when there is none there."""
        return next((one.action for place, one in self.spots() if place == spot), None)
