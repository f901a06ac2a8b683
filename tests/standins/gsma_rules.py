"""What a 5G消息 platform takes as content: the shapes and limits of providers-rcs.md 1, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic.alias_generators import to_camel

Label = Annotated[str, Field(min_length=1, max_length=25)]
Text100 = Annotated[str, Field(min_length=1, max_length=100)]
Text200 = Annotated[str, Field(min_length=1, max_length=200)]
Uri = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*:.")]
Size = Annotated[int, Field(strict=True, ge=0)]
FontStyles = Annotated[list[Literal["italics", "bold", "underline"]], Field(min_length=1, max_length=3)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    def exactly_one(self, *names: str) -> None:
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"exactly one of {', '.join(names)}")


class _OneOf(_Strict):
    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one(*type(self).model_fields)
        return self


class _Nothing(_Strict):
    pass


class OpenUrl(_Strict):
    url: Uri
    application: Literal["browser", "webview"]
    view_mode: Literal["full", "half", "tall"] | None = None
    parameters: Text200 | None = None

    @model_validator(mode="after")
    def _in_webview(self) -> Self:
        if self.application == "browser" and (self.view_mode or self.parameters):
            raise ValueError("viewMode and parameters are a webview's")
        return self


class UrlAction(_Strict):
    open_url: OpenUrl


class Dial(_Strict):
    phone_number: str
    fallback_url: Uri | None = None


class Enriched(Dial):
    subject: Annotated[str, Field(min_length=1, max_length=60)] | None = None


class DialerAction(_OneOf):
    dial_phone_number: Dial | None = None
    dial_video_call: Dial | None = None
    dial_enriched_call: Enriched | None = None


class Place(_Strict):
    latitude: float | None = None
    longitude: float | None = None
    label: Text100 | None = None
    query: Text200 | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        point = self.latitude is not None and self.longitude is not None
        if point == (self.query is not None):
            raise ValueError("latitude and longitude, or query")
        return self


class ShowLocation(_Strict):
    location: Place
    fallback_url: Uri | None = None


class MapAction(_OneOf):
    show_location: ShowLocation | None = None
    request_location_push: _Nothing | None = None


class Event(_Strict):
    start_time: str
    end_time: str
    title: Text100
    description: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    fallback_url: Uri | None = None


class CalendarAction(_Strict):
    create_calendar_event: Event


class Written(_Strict):
    phone_number: str
    text: Annotated[str, Field(max_length=100)]


class Recorded(_Strict):
    phone_number: str
    type: Literal["AUDIO", "VIDEO"]


class ComposeAction(_OneOf):
    compose_text_message: Written | None = None
    compose_recording_message: Recorded | None = None


class DeviceAction(_Strict):
    request_device_specifics: _Nothing


class SettingsAction(_OneOf):
    disable_anonymization: _Nothing | None = None
    enable_displayed_notifications: _Nothing | None = None


class Postback(_Strict):
    data: Annotated[str, Field(max_length=2048)]


class Reply(_Strict):
    display_text: Label
    postback: Postback


class Action(_Strict):
    display_text: Label
    postback: Postback
    url_action: UrlAction | None = None
    dialer_action: DialerAction | None = None
    map_action: MapAction | None = None
    calendar_action: CalendarAction | None = None
    compose_action: ComposeAction | None = None
    device_action: DeviceAction | None = None
    settings_action: SettingsAction | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one(*(name for name in type(self).model_fields if name.endswith("_action")))
        return self


class Suggestion(_OneOf):
    reply: Reply | None = None
    action: Action | None = None


class Media(_Strict):
    media_url: Uri
    media_content_type: str
    media_file_size: Size
    thumbnail_url: Uri | None = None
    thumbnail_content_type: str | None = None
    thumbnail_file_size: Size | None = None
    height: Literal["SHORT_HEIGHT", "MEDIUM_HEIGHT", "TALL_HEIGHT"]
    content_description: Text200 | None = None

    @model_validator(mode="after")
    def _whole_thumbnail(self) -> Self:
        if self.thumbnail_url and (self.thumbnail_content_type is None or self.thumbnail_file_size is None):
            raise ValueError("a thumbnail needs thumbnailContentType and thumbnailFileSize")
        return self


class Content(_Strict):
    media: Media | None = None
    title: Text200 | None = None
    description: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    suggestions: Annotated[list[Suggestion], Field(min_length=1, max_length=4)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.media or self.title or self.description):
            raise ValueError("a card needs media, a title or a description")
        return self


class CardLayout(_Strict):
    card_orientation: Literal["VERTICAL", "HORIZONTAL"]
    image_alignment: Literal["LEFT", "RIGHT"] | None = None
    title_font_style: FontStyles | None = None
    description_font_style: FontStyles | None = None
    style: Uri | None = None

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if (self.card_orientation == "HORIZONTAL") != (self.image_alignment is not None):
            raise ValueError("imageAlignment is a horizontal card's, and required there")
        return self


class CarouselLayout(_Strict):
    card_width: Literal["SMALL_WIDTH", "MEDIUM_WIDTH"]
    title_font_style: FontStyles | None = None
    description_font_style: FontStyles | None = None
    style: Uri | None = None


class Card(_Strict):
    layout: CardLayout
    content: Content


class Carousel(_Strict):
    layout: CarouselLayout
    content: Annotated[list[Content], Field(min_length=2, max_length=12)]


class Message(_OneOf):
    general_purpose_card: Card | None = None
    general_purpose_card_carousel: Carousel | None = None


class BotMessage(_Strict):
    message: Message


class BotSuggestion(_Strict):
    suggestions: Annotated[list[Suggestion], Field(min_length=1, max_length=11)]


class File(_Strict):
    type: Literal["thumbnail", "file"]
    url: Uri
    file_size: Size | None = None
    file_name: str | None = None
    content_type: str | None = None
    until: str | None = None


RULES: dict[str, TypeAdapter[Any]] = {
    "text/plain": TypeAdapter(Annotated[str, Field(min_length=1, max_length=2000)]),
    "application/vnd.gsma.botmessage.v1.0+json": TypeAdapter(BotMessage),
    "application/vnd.gsma.botsuggestion.v1.0+json": TypeAdapter(BotSuggestion),
    "application/vnd.gsma.rcs-ft-http": TypeAdapter(Annotated[list[File], Field(min_length=1, max_length=2)]),
}
"""What a content of each type must be. A reply or action without postback is legal too; we never send one."""
