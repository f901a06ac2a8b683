"""The parts of a GSMA message: what a platform is told of files, and what goes without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from standins.gsma_rules import RULES
from standins.kit import sendable
from support import gsma as written

from bot.carriers.base import Uploaded
from bot.carriers.gsma import FILE, TEXT, Files, Part, addresses, parts, without_media
from flows.values import JsonValue, replace

FILES = Files(media_size=51_200, thumbnail_size=9_000)
PICTURE, SMALL = "https://f.example/a.jpg", "https://f.example/t.jpg"
GOLDEN = Path(__file__).parent.parent / "golden" / "cards"
CARDS = sorted(GOLDEN.rglob("*.gsma.json"))


def of(rich: dict[str, Any], text: str = "the text form") -> tuple[Part, ...]:
    return parts(replace(sendable(text), form="rbm", rich=rich))


@pytest.mark.parametrize("golden", CARDS, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_every_shipped_card_is_one_a_platform_takes(golden: Path) -> None:
    """With its files told; nothing else is changed."""
    given = json.loads(golden.read_text())
    told = FILES.told(of({"parts": given}))
    for part in told:
        RULES[part.content_type].validate_python(part.content)
    assert [part.content_type for part in told] == [one["contentType"] for one in given]


def test_words_are_sent_as_words() -> None:
    """A text is one part, and no longer than a platform takes it."""
    assert parts(sendable("x" * 2_001)) == (Part(TEXT, "x" * 2_000),)


def test_a_file_nobody_knows_is_told_with_the_accounts_sizes() -> None:
    """A size that the card says is kept."""
    [card] = FILES.told(of(written.card(title="t", media=written.media(PICTURE, SMALL))))
    shown: Any = card.content
    media = shown["message"]["generalPurposeCard"]["content"]["media"]
    assert (media["mediaFileSize"], media["thumbnailFileSize"]) == (51_200, 9_000)
    [part] = FILES.told(of(written.file(PICTURE, SMALL)))
    assert [one["fileSize"] for one in part.content] == [9_000, 51_200]  # type: ignore[union-attr, index, call-overload]
    known: Any = written.media(PICTURE)
    [card] = FILES.told(of(written.card(title="t", media={**known, "mediaFileSize": 7})))
    assert '"mediaFileSize": 7' in json.dumps(card.content)


def test_what_was_uploaded_is_told_as_the_platform_has_it() -> None:
    """Under the platform's address, with its true type and size."""
    there = replace(FILES, uploads={PICTURE: Uploaded("https://p.example/1", "image/png", 12)})
    [part] = there.told(of(written.file(PICTURE, SMALL)))
    assert part.content == [
        {"type": "thumbnail", "fileSize": 9_000, "contentType": "image/jpeg", "url": SMALL},
        {"type": "file", "fileSize": 12, "contentType": "image/png", "url": "https://p.example/1"},
    ]


def test_every_file_is_found() -> None:
    """Of each card, and its thumbnail; a link to a page is none."""
    link: JsonValue = {
        "action": {"displayText": "x", "postback": {"data": "x"}, "urlAction": {"openUrl": {"url": "https://x"}}}
    }
    both: list[JsonValue] = [
        {"title": "a", "media": written.media(PICTURE, SMALL), "suggestions": [link]},
        {"title": "b", "media": written.media("https://f.example/b.jpg")},
    ]
    assert [*addresses(of(written.carousel(*both)))] == [PICTURE, SMALL, "https://f.example/b.jpg"]
    assert [*addresses(of(written.words("hello", [link])))] == []


def test_a_message_can_go_without_what_it_shows() -> None:
    """A card without its picture; in place of a file its words."""
    said = of(written.card(title="t", media=written.media(PICTURE)))
    assert without_media(said, "text") == of(written.card(title="t"))
    assert without_media(of(written.file(PICTURE)), "text") == (Part(TEXT, "text"),)
    assert of(written.file(PICTURE))[0].content_type == FILE
