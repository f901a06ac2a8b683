"""XML as some providers speak it: read by local names, whatever the prefixes; written with its words escaped. Pure.

A document type is refused: entities are how a small body becomes a large one, and no provider sends any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from bot.errors import Refused

DEPTH_MAX: Final = 32
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Element:
    """name: without its prefix. text: its own words, together, without the space around them."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Every element of that name in it, itself included, in the order of the document."""
        if self.name == name:
            yield self
        for child in self.children:
            yield from child.all(name)

    def first(self, *names: str) -> str:
        """The words of the first element that has one of these names; empty when there is none."""
        return next((found.text for name in names for found in self.all(name)), "")


def read(body: bytes | str) -> Element:
    """The root of a document. Raises Refused 400."""
    root = Element("", {})
    path = [root]
    words: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(path) > DEPTH_MAX:
            raise ValueError("too deep")
        words.clear()
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        path[-1].children.append(element)
        path.append(element)

    def end(_: str) -> None:
        path.pop().text = "".join(words).strip()
        words.clear()

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = words.append
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):  # LookupError: an encoding nobody knows
        raise Refused(400, "bad_body", "the body is not XML, or more than a message") from None
    return root.children[0]


def carried(words: str) -> str:
    """The words as they will be read: what XML cannot carry is "�", every end of line one character."""
    return _FORBIDDEN.sub("�", words.replace("\r\n", "\n").replace("\r", "\n"))


def element(name: str, words: str) -> str:
    """<name>words</name>, with the words as CDATA where they hold markup; what XML cannot carry is "�"."""
    return f"<{name}>{_escaped(words)}</{name}>"


def quoted(words: str) -> str:
    """The words as an attribute's value, in its quotes."""
    kept = carried(words).replace("&", "&amp;").replace("<", "&lt;")
    return '"{}"'.format(kept.replace('"', "&quot;"))


def _escaped(words: str) -> str:
    kept = _FORBIDDEN.sub("�", words)
    if not re.search("[<>&]", kept):
        return kept
    return f"<![CDATA[{kept.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _local(name: str) -> str:
    return name.rpartition(":")[2]
