"""What Infobip takes: the shapes and limits of its published API description, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Label = Annotated[str, Field(min_length=1, max_length=25)]
Postback = Annotated[str, Field(min_length=1, max_length=2024)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2048)]
Number = Annotated[str, Field(pattern=r"^[1-9]\d{6,14}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, strict=True)


class _Suggestion(_Strict):
    text: Label
    postback_data: Postback


class Reply(_Suggestion):
    type: Literal["REPLY"]


class OpenUrl(_Suggestion):
    type: Literal["OPEN_URL"]
    url: Url
    application: Literal["BROWSER", "WEBVIEW"] | None = None
    webview_view_mode: Literal["FULL", "HALF", "TALL"] | None = None


class Dial(_Suggestion):
    type: Literal["DIAL_PHONE"]
    phone_number: Annotated[str, Field(pattern=r"^\+?[0-9]\d{1,14}$")]


class Show(_Suggestion):
    type: Literal["SHOW_LOCATION"]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    label: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Ask(_Suggestion):
    type: Literal["REQUEST_LOCATION"]


class Calendar(_Suggestion):
    type: Literal["CREATE_CALENDAR_EVENT"]
    start_time: Time
    end_time: Time
    title: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(min_length=1, max_length=500)] | None = None


Suggestion: TypeAlias = Annotated[Reply | OpenUrl | Dial | Show | Ask | Calendar, Field(discriminator="type")]
Chips: TypeAlias = Annotated[list[Suggestion], Field(max_length=11)]


class Resource(_Strict):
    url: Url


class Media(_Strict):
    file: Resource
    thumbnail: Resource | None = None
    height: Literal["SHORT", "MEDIUM", "TALL"]


class Panel(_Strict):
    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    media: Media | None = None
    suggestions: Annotated[list[Suggestion], Field(max_length=4)] = []

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.title or self.description or self.media):
            raise ValueError("a card needs a title, a description or media")
        return self


class Text(_Strict):
    type: Literal["TEXT"]
    text: Annotated[str, Field(min_length=1, max_length=3072)]
    suggestions: Chips = []


class File(_Strict):
    type: Literal["FILE"]
    file: Resource
    thumbnail: Resource | None = None
    suggestions: Chips = []


class Card(_Strict):
    type: Literal["CARD"]
    orientation: Literal["HORIZONTAL", "VERTICAL"]
    alignment: Literal["LEFT", "RIGHT"]
    content: Panel
    suggestions: Chips = []


class Carousel(_Strict):
    type: Literal["CAROUSEL"]
    card_width: Literal["SMALL", "MEDIUM"]
    contents: Annotated[list[Panel], Field(min_length=2, max_length=10)]
    suggestions: Chips = []


class Destination(_Strict):
    to: Number
    message_id: Annotated[str, Field(max_length=200)] | None = None


class Validity(_Strict):
    amount: Annotated[int, Field(ge=1)]
    time_unit: Literal["SECONDS", "MINUTES", "HOURS"]


class Options(_Strict):
    validity_period: Validity | None = None


class RcsMessage(_Strict):
    sender: Literal["DemoSender"]
    destinations: Annotated[list[Destination], Field(min_length=1)]
    content: Annotated[Text | File | Card | Carousel, Field(discriminator="type")]
    options: Options | None = None


class RcsRequest(_Strict):
    messages: Annotated[list[RcsMessage], Field(min_length=1)]


class Plain(_Strict):
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class SmsMessage(_Strict):
    sender: Literal["InfoSMS"]
    destinations: Annotated[list[Destination], Field(min_length=1)]
    content: Plain
    options: Options | None = None


class SmsRequest(_Strict):
    messages: Annotated[list[SmsMessage], Field(min_length=1)]


class Query(_Strict):
    sender: Literal["DemoSender"]
    phone_numbers: Annotated[list[Number], Field(min_length=1, max_length=500)]
