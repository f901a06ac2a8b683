"""The parts of a GSMA chatbot message on their way to a platform (providers-rcs.md 1). Pure.

`cards.gsma` writes them; here they are given what a platform knows, or wants to be told, of pictures and files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.carriers.base import Uploaded
from bot.messages import Sendable
from flows.values import JsonValue, Value, field

TEXT: Final = "text/plain"
FILE: Final = "application/vnd.gsma.rcs-ft-http"
"""As the CT/CU JSON has it (1.1)."""
FILE_XML: Final = "application/vnd.gsma.rcs-ft-http+xml"
RESPONSE: Final = "application/vnd.gsma.botsuggestion.response.v1.0+json"
SHARED: Final = "application/vnd.gsma.botsharedclientdata.v1.0+json"
SPAM: Final = "application/vnd.gsma.rcsspam-report+xml"

TEXT_MAX: Final = 2000
_FIELDS: Final = (
    ("mediaUrl", "mediaContentType", "mediaFileSize"),
    ("thumbnailUrl", "thumbnailContentType", "thumbnailFileSize"),
    ("url", "contentType", "fileSize"),
)
"""Address, type and size of the files an object names: a card's media and its thumbnail, one of a file message."""


class Part(Value, frozen=True):
    """One part of a message: words, or the JSON of its content type."""

    content_type: str
    content: JsonValue


class Files(Value, frozen=True):
    """What is said of files. media_size, thumbnail_size: bytes, where nobody knows them: the standard wants a number.

    uploads: what the platform made of some of them, by the address in the card.
    """

    media_size: int
    thumbnail_size: int
    uploads: Mapping[str, Uploaded] = field(default_factory=dict)

    def told(self, said: Sequence[Part]) -> tuple[Part, ...]:
        """The parts with their files as the platform is to be told of them."""
        return tuple(Part(part.content_type, self._told(part.content)) for part in said)

    def _told(self, content: JsonValue) -> JsonValue:
        if isinstance(content, list):
            return [self._told(one) for one in content]
        if not isinstance(content, dict):
            return content
        told = {name: self._told(inner) for name, inner in content.items()}
        for url, kind, size in _FIELDS:
            if size in told:
                file = self.uploads.get(str(told[url]))
                if file is not None:
                    told |= {url: file.name, kind: file.content_type, size: file.size}
                small = size.startswith("thumbnail") or told.get("type") == "thumbnail"
                told[size] = told[size] or (self.thumbnail_size if small else self.media_size)
        return told


def parts(message: Sendable) -> tuple[Part, ...]:
    """What is sent: the parts of its card, or its words."""
    given = message.rich.get("parts") if message.rich and message.form == "rbm" else None
    if not isinstance(given, list):
        return (Part(TEXT, message.text[:TEXT_MAX]),)
    return tuple(Part(str(one["contentType"]), one["content"]) for one in given if isinstance(one, dict))


def addresses(said: Sequence[Part]) -> Iterator[str]:
    """Of all pictures and files."""
    for holder in _objects([part.content for part in said]):
        yield from (str(holder[url]) for url, _, size in _FIELDS if size in holder)


def without_media(said: Sequence[Part], text: str) -> tuple[Part, ...]:
    """The message without its pictures; text: what is said in place of a file."""
    return tuple(
        Part(TEXT, text[:TEXT_MAX]) if part.content_type == FILE else Part(part.content_type, _bare(part.content))
        for part in said
    )


def _bare(content: JsonValue) -> JsonValue:
    if isinstance(content, dict):
        return {name: _bare(inner) for name, inner in content.items() if name != "media"}
    return [_bare(inner) for inner in content] if isinstance(content, list) else content


def _objects(content: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    if isinstance(content, dict):
        yield content
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for one in inner:
        yield from _objects(one)
