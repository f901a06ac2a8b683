"""Content to view: what each construct of RBM becomes on the phone, read from the HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from handset.constructs import ACTIONS, CONSTRUCTS, FILES, action, card, media
from pydantic import ValidationError

from bot.handset import bubble, document
from bot.handset.content import Content
from bot.handset.view import linked, spaced


class Elements(HTMLParser):
    """Every element as (tag, attributes), and whether each that was opened was closed."""

    VOID = frozenset({"img", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One that closes itself: only drawings have such."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def classed(self, *names: str) -> list[dict[str, str]]:
        return [attrs for _, attrs in self.found if set(names) <= set(attrs.get("class", "").split())]


def shown(message: dict[str, Any] | str) -> Elements:
    return Elements(bubble(message))


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_every_construct_is_one_whole_element(name: str) -> None:
    """Whatever RBM takes is drawn, well-formed, as one list item."""
    elements = shown(CONSTRUCTS[name])
    assert elements.found[0][0] == "li"
    assert not elements.open


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_every_suggestion_can_be_tapped_and_found_again(name: str) -> None:
    """Each suggestion is a button or link with its label; where it says it is, the content has it."""
    html = bubble(CONSTRUCTS[name])
    elements, content = Elements(html), Content.model_validate(CONSTRUCTS[name])
    replies = [one["data-postback"] for one in elements.classed("reply") if "data-postback" in one]
    spots = [one["data-spot"] for one in elements.classed("act")]
    assert replies == [one.reply.postback_data for _, one in content.spots() if one.reply]
    assert spots == [spot for spot, one in content.spots() if one.action]
    assert all(content.action(spot) for spot in spots)
    assert all(content.reply(postback) for postback in replies)
    assert all(one.text in html for _, one in content.spots())


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("text", ["bubble"]),
        ("offer", ["single", "vertical"]),
        ("horizontal_left", ["single", "horizontal", "left"]),
        ("horizontal_right", ["single", "horizontal", "right"]),
        ("carousel", ["track", "carousel", "medium"]),
        ("carousel_small", ["track", "carousel", "small"]),
        ("short", ["media", "short"]),
        ("offer", ["media", "medium"]),
        ("tall", ["media", "tall"]),
        ("text_with_chips", ["chips"]),
        ("uploaded", ["leaf", "away"]),
    ],
)
def test_layout(name: str, classes: list[str]) -> None:
    """Orientation, side, width and height are told by classes."""
    assert shown(CONSTRUCTS[name]).classed(*classes)


@pytest.mark.parametrize(
    ("name", "tag", "attribute", "file"),
    [
        ("image", "img", "src", "watch.svg"),
        ("video", "video", "src", "inspection.mp4"),
        ("video", "video", "poster", "watch.svg"),
        ("video_card", "video", "poster", "watch.svg"),
        ("audio", "audio", "src", "note.wav"),
        ("pdf", "a", "href", "report-3287.pdf"),
        ("pdf", "img", "src", "camera.svg"),
        ("pdf_card", "a", "href", "鉴定报告.pdf"),
    ],
)
def test_media(name: str, tag: str, attribute: str, file: str) -> None:
    """A file is shown as what it is, with its thumbnail."""
    found = [attrs.get(attribute) for one, attrs in shown(CONSTRUCTS[name]).found if one == tag]
    assert f"{FILES}/{file}" in found


def test_a_carousel_keeps_its_cards_and_their_buttons_apart() -> None:
    """Each card has its own suggestions, in order; the chips stand under all of them."""
    elements = shown(CONSTRUCTS["carousel"])
    assert len(elements.classed("card")) == 3
    assert [one["data-spot"] for one in elements.classed("act")] == ["chip.2"]
    assert len(elements.classed("buttons")) == 3


@pytest.mark.parametrize("does", ACTIONS)
def test_only_a_link_for_the_browser_leaves_the_page(does: str) -> None:
    """A browser link is a link to its address; every other action opens something of the phone's."""
    [one] = shown({"text": "?", "suggestions": [ACTIONS[does]]}).classed("act")
    assert (one.get("href") == f"{FILES}/page.html") == (does == "open")
    assert (one.get("aria-haspopup") == "dialog") == (does != "open")


def test_a_text_is_words() -> None:
    """A text is a bubble that says it is one."""
    assert 'class="bubble"' in bubble("【拾光寄售】回复1接受")
    assert "短信" in bubble("【拾光寄售】回复1接受")
    assert "Text message" in bubble("hello", "en")


def test_what_others_wrote_is_escaped_everywhere() -> None:
    """Markup in any field is text: labels, postbacks, addresses, names of files."""
    nasty = '"><script>x</script>'
    rich = {
        **card(
            {"title": nasty, "description": nasty, "suggestions": [{"reply": {"text": nasty, "postbackData": nasty}}]}
        ),
        "suggestions": [action("a", openUrlAction={"url": f"https://e.com/{nasty}"})],
    }
    files: list[dict[str, Any]] = [
        {"contentInfo": {"fileUrl": f"https://e.com/{nasty}{kind}"}} for kind in ("", ".mp4", ".mp3", ".pdf")
    ]
    messages: list[dict[str, Any] | str] = [nasty, rich, *files]
    for message in (*messages, card({"media": media("x.jpg", thumbnail=nasty)})):
        assert "<script" not in bubble(message)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "a", "colour": "red"},
        {"text": "a", "suggestions": [{"reply": {"text": "a", "postbackData": "p", "icon": "x"}}]},
        card({"title": "t"}, cardOrientation="HORIZONTAL"),
        {"text": "a", "suggestions": [action("a")]},
        {"text": "a", "suggestions": [action("a", dialAction={"phoneNumber": "+86138"}, shareLocationAction={})]},
        {"text": "a", "suggestions": [action("a", viewLocationAction={"label": "where"})]},
        {"text": "a", "suggestions": [action("a", openUrlAction={"url": "javascript:alert(1)"})]},
        {"text": "a", "suggestions": [ACTIONS["map"]] * 12},
        {"contentInfo": {"fileUrl": "data:text/html,x"}},
        {"contentInfo": {"fileUrl": "https://e.com/a"}, "uploadedRbmFile": {"fileName": "files/1"}},
        {"richCard": {"carouselCard": {"cardWidth": "SMALL", "cardContents": [{"media": media("a", "TALL")}] * 2}}},
        {"richCard": {"carouselCard": {"cardWidth": "SMALL", "cardContents": [{"title": "t"}] * 11}}},
    ],
)
def test_what_rbm_refuses_has_no_view(wrong: dict[str, Any]) -> None:
    """A contentMessage that Google turns down is turned down here."""
    with pytest.raises(ValidationError):
        bubble(wrong)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("看 https://a.example.com/x?y=1&z=2。谢谢", ["https://a.example.com/x?y=1&amp;z=2"]),
        ("(see http://b.example.com/a).", ["http://b.example.com/a"]),
        ("javascript:alert(1) ftp://x", []),
        ("https://a.example.com，https://b.example.com", ["https://a.example.com", "https://b.example.com"]),
    ],
)
def test_links_in_words(text: str, links: list[str]) -> None:
    """Addresses become links without the punctuation that follows them; nothing of the text is lost."""
    html = linked(text)
    assert re.findall(r'href="([^"]*)"', html) == links
    assert html.striptags() == text


def test_numbers_are_grouped() -> None:
    """A number reads as its country writes it."""
    assert spaced("+8613800138000") == "+86 138 0013 8000"
    assert spaced("+999") == "+999"


def test_a_document_needs_nothing_else() -> None:
    """The page around one bubble has its styles in it, names no file of ours, and takes either theme."""
    html = document(CONSTRUCTS["offer"], "en", "dark")
    assert 'data-theme="dark"' in html
    assert ".card {" in html
    assert 'id="shot"' in html
    assert "/handset/static" not in html
    assert "src=" not in html.partition("<body")[0]
