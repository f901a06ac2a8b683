"""What Google takes as an AgentMessage: the shapes and limits of providers-rcs.md 2.2, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

MESSAGE_LIMIT_BYTES = 250_000

Label = Annotated[str, Field(min_length=1, max_length=25)]
Postback = Annotated[str, Field(max_length=2048)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2048)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    def exactly_one(self, *names: str) -> None:
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"exactly one of {', '.join(names)}")


class _Nothing(_Strict):
    pass


class Reply(_Strict):
    text: Label
    postback_data: Postback


class Dial(_Strict):
    phone_number: str


class LatLong(_Strict):
    latitude: float
    longitude: float


class ViewLocation(_Strict):
    lat_long: LatLong | None = None
    label: str | None = None
    query: str | None = None


class OpenUrl(_Strict):
    url: Url
    application: Literal["BROWSER", "WEBVIEW"] | None = None
    webview_view_mode: Literal["FULL", "HALF", "TALL"] | None = None
    description: str | None = None


class CalendarEvent(_Strict):
    start_time: str
    end_time: str
    title: Annotated[str, Field(max_length=100)]
    description: Annotated[str, Field(max_length=500)] | None = None


class Action(_Strict):
    text: Label
    postback_data: Postback
    fallback_url: Url | None = None
    dial_action: Dial | None = None
    view_location_action: ViewLocation | None = None
    share_location_action: _Nothing | None = None
    open_url_action: OpenUrl | None = None
    create_calendar_event_action: CalendarEvent | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one(*(name for name in type(self).model_fields if name.endswith("_action")))
        return self


class Suggestion(_Strict):
    reply: Reply | None = None
    action: Action | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one("reply", "action")
        return self


class ContentInfo(_Strict):
    file_url: Url
    thumbnail_url: Url | None = None
    force_refresh: bool | None = None


class UploadedFile(_Strict):
    file_name: str
    thumbnail_name: str | None = None


class Media(_Strict):
    height: Literal["SHORT", "MEDIUM", "TALL"]
    content_info: ContentInfo | None = None
    uploaded_rbm_file: UploadedFile | None = None


class CardContent(_Strict):
    title: Annotated[str, Field(max_length=200)] | None = None
    description: Annotated[str, Field(max_length=2000)] | None = None
    media: Media | None = None
    suggestions: Annotated[list[Suggestion], Field(max_length=4)] = []

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.title or self.description or self.media):
            raise ValueError("a card needs a title, a description or media")
        return self


class Standalone(_Strict):
    card_orientation: Literal["HORIZONTAL", "VERTICAL"]
    thumbnail_image_alignment: Literal["LEFT", "RIGHT"] | None = None
    card_content: CardContent

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if self.card_orientation == "HORIZONTAL" and self.thumbnail_image_alignment is None:
            raise ValueError("a horizontal card needs thumbnailImageAlignment")
        return self


class Carousel(_Strict):
    card_width: Literal["SMALL", "MEDIUM"]
    card_contents: Annotated[list[CardContent], Field(min_length=2, max_length=10)]

    @model_validator(mode="after")
    def _not_tall(self) -> Self:
        if self.card_width == "SMALL" and any(c.media and c.media.height == "TALL" for c in self.card_contents):
            raise ValueError("a small carousel takes no TALL media")
        return self


class RichCard(_Strict):
    standalone_card: Standalone | None = None
    carousel_card: Carousel | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one("standalone_card", "carousel_card")
        return self


class ContentMessage(_Strict):
    text: Annotated[str, Field(min_length=1, max_length=3072)] | None = None
    rich_card: RichCard | None = None
    content_info: ContentInfo | None = None
    uploaded_rbm_file: UploadedFile | None = None
    suggestions: Annotated[list[Suggestion], Field(max_length=11)] = []

    @model_validator(mode="after")
    def _one(self) -> Self:
        self.exactly_one("text", "rich_card", "content_info", "uploaded_rbm_file")
        return self


class AgentMessage(_Strict):
    content_message: ContentMessage
    message_traffic_type: Literal["AUTHENTICATION", "TRANSACTION", "PROMOTION", "SERVICEREQUEST", "ACKNOWLEDGEMENT"]
    ttl: Annotated[str, Field(pattern=r"^\d+s$")] | None = None
    expire_time: str | None = None

    @model_validator(mode="after")
    def _one_expiry(self) -> Self:
        if self.ttl is not None and self.expire_time is not None:
            raise ValueError("ttl or expireTime, not both")
        if self.ttl is not None and int(self.ttl[:-1]) > 15 * 86_400:
            raise ValueError("ttl is at most 15 days")
        return self
