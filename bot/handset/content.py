"""What a rich message may be: RBM's contentMessage, with the limits RBM refuses at.

Reading it strictly here means a card that Google would turn down is turned down on the developer's own phone.
Limits: RCS Business Messaging reference, `AgentContentMessage`, `RichCard`, `Suggestion`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

Label = Annotated[str, StringConstraints(min_length=1, max_length=25)]
Postback = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2048)]
"""Only what a browser opens harmlessly: never `javascript:` or `data:`."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Reply(_Part):
    text: Label
    postback_data: Postback


class OpenUrl(_Part):
    url: Url


class Dial(_Part):
    phone_number: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{3,15}$")]


class Action(_Part):
    """Something the phone does by itself. Kinds this phone does not play are shown and do nothing."""

    text: Label
    postback_data: Postback
    open_url_action: OpenUrl | None = None
    dial_action: Dial | None = None

    @property
    def href(self) -> str:
        if self.open_url_action:
            return self.open_url_action.url
        return f"tel:{self.dial_action.phone_number}" if self.dial_action else ""


class Suggestion(_Part):
    reply: Reply | None = None
    action: Action | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.reply is None) == (self.action is None):
            raise ValueError("a suggestion is exactly one of reply and action")
        return self


class ContentInfo(_Part):
    file_url: Url


class Media(_Part):
    height: Literal["SHORT", "MEDIUM", "TALL"] = "MEDIUM"
    content_info: ContentInfo


class CardContent(_Part):
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    media: Media | None = None
    suggestions: Annotated[tuple[Suggestion, ...], Field(max_length=4)] = ()

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if not (self.title or self.description or self.media):
            raise ValueError("a card needs a title, a description or media")
        return self


class StandaloneCard(_Part):
    card_orientation: Literal["HORIZONTAL", "VERTICAL"]
    thumbnail_image_alignment: Literal["LEFT", "RIGHT"] | None = None
    card_content: CardContent


class CarouselCard(_Part):
    card_width: Literal["SMALL", "MEDIUM"]
    card_contents: Annotated[tuple[CardContent, ...], Field(min_length=2, max_length=10)]


class RichCard(_Part):
    standalone_card: StandaloneCard | None = None
    carousel_card: CarouselCard | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.standalone_card is None) == (self.carousel_card is None):
            raise ValueError("a rich card is exactly one of standaloneCard and carouselCard")
        return self


class Content(_Part):
    """One contentMessage: words or a rich card, and chips under it."""

    text: Annotated[str, StringConstraints(max_length=3072)] | None = None
    rich_card: RichCard | None = None
    suggestions: Annotated[tuple[Suggestion, ...], Field(max_length=11)] = ()

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.text is None) == (self.rich_card is None):
            raise ValueError("a content message is exactly one of text and richCard")
        return self

    @property
    def cards(self) -> tuple[CardContent, ...]:
        """Its cards in order; none when it is words."""
        if self.rich_card is None:
            return ()
        if self.rich_card.standalone_card:
            return (self.rich_card.standalone_card.card_content,)
        return self.rich_card.carousel_card.card_contents if self.rich_card.carousel_card else ()

    @property
    def layout(self) -> str:
        """How its cards lie: "carousel small", "horizontal left", "vertical"; "" when it is words."""
        if self.rich_card is None:
            return ""
        if self.rich_card.carousel_card:
            return f"carousel {self.rich_card.carousel_card.card_width.lower()}"
        card = self.rich_card.standalone_card
        side = (card.thumbnail_image_alignment or "left").lower() if card else ""
        return f"horizontal {side}" if card and card.card_orientation == "HORIZONTAL" else "vertical"

    def replies(self) -> Iterator[Reply]:
        """Every reply a person can tap on it."""
        groups = (self.suggestions, *(card.suggestions for card in self.cards))
        return (suggestion.reply for group in groups for suggestion in group if suggestion.reply)
