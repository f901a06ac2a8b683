"""What Sinch takes in a send: the shapes and limits of providers-rcs.md 4.1, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

APP = "01EB37HMH1M6SV18BSNS3G135H"

Title = Annotated[str, Field(min_length=1)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2048)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    def exactly_one(self, *but: str) -> None:
        """Of all fields but those."""
        if len(self.model_fields_set - set(but)) != 1:
            raise ValueError("exactly one kind")


class Text(_Strict):
    text: Annotated[str, Field(min_length=1, max_length=3072)]


class UrlMessage(_Strict):
    title: Title
    url: Url


class CallMessage(_Strict):
    title: Title
    phone_number: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")]


class Coordinates(_Strict):
    latitude: float
    longitude: float


class LocationMessage(_Strict):
    title: Title
    label: str | None = None
    coordinates: Coordinates


class CalendarMessage(_Strict):
    title: Title
    event_start: str
    event_end: str
    event_title: str
    event_description: str | None = None
    fallback_url: Url


class ShareLocationMessage(_Strict):
    title: Title
    fallback_url: Url


class Choice(_Strict):
    text_message: Text | None = None
    url_message: UrlMessage | None = None
    call_message: CallMessage | None = None
    location_message: LocationMessage | None = None
    calendar_message: CalendarMessage | None = None
    share_location_message: ShareLocationMessage | None = None
    postback_data: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one("postback_data")
        return self


class Media(_Strict):
    url: Url
    thumbnail_url: Url | None = None


class Card(_Strict):
    title: Title | None = None
    description: Title | None = None
    height: Literal["SHORT", "MEDIUM", "TALL"] | None = None
    media_message: Media | None = None
    choices: Annotated[list[Choice], Field(max_length=10)] = []

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.title or self.description or self.media_message):
            raise ValueError("a card needs a title, a description or media")
        return self


class Carousel(_Strict):
    cards: Annotated[list[Card], Field(min_length=1, max_length=10)]
    choices: Annotated[list[Choice], Field(max_length=3)] = []


class ChoiceMessage(_Strict):
    text_message: Text
    choices: Annotated[list[Choice], Field(min_length=1, max_length=10)]


class Message(_Strict):
    text_message: Text | None = None
    media_message: Media | None = None
    card_message: Card | None = None
    carousel_message: Carousel | None = None
    choice_message: ChoiceMessage | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one()
        return self


class Identity(_Strict):
    channel: Literal["RCS", "SMS"]
    identity: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]


class IdentifiedBy(_Strict):
    channel_identities: Annotated[list[Identity], Field(min_length=1, max_length=1)]


class Recipient(_Strict):
    identified_by: IdentifiedBy


class SendMessage(_Strict):
    app_id: Literal["01EB37HMH1M6SV18BSNS3G135H"]
    recipient: Recipient
    message: Message
    channel_priority_order: list[Literal["RCS", "SMS"]] = []
    channel_properties: dict[Literal["SMS_SENDER"], str] = {}
    message_metadata: Annotated[str, Field(max_length=1024)] = ""
    ttl: Annotated[str, Field(pattern=r"^[1-9]\d*s$")] | None = None
    callback_url: Url | None = None
