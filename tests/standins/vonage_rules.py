"""What Vonage's Messages API takes: the shapes and limits of providers-rcs.md 4.3, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from standins.rbm_rules import ContentMessage

AGENT = "DemoAgent"
SENDER = "Vonage"

Label = Annotated[str, Field(min_length=1, max_length=25)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2048)]
Number = Annotated[str, Field(pattern=r"^[1-9]\d{6,14}$")]
Said = Annotated[str, Field(min_length=1, max_length=500)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Suggestion(_Strict):
    text: Label
    postback_data: Annotated[str, Field(max_length=2048)]


class Reply(_Suggestion):
    type: Literal["reply"]


class Dial(_Suggestion):
    type: Literal["dial"]
    phone_number: Number
    fallback_url: Url | None = None


class ViewLocation(_Suggestion):
    type: Literal["view_location"]
    latitude: str
    longitude: str
    pin_label: str
    fallback_url: Url | None = None


class ShareLocation(_Suggestion):
    type: Literal["share_location"]


class OpenUrl(_Suggestion):
    type: Literal["open_url"]
    url: Url
    description: Said


class OpenUrlInWebview(_Suggestion):
    type: Literal["open_url_in_webview"]
    url: Url
    description: Said
    view_mode: Literal["FULL", "HALF", "TALL"] | None = None


class CreateCalendarEvent(_Suggestion):
    type: Literal["create_calendar_event"]
    start_time: str
    end_time: str
    title: Annotated[str, Field(min_length=1, max_length=100)]
    description: Said
    fallback_url: Url | None = None


Suggestion: TypeAlias = Annotated[
    Reply | Dial | ViewLocation | ShareLocation | OpenUrl | OpenUrlInWebview | CreateCalendarEvent,
    Field(discriminator="type"),
]
Chips: TypeAlias = Annotated[list[Suggestion], Field(min_length=1, max_length=11)]


class Options(_Strict):
    category: Literal["acknowledgement", "authentication", "promotion", "service-request", "transaction"] | None = None


class CardOptions(Options):
    card_orientation: Literal["HORIZONTAL", "VERTICAL"] | None = None
    image_alignment: Literal["LEFT", "RIGHT"] | None = None


class CarouselOptions(Options):
    card_width: Literal["SMALL", "MEDIUM"]


class Panel(_Strict):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    media_url: Url
    media_height: Literal["SHORT", "MEDIUM", "TALL"] | None = None
    thumbnail_url: Url | None = None
    suggestions: Annotated[list[Suggestion], Field(min_length=1, max_length=4)] | None = None


class Cards(_Strict):
    cards: Annotated[list[Panel], Field(min_length=2, max_length=10)]


class Resource(_Strict):
    url: Url


class Custom(_Strict):
    contentMessage: ContentMessage  # noqa: N815 - Google's own name passes through


class _Message(_Strict):
    to: Number
    client_ref: Annotated[str, Field(max_length=100)] = ""
    ttl: Annotated[int, Field(ge=20, le=259_200)] | None = None
    webhook_url: Url | None = None


class Sms(_Message):
    channel: Literal["sms"]
    message_type: Literal["text"]
    from_: Literal["Vonage"] = Field(alias="from")
    text: Annotated[str, Field(min_length=1, max_length=1000)]


class _Rcs(_Message):
    channel: Literal["rcs"]
    from_: Literal["DemoAgent"] = Field(alias="from")


class Text(_Rcs):
    message_type: Literal["text"]
    text: Annotated[str, Field(min_length=1, max_length=3072)]
    suggestions: Chips | None = None
    rcs: Options | None = None


class Image(_Rcs):
    message_type: Literal["image"]
    image: Resource
    rcs: Options | None = None


class Video(_Rcs):
    message_type: Literal["video"]
    video: Resource
    rcs: Options | None = None


class File(_Rcs):
    message_type: Literal["file"]
    file: Resource
    rcs: Options | None = None


class Card(_Rcs):
    message_type: Literal["card"]
    card: Panel
    rcs: CardOptions | None = None

    @model_validator(mode="after")
    def _laid_out(self) -> Self:
        orientation = self.rcs.card_orientation if self.rcs else None
        if orientation == "HORIZONTAL" and not (self.rcs and self.rcs.image_alignment):
            raise ValueError("image_alignment must be specified when card_orientation is HORIZONTAL")
        if orientation == "VERTICAL" and not self.card.media_height:
            raise ValueError("media_height must be specified when card_orientation is VERTICAL")
        return self


class Carousel(_Rcs):
    message_type: Literal["carousel"]
    carousel: Cards
    suggestions: Chips | None = None
    rcs: CarouselOptions


class CustomMessage(_Rcs):
    message_type: Literal["custom"]
    custom: Custom
    rcs: Options | None = None


Rich: TypeAlias = Annotated[
    Text | Image | Video | File | Card | Carousel | CustomMessage, Field(discriminator="message_type")
]
MESSAGE: TypeAdapter[Sms | Rich] = TypeAdapter(Annotated[Sms | Rich, Field(discriminator="channel")])
