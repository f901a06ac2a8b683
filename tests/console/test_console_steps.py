"""Journal entries → steps, and what was sent → how it looked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from console.console_stage import CARD
from hypothesis import given
from hypothesis import strategies as st
from support.entries import attempt, out, recall, receipt, status, turn

from bot.console.previews import CardView, Preview, preview
from bot.console.timeline import OutStep, Timeline
from bot.record.answers import TimelineEntry, moment
from bot.record.journal import Entry, StatusWord

GOLDEN = Path(__file__).parents[1] / "golden" / "cards"


def entries(*given: Entry, position: int = 1) -> list[TimelineEntry]:
    return [TimelineEntry(position + n, 0, moment(n), entry) for n, entry in enumerate(given)]


def only(timeline: Timeline) -> OutStep:
    (step,) = timeline.steps
    assert isinstance(step, OutStep)
    return step


def test_everything_about_a_message_is_one_step() -> None:
    """Queue, attempts, statuses and receipts of an id gather in the place where it was queued."""
    timeline = Timeline(entries(out(), turn("in-9"), attempt(), status("sent"), receipt("delivered")))
    assert [step.id for step in timeline.steps] == ["out-m-1", "turn-in-9"]
    sent = timeline.steps[0]
    assert isinstance(sent, OutStep)
    assert [event.entry["t"] for event in sent.events] == ["attempt", "status", "receipt"]
    assert sent.text == "【叮咚】有买家出价¥15,200"


def test_more_of_the_journal_names_what_changed() -> None:
    """Adding entries tells which steps are new or not as they were, each once."""
    timeline = Timeline(entries(out(), out("m-2")))
    more = entries(attempt("m-2"), status("sent", "m-2"), turn("in-3"), position=10)
    assert [step.id for step in timeline.add(more)] == ["out-m-2", "turn-in-3"]
    assert timeline.position == 12


def test_a_message_queued_earlier_than_what_was_read_still_has_a_step() -> None:
    """Its later fate is shown though its beginning is on an older page."""
    step = only(Timeline(entries(receipt("delivered"))))
    assert (step.out, step.status) == (None, "delivered")


@pytest.mark.parametrize(
    ("events", "status_now"),
    [
        ([], "queued"),
        ([attempt()], "attempted"),
        ([attempt(), status("queued")], "queued"),
        ([attempt(), status("unknown"), receipt("delivered")], "delivered"),
        ([attempt(), receipt("delivered"), status("sent")], "delivered"),
        ([attempt(), receipt("read"), receipt("delivered")], "read"),
        ([attempt(), receipt("delivered"), receipt("read")], "read"),
        ([attempt(), status("sent"), receipt("failed", applied=False)], "sent"),
        ([attempt(), status("failed")], "failed"),
        ([attempt(), status("sent"), recall("asked")], "sent"),
        ([attempt(), status("sent"), recall("asked"), recall("revoked")], "revoked"),
        ([attempt(), status("sent"), recall("revoked"), receipt("delivered")], "delivered"),
    ],
)
def test_where_a_message_is(events: list[Entry], status_now: StatusWord) -> None:
    """The last word counts, but nothing takes a delivery back and a receipt that was not applied says nothing."""
    assert only(Timeline(entries(out(), *events))).status == status_now


def test_a_card_is_previewed() -> None:
    """Title, text, picture and labels of an RBM card."""
    content: dict[str, Any] = {**CARD, "suggestions": [{"action": {"text": "打开"}}]}
    assert preview(content) == Preview(
        cards=(CardView("有人出价 ¥15,200", "您寄售的腕表有买家出价。", "", ("接受",)),), chips=("打开",)
    )


def test_a_carousel_is_previewed_with_its_pictures() -> None:
    """Every card of it; a picture only from an http address."""
    cards: list[Any] = [_pictured("一", "https://a.example/b.svg"), _pictured("二", "javascript:x")]
    views = preview({"richCard": {"carouselCard": {"cardContents": cards}}}).cards
    assert [(view.title, view.image) for view in views] == [("一", "https://a.example/b.svg"), ("二", "")]


def test_a_file_is_previewed_by_its_name_and_its_picture() -> None:
    """RBM's and the GSMA's; a document has none."""
    film: Any = {"contentInfo": {"fileUrl": "https://a.example/film.mp4", "thumbnailUrl": "https://a.example/f.jpg"}}
    paper: Any = {"parts": [{"content": [{"type": "file", "url": "https://a.example/paper.pdf"}]}]}
    assert preview(film).cards == (CardView("film.mp4", "", "https://a.example/f.jpg", ()),)
    assert preview(paper).cards == (CardView("paper.pdf", "", "", ()),)


@pytest.mark.parametrize("golden", ["consignment/offer", "consignment/expiring_pick", "service/unclear"])
def test_the_same_card_looks_the_same_in_both_dialects(golden: str) -> None:
    """What a 5G message shows is drawn as what RCS shows."""
    path = GOLDEN / "zh" / golden
    rbm, gsma = (json.loads(path.with_name(f"{path.name}.{name}.json").read_text()) for name in ("rbm", "gsma"))
    assert preview({"parts": gsma}) == preview(rbm) != Preview()


def _pictured(title: str, url: str) -> dict[str, Any]:
    return {"title": title, "media": {"contentInfo": {"fileUrl": url}}}


NAMES = st.sampled_from(
    [
        "parts",
        "content",
        "message",
        "generalPurposeCard",
        "suggestions",
        "contentInfo",
        "text",
        "richCard",
        "standaloneCard",
        "cardContent",
        "carouselCard",
        "cardContents",
        "reply",
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_any_content_is_previewed_somehow(content: Any) -> None:
    """Content of any shape is drawn as far as it can be read, never an error."""
    assert isinstance(preview(content), Preview)
