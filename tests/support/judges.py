"""Judges of what the renderers print: the published limits as JSON schemas, and nothing of the renderers' own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from jsonschema import Draft202012Validator
from pydantic import JsonValue

from cards.gsma import FILE, MESSAGE, SUGGESTIONS, TEXT, Part
from cards.twilio import TwilioContent

_CARDS = Path(__file__).parents[1] / "cards"


def _schema(name: str) -> Draft202012Validator:
    schema = json.loads((_CARDS / name).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


RBM = _schema("rbm.schema.json")
GSMA = _schema("gsma.schema.json")
TWILIO = _schema("twilio.schema.json")
GSMA_TEXT_MAX = 2000


def rbm(message: Mapping[str, JsonValue]) -> list[str]:
    """What RCS for Business would refuse."""
    return [error.message for error in RBM.iter_errors(message)]


def gsma(parts: tuple[Part, ...]) -> list[str]:
    """What a 5G消息 platform would refuse: a content, then at most one chip list, each as its MIME type says."""
    content, *chips = parts
    found = list(_content(content))
    if len(chips) > 1 or any(part.type != SUGGESTIONS for part in chips):
        found.append(f"{[part.type for part in chips]} is no chip list")
    for part in chips:
        found += [error.message for error in GSMA.iter_errors(part.content)]
    return found


def _content(part: Part) -> Iterator[str]:
    if part.type == TEXT:
        if not (isinstance(part.content, str) and 0 < len(part.content) <= GSMA_TEXT_MAX):
            yield "is no text"
    elif part.type == MESSAGE:
        yield from (error.message for error in GSMA.iter_errors(part.content))
        if not (isinstance(part.content, dict) and "message" in part.content):
            yield "is no message"
    elif part.type == FILE:
        types = (
            [info["type"] for info in part.content if isinstance(info, dict)] if isinstance(part.content, list) else []
        )
        if types not in (["file"], ["thumbnail", "file"]):
            yield f"{types} is no file"
    else:
        yield f"{part.type} is no content"


def twilio(content: TwilioContent) -> list[str]:
    """What Twilio would refuse: of the template, and of the message's variables."""
    found = [error.message for error in TWILIO.iter_errors(content.template)]
    if len(content.variables) > 100:
        found.append("more than 100 variables")
    found += [
        f"{{{{{name}}}}} is empty or too long"
        for name, value in content.variables.items()
        if not 0 < len(value) <= 1600
    ]
    used = json.dumps(content.template["types"])
    found += [f"{{{{{name}}}}} is not used" for name in content.variables if f"{{{{{name}}}}}" not in used]
    return found
