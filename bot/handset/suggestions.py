"""Suggestions: what a person can tap on a message, and what the phone does then.

Limits: RCS Business Messaging reference, `Suggestion`, `SuggestedAction`. That does not name `composeAction`: it is
shaped as the GSMA's, which Google's follows elsewhere, and refused where the handset is set up without it.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel

Label = Annotated[str, StringConstraints(min_length=1, max_length=25)]
Postback = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2048)]
"""Only what a browser opens harmlessly: never `javascript:` or `data:`."""
Number = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{3,15}$")]

COMPOSE: Final = "compose"
"""In the context of a validation: whether a composeAction is taken."""

Does: TypeAlias = Literal["reply", "open", "webview", "dial", "map", "share", "calendar", "compose", "record"]
"""What the phone does on a tap: answers, leaves for the browser, or opens a sheet of its own."""


class Part(BaseModel):
    """A part of a contentMessage. A field the API does not know is refused, as the API refuses it."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    def exactly_one(self, *names: str) -> None:
        """Raises ValueError unless one of these fields is set."""
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"exactly one of {', '.join(map(to_camel, names))}")


class Reply(Part):
    text: Label
    postback_data: Postback


class OpenUrl(Part):
    url: Url
    application: Literal["BROWSER", "WEBVIEW"] | None = None
    webview_view_mode: Literal["FULL", "HALF", "TALL"] | None = None
    description: str | None = None

    @property
    def height(self) -> str:
        """How much of the screen a webview takes: "full", "tall" or "half"."""
        return (self.webview_view_mode or "FULL").lower()


class Dial(Part):
    phone_number: Number


class LatLong(Part):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class ViewLocation(Part):
    lat_long: LatLong | None = None
    label: str | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        self.exactly_one("lat_long", "query")
        return self


class ShareLocation(Part):
    pass


class CalendarEvent(Part):
    start_time: AwareDatetime
    end_time: AwareDatetime
    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    description: Annotated[str, StringConstraints(max_length=500)] = ""


class ComposeText(Part):
    phone_number: Number
    text: Annotated[str, StringConstraints(max_length=100)] = ""


class ComposeRecording(Part):
    phone_number: Number
    type: Literal["AUDIO", "VIDEO"]


class Compose(Part):
    compose_text_message: ComposeText | None = None
    compose_recording_message: ComposeRecording | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        self.exactly_one("compose_text_message", "compose_recording_message")
        return self


class Action(Part):
    """Something the phone does by itself; the bot is only told."""

    text: Label
    postback_data: Postback
    fallback_url: Url | None = None
    open_url_action: OpenUrl | None = None
    dial_action: Dial | None = None
    view_location_action: ViewLocation | None = None
    share_location_action: ShareLocation | None = None
    create_calendar_event_action: CalendarEvent | None = None
    compose_action: Compose | None = None

    @model_validator(mode="after")
    def _one_of(self, info: ValidationInfo) -> Self:
        if self.compose_action and not (info.context or {}).get(COMPOSE, True):
            raise ValueError("composeAction is not known here")
        self.exactly_one(*(name for name in type(self).model_fields if name.endswith("_action")))
        return self

    @property
    def does(self) -> Does:
        if self.open_url_action:
            return "webview" if self.open_url_action.application == "WEBVIEW" else "open"
        if self.compose_action:
            return "compose" if self.compose_action.compose_text_message else "record"
        if self.dial_action:
            return "dial"
        if self.view_location_action:
            return "map"
        return "share" if self.share_location_action else "calendar"


class Suggestion(Part):
    reply: Reply | None = None
    action: Action | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        self.exactly_one("reply", "action")
        return self

    @property
    def text(self) -> str:
        one = self.reply or self.action
        return one.text if one else ""

    @property
    def does(self) -> Does:
        return self.action.does if self.action else "reply"
