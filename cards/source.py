"""What a card file may hold, as pydantic models. `cards.reading` reads one; docs/cards.md is for those who write them.

Values are Jinja2 over the data the card is given; `cards.filters` says what they can use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

SEGMENTS_MAX: Final = 10
"""Segments one message may declare. Carriers cut or refuse beyond about 500 characters."""


def _words(value: object) -> object:
    if value == "":
        raise ValueError("is empty: write something, or leave it out")
    if isinstance(value, bool | int | float):
        raise ValueError(f"must be words, and YAML reads {value!r}: put it in quotes")
    return value


Words = Annotated[str, BeforeValidator(_words)]
Id = Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]|\{\{.*?\}\})+$")]
Provider = Literal["aliyun", "tencent", "yunpian", "twilio"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class MediaSource(_Part):
    """A picture, film, sound or document. Left out when its URL is missing or no http(s) address.

    type: MIME type, where the address does not end in a known name. size, thumbnail_size: bytes.
    alt: what it shows, in words. only: rcs = no text form shows it.
    """

    url: Words
    height: Literal["short", "medium", "tall"] = "medium"
    type: Words | None = None
    size: Words | None = None
    thumbnail: Words | None = None
    thumbnail_size: Words | None = None
    alt: Words | None = None
    only: Literal["rcs"] | None = None


class LayoutSource(_Part):
    """How a card that stands alone lies; `image` is the side of a horizontal one."""

    orientation: Literal["vertical", "horizontal"] = "vertical"
    image: Literal["left", "right"] = "left"


ButtonKind: TypeAlias = Literal[
    "reply", "open", "dial", "show", "locate", "calendar", "compose", "record", "device", "setting"
]


class Kind(NamedTuple):
    """Fields a kind of button needs, and may have besides."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


KINDS: Final[Mapping[ButtonKind, Kind]] = {
    "reply": Kind(("means",), ("id", "slots", "text")),
    "open": Kind(("url",), ("view",)),
    "dial": Kind(("number",), ("call", "subject", "fallback")),
    "show": Kind((), ("latitude", "longitude", "place", "query", "fallback")),
    "locate": Kind(),
    "calendar": Kind(("starts", "ends", "event"), ("details", "fallback")),
    "compose": Kind(("number", "words")),
    "record": Kind(("number",), ("media",)),
    "device": Kind(),
    "setting": Kind(("change",)),
}


class ButtonSource(_Part):
    """`reply` is one of the choices; the others make the phone do something: on RCS only.

    means: the intent the reply stands for. id: what its tap carries, by default `means`.
    slots: what picking it says besides; a value that is one `{{ expression }}` keeps its type.
    text: hidden = text does not number it. Everything else: see the `Action` of `cards.actions`.
    """

    reply: Words | None = None
    open: Words | None = None
    dial: Words | None = None
    show: Words | None = None
    locate: Words | None = None
    calendar: Words | None = None
    compose: Words | None = None
    record: Words | None = None
    device: Words | None = None
    setting: Words | None = None

    means: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None
    id: Id | None = None
    slots: dict[str, JsonValue] = {}
    text: Literal["hidden"] | None = None

    url: Words | None = None
    view: Literal["full", "half", "tall"] | None = None
    number: Words | None = None
    call: Literal["voice", "video", "enriched"] | None = None
    subject: Words | None = None
    latitude: Words | None = None
    longitude: Words | None = None
    place: Words | None = None
    query: Words | None = None
    starts: Words | None = None
    ends: Words | None = None
    event: Words | None = None
    details: Words | None = None
    words: Words | None = None
    media: Literal["audio", "video"] | None = None
    change: Literal["disable_anonymization", "enable_displayed_notifications"] | None = None
    fallback: Words | None = None

    @property
    def kind(self) -> ButtonKind:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def label(self) -> str:
        return str(getattr(self, self.kind))

    @model_validator(mode="after")
    def _is_one_kind(self) -> ButtonSource:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            *most, last = KINDS
            raise ValueError(f"is exactly one of {', '.join(most)} and {last}")
        fields = KINDS[self.kind]
        for needed in fields.needs:
            if getattr(self, needed) is None:
                raise ValueError(f"{self.kind} needs `{needed}`")
        stray = sorted(self.model_fields_set.difference(fields.needs, fields.may, (self.kind,)))
        if stray:
            raise ValueError(f"{self.kind} has no `{stray[0]}`")
        if self.kind == "show" and not (self.query or (self.latitude and self.longitude)):
            raise ValueError("show needs `query`, or `latitude` and `longitude`")
        return self


class CarouselSource(_Part):
    """One panel for each entry of a list in the data: the entry is `it`, its number from 1 is `n`.

    label: what text and the person call the entry.
    """

    each: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    label: Words
    width: Literal["small", "medium"] = "medium"
    media: MediaSource | None = None
    title: Words | None = None
    body: Words | None = None
    buttons: Annotated[list[ButtonSource], Field(min_length=1)]

    @model_validator(mode="after")
    def _shows_something(self) -> CarouselSource:
        if not (self.title or self.body or self.media):
            raise ValueError("shows nothing: write a title, a body or media")
        if self.width == "small" and self.media and self.media.height == "tall":
            raise ValueError("small cards take no tall media: write `width: medium` or another height")
        return self


class TemplateSource(_Part):
    """The text as registered (报备) with a carrier that takes only such.

    of: whose rules and placeholders it keeps, by default the provider the account is called after.
    text: as it was approved, placeholders and all; a 【签名】 in front is not compared. Of Twilio's Content
    templates, whose values follow from the card, it is the name. params: placeholder -> value.
    value_max: characters a value may have, where the account's limit is its own.
    """

    code: Words
    text: Words
    of: Provider | None = None
    params: dict[str, Words] = {}
    value_max: Annotated[int, Field(ge=1)] | None = None


class RichSmsSource(TemplateSource):
    """The card as rich SMS of a provider, reviewed like any registered text; its picture is that of the sample.

    kind: card (Aliyun 卡片短信), digital (Aliyun 数字短信) or video (Yunpian 超级短信, 视频短信).
    subject: what the message list shows above it, and the name of its template. link: opened where a card cannot be.
    """

    kind: Literal["card", "digital", "video"]
    subject: Annotated[str, Field(max_length=20), BeforeValidator(_words)]
    link: Words | None = None


class CardSource(_Part):
    """A whole card file.

    file: the message is this file and nothing else; `text` says it where there is no RCS.
    text: what its text form says, by default title and body. also: what may be typed instead of a number.
    segments: the most its text form may take. templates: account -> registered template.
    rich_sms: account -> the same for rich SMS.
    sample: data to check, preview and test it with. sample_choices: labels of an ask it may be shown with.
    """

    card: Words
    title: Words | None = None
    body: Words | None = None
    media: MediaSource | None = None
    layout: LayoutSource | None = None
    buttons: list[ButtonSource] = []
    carousel: CarouselSource | None = None
    file: MediaSource | None = None
    text: Words | None = None
    also: Words | None = None
    segments: Annotated[int, Field(ge=1, le=SEGMENTS_MAX)] = 2
    templates: dict[str, TemplateSource] = {}
    rich_sms: dict[str, RichSmsSource] = {}
    sample: dict[str, JsonValue] = {}
    sample_choices: list[Words] = []

    @model_validator(mode="after")
    def _says_something(self) -> CardSource:
        if self.file is not None:
            beside = [name for name in ("title", "body", "media", "layout", "carousel") if getattr(self, name)]
            if beside:
                raise ValueError(f"a message that is a file shows no `{beside[0]}`")
            if self.text is None:
                raise ValueError("a message that is a file needs `text`, for phones without RCS")
        elif not (self.body or self.title):
            raise ValueError("says nothing: write a title or a body")
        if self.rich_sms and self.carousel:
            raise ValueError("a carousel is no rich SMS: its cards differ from message to message, a template does not")
        if self.layout and self.carousel:
            raise ValueError("a carousel has no `layout`: its cards stand upright")
        if self.layout and self.layout.orientation == "vertical" and "image" in self.layout.model_fields_set:
            raise ValueError("`image` is the side of a horizontal card: write `orientation: horizontal`")
        return self
