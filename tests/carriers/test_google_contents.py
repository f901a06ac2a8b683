"""What Google lets a message hold: every content, every suggestion, files that were uploaded."""

from __future__ import annotations

import pytest
from pydantic import JsonValue
from standins.google_rbm import GoogleRbmStandin
from standins.kit import sendable

from bot.carriers.base import Media, Uploads
from bot.carriers.google_rbm import GoogleRbm
from bot.carriers.http import Http
from bot.errors import SendError
from flows.values import replace

HALF: dict[str, JsonValue] = {"text": "一", "postbackData": "ask:a1:one"}
ACTIONS: list[dict[str, JsonValue]] = [
    {"openUrlAction": {"url": "https://shop.example/3287"}},
    {"openUrlAction": {"url": "https://shop.example", "application": "WEBVIEW", "webviewViewMode": "TALL"}},
    {"dialAction": {"phoneNumber": "+8613800138000"}},
    {"viewLocationAction": {"latLong": {"latitude": 31.23, "longitude": 121.47}, "label": "店"}},
    {"viewLocationAction": {"query": "上海"}},
    {"shareLocationAction": {}},
    {
        "createCalendarEventAction": {
            "startTime": "2030-03-14T00:00:00Z",
            "endTime": "2030-03-14T01:00:00Z",
            "title": "取件",
            "description": "带身份证",
        }
    },
]
SUGGESTIONS: list[JsonValue] = [{"reply": HALF}]
SUGGESTIONS += [{"action": {**HALF, **action}} for action in ACTIONS]
MEDIA: JsonValue = {"height": "MEDIUM", "contentInfo": {"fileUrl": "https://shop.example/3287.jpg"}}
CONTENTS: dict[str, dict[str, JsonValue]] = {
    "every suggestion": {"text": "?", "suggestions": SUGGESTIONS},
    "a carousel": {
        "richCard": {
            "carouselCard": {
                "cardWidth": "MEDIUM",
                "cardContents": [{"title": "A", "media": MEDIA, "suggestions": SUGGESTIONS[:4]}, {"description": "B"}],
            }
        }
    },
    "a horizontal card": {
        "richCard": {
            "standaloneCard": {
                "cardOrientation": "HORIZONTAL",
                "thumbnailImageAlignment": "LEFT",
                "cardContent": {"title": "T", "media": MEDIA},
            }
        }
    },
    "a file by its address": {"contentInfo": {"fileUrl": "https://shop.example/a.pdf", "forceRefresh": True}},
}


@pytest.mark.parametrize("name", CONTENTS)
async def test_every_content_is_taken(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http, name: str) -> None:
    """Every shape and suggestion Google documents goes through as it is."""
    await rbm.send(http, replace(sendable(), form="rbm", rich=CONTENTS[name]))
    assert google.sent[0].content == CONTENTS[name]
    assert not google.refused


async def test_an_uploaded_file_is_shown(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """A file is handed over under its own type, and its name there can be sent."""
    kept = await rbm.upload(http, Media("a.jpg", "image/jpeg", b"\xff\xd8\xff"))
    assert isinstance(rbm, Uploads)
    assert google.files == {kept.name: ("image/jpeg", b"\xff\xd8\xff")}
    assert (kept.content_type, kept.size) == ("image/jpeg", 3)
    await rbm.send(http, replace(sendable(), form="rbm", rich={"uploadedRbmFile": {"fileName": kept.name}}))
    assert len(google.sent) == 1
    with pytest.raises(SendError, match="INVALID_ARGUMENT"):
        await rbm.upload(http, Media("a.exe", "application/x-msdownload", b"MZ"))
