"""Messages as a carrier that takes the GSMA's JSON is given them (`cards.gsma`)."""

from __future__ import annotations

from pydantic import JsonValue

from cards.gsma import FILE, MESSAGE, SUGGESTIONS, TEXT

REPLY: JsonValue = {"reply": {"displayText": "接受", "postback": {"data": "ask:a1:affirm"}}}


def media(url: str, thumbnail: str = "", content_type: str = "image/jpeg", height: str = "MEDIUM") -> JsonValue:
    """A card's, of unknown size."""
    shown: dict[str, JsonValue] = {"mediaUrl": url, "mediaContentType": content_type, "mediaFileSize": 0}
    if thumbnail:
        shown |= {"thumbnailUrl": thumbnail, "thumbnailContentType": "image/jpeg", "thumbnailFileSize": 0}
    return {**shown, "height": f"{height}_HEIGHT"}


def card(chips: list[JsonValue] | None = None, **content: JsonValue) -> dict[str, JsonValue]:
    """One vertical card with these fields, and chips under it."""
    shown: JsonValue = {"layout": {"cardOrientation": "VERTICAL"}, "content": content}
    return _message(MESSAGE, {"message": {"generalPurposeCard": shown}}, chips)


def carousel(*contents: JsonValue) -> dict[str, JsonValue]:
    shown: JsonValue = {"layout": {"cardWidth": "MEDIUM_WIDTH"}, "content": [*contents]}
    return _message(MESSAGE, {"message": {"generalPurposeCardCarousel": shown}})


def words(text: str, chips: list[JsonValue]) -> dict[str, JsonValue]:
    return _message(TEXT, text, chips)


def file(url: str, thumbnail: str = "", content_type: str = "image/jpeg") -> dict[str, JsonValue]:
    """Of unknown size."""
    told: JsonValue = {"type": "file", "fileSize": 0, "contentType": content_type, "url": url}
    small: JsonValue = {"type": "thumbnail", "fileSize": 0, "contentType": "image/jpeg", "url": thumbnail}
    return _message(FILE, [small, told] if thumbnail else [told])


def _message(content_type: str, content: JsonValue, chips: list[JsonValue] | None = None) -> dict[str, JsonValue]:
    parts: list[JsonValue] = [{"contentType": content_type, "content": content}]
    if chips:
        parts.append({"contentType": SUGGESTIONS, "content": {"suggestions": chips}})
    return {"parts": parts}
