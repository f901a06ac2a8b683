"""What a phone says to a bot in the GSMA's words, as an item of ours: providers-rcs.md 1.5-1.7. Pure."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from urllib.parse import unquote

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from bot.carriers import gsma, xml_tree
from bot.carriers.reading import Payload, chinese, flaw
from bot.errors import Refused
from bot.messages import AccountName, Bad, Inbound, Item, PhoneNumber, Signal, Tap

_URI = re.compile(r"(?:tel:|sip:)?([^@;]*)")
_PLACE = re.compile(r"(geo:[^;]*(?:;crs=[^;]*)?)(?:;(?!rcs-l=)[^;]*)*(?:;rcs-l=(.*))?")


class _Postback(Payload):
    data: str = ""


class _Tapped(Payload):
    displayText: str = ""  # noqa: N815 - the wire's own word
    postback: _Postback = _Postback()


class _Response(Payload):
    reply: _Tapped | None = None
    action: _Tapped | None = None


class _Responded(Payload):
    response: _Response


def person(uri: str) -> PhoneNumber | None:
    """The number of tel:+86… or sip:+86…@…3gppnetwork.org; None when it is none."""
    found = _URI.match(uri.strip())
    return chinese(found[1]) if found else None


def item(
    account: AccountName,
    number: PhoneNumber,
    content_type: str,
    content: JsonValue,
    *,
    encoding: str = "",
    id: str = "",
    at: datetime | None = None,
    spam_type: str,
) -> Item:
    """One content, words or JSON, or either in base64, whether `encoding` says so or not (1.5).

    spam_type: of a report of spam.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        said = _plain(content) if encoding.lower() == "base64" else content
        match kind:
            case gsma.TEXT if isinstance(said, str):
                return Inbound(account, number, _readable(said), id=id, at=at)
            case gsma.RESPONSE:
                return _tapped(account, number, _Responded.model_validate(_json(said)).response, id, at)
            case gsma.FILE | gsma.FILE_XML:
                return Inbound(account, number, _file(said), id=id, at=at)
            case gsma.SHARED:
                return Signal(account, number, "acted", id=id)
            case _ if kind == spam_type:
                return Signal(account, number, "unsubscribed", id=id, code="rcsspam")
    except ValidationError as error:
        return Bad(account, f"{kind}: {flaw(error)}")
    except (ValueError, Refused):
        return Bad(account, f"{kind}: the content is not what its type says")
    return Bad(account, f"a content of type {kind[:60]}")


def _tapped(account: AccountName, number: PhoneNumber, response: _Response, id: str, at: datetime | None) -> Item:
    tapped = response.reply or response.action
    if tapped is None:
        return Bad(account, "a response to neither a reply nor an action")
    tap = Tap.of(tapped.postback.data)
    if not tap and (response.reply is None or not tapped.displayText):
        return Signal(account, number, "acted", id=id)
    return Inbound(account, number, tapped.displayText, id=id, tap=tap, at=at)


def _readable(text: str) -> str:
    """A place keeps its position and datum, and its name in plain words; anything else is as it was said."""
    place = _PLACE.fullmatch(text)
    if place is None:
        return text
    return f"{place[1]} {unquote(place[2])}".strip() if place[2] else place[1]


def _file(content: JsonValue) -> str:
    """The file, not its thumbnail: "[image/jpeg] https://…". Raises ValueError, Refused."""
    files = _xml_files(content) if isinstance(content, str) and content.lstrip()[:1] == "<" else _json_files(content)
    for wanted in ("file", "thumbnail"):
        for kind, content_type, url in files:
            if kind == wanted and url:
                return f"[{content_type}] {url}"
    raise ValueError("no file")


def _xml_files(content: str) -> list[tuple[str, str, str]]:
    """(type, content type, address) of each."""
    return [
        (info.attributes.get("type", ""), info.first("content-type"), data.attributes.get("url", ""))
        for info in xml_tree.read(content).all("file-info")
        for data in info.all("data")
    ]


def _json_files(content: JsonValue) -> list[tuple[str, str, str]]:
    """The same; one inbound sample misspells contentType (1.7)."""
    listed = _json(content)
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [
        (str(one.get("type")), str(one.get("contentType") or one.get("contenType", "")), str(one.get("url") or ""))
        for one in files
    ]


def _json(content: JsonValue) -> JsonValue:
    """JSON that may stand in a string, and that in base64. Raises ValueError."""
    if not isinstance(content, str):
        return content
    try:
        value: JsonValue = from_json(content)
    except ValueError:
        value = from_json(_plain(content))
    return value


def _plain(content: JsonValue) -> str:
    """Base64 → text. Raises ValueError."""
    if not isinstance(content, str):
        raise ValueError("not base64")
    return base64.b64decode(content, validate=True).decode()
