"""One message as a phone shows it: HTML from an RBM contentMessage or a text. Pure: nothing is fetched, nothing kept.

`bubble` is what stands in the conversation; `document` is a whole page around one, for a picture of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

from markupsafe import Markup, escape
from pydantic import JsonValue

from bot.handset.content import Content
from bot.handset.phones import Item, Shown
from bot.handset.words import WORDS
from bot.pages import Face, Language

FOLDER: Final = Path(__file__).parent
PREVIEW_ID: Final = "preview"

_LINK: Final = re.compile(r"https?://[^\s<>\"'，。；！？、）】》]+[^\s<>\"'，。；！？、）】》.,;:!?)]")
"""An address in running text; punctuation that ends the sentence, in either script, is not part of it."""


def bubble(message: Mapping[str, JsonValue] | str, language: Language = "zh") -> str:
    """The `<li>` of one incoming message. Raises ValidationError where RBM would refuse the contentMessage."""
    return _face().fragment("bubble.html", language, one=_shown(message), rcs=True)


def document(
    message: Mapping[str, JsonValue] | str, language: Language = "zh", theme: Literal["light", "dark"] = "light"
) -> str:
    """A page that needs no server: one message, as wide as the window. Raises ValidationError as `bubble` does.

    Its element `#shot` is what to take a picture of. Pictures in the message are fetched by the browser.
    """
    styles = Markup(_face().file("base.css") + _face().file("bubble.css"))  # noqa: S704 - our own files
    return _face().fragment("document.html", language, one=_shown(message), rcs=True, theme=theme, styles=styles)


def _shown(message: Mapping[str, JsonValue] | str) -> Shown:
    if isinstance(message, str):
        return Shown(item=Item(id=PREVIEW_ID, at=0, form="text", text=message))
    return Shown(item=Item(id=PREVIEW_ID, at=0, form="rbm", text="", rich=Content.model_validate(message)))


def face_of(images: tuple[str, ...] = ()) -> Face:
    """The handset's templates with what they filter by. images: origins that cards may show things from."""
    face = Face(FOLDER, "/handset", WORDS, images, frames=images)
    face.filter("linked", linked)
    face.filter("spaced", spaced)
    return face


_face = cache(face_of)


def linked(text: str) -> Markup:
    """Text with its addresses as links, as phones show them; everything else escaped."""
    out, end = Markup(), 0
    for found in _LINK.finditer(text):
        out += escape(text[end : found.start()])
        out += Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(found.group())
        end = found.end()
    return out + escape(text[end:])


def spaced(number: str) -> str:
    """An E.164 number in groups, as its country writes it; as it is when it belongs to none."""
    import phonenumbers  # noqa: PLC0415 - as in `bot.sealing`

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
