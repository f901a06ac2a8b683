"""RBM's contentMessage in the GSMA's words: what is said, what is left out, and that nothing makes it fail."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from standins.gsma_rules import RULES

from bot.carriers.gsma import CARD, CHIPS, FILE, TEXT, Part, Unsaid, content_type, parts

UNSAID = Unsaid(media_size=51_200, thumbnail_size=9_000, content_type="image/jpeg")
YES: JsonValue = {"reply": {"text": "Yes", "postbackData": "y"}}
GSMA_YES: JsonValue = {"reply": {"displayText": "Yes", "postback": {"data": "y"}}}


def said(rich: dict[str, JsonValue], text: str = "the text form") -> tuple[Part, ...]:
    made = parts(rich, text, UNSAID)
    for part in made:
        RULES[part.content_type].validate_python(part.content)
    return made


def card(content: JsonValue, **layout: JsonValue) -> dict[str, JsonValue]:
    return {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", **layout, "cardContent": content}}}


def carousel(width: str, *contents: JsonValue) -> dict[str, JsonValue]:
    return {"richCard": {"carouselCard": {"cardWidth": width, "cardContents": [*contents]}}}


def panels(made: tuple[Part, ...]) -> Any:
    content: Any = made[0].content
    return content["message"]["generalPurposeCardCarousel"]["content"]


def test_words_with_chips() -> None:
    """Words are one part, their chips the next (1.4)."""
    assert said({"text": "hello", "suggestions": [YES]}) == (
        Part(TEXT, "hello"),
        Part(CHIPS, {"suggestions": [GSMA_YES]}),
    )


def test_the_documented_card() -> None:
    """The sheet's own single card (1.2), but for what RBM does not say."""
    info: JsonValue = {"fileUrl": "https://f.example/a.jpg", "thumbnailUrl": "https://f.example/t.jpg"}
    content: JsonValue = {
        "media": {"height": "MEDIUM", "contentInfo": info},
        "title": "New shoes",
        "description": "Only today",
        "suggestions": [{"reply": {"text": "More", "postbackData": "more:1"}}],
    }
    [made] = said(card(content, cardOrientation="HORIZONTAL", thumbnailImageAlignment="LEFT"))
    assert made == Part(
        CARD,
        {
            "message": {
                "generalPurposeCard": {
                    "layout": {"cardOrientation": "HORIZONTAL", "imageAlignment": "LEFT"},
                    "content": {
                        "media": {
                            "mediaUrl": "https://f.example/a.jpg",
                            "mediaContentType": "image/jpeg",
                            "mediaFileSize": 51200,
                            "thumbnailUrl": "https://f.example/t.jpg",
                            "thumbnailContentType": "image/jpeg",
                            "thumbnailFileSize": 9000,
                            "height": "MEDIUM_HEIGHT",
                        },
                        "title": "New shoes",
                        "description": "Only today",
                        "suggestions": [{"reply": {"displayText": "More", "postback": {"data": "more:1"}}}],
                    },
                }
            }
        },
    )


def test_a_vertical_card_has_no_alignment() -> None:
    """imageAlignment is not defined for it (1.2)."""
    [made] = said(card({"title": "T"}, thumbnailImageAlignment="LEFT"))
    content: Any = made.content
    assert content["message"]["generalPurposeCard"]["layout"] == {"cardOrientation": "VERTICAL"}


def test_a_carousel() -> None:
    """Two to twelve cards; a small one shows nothing tall (1.3)."""
    tall: JsonValue = {"media": {"height": "TALL", "contentInfo": {"fileUrl": "https://f.example/a.mp4"}}}
    [small, _] = panels(said(carousel("SMALL", tall, {"title": "B"})))
    [medium, _] = panels(said(carousel("MEDIUM", tall, {"title": "B"})))
    assert (small["media"]["height"], medium["media"]["height"]) == ("MEDIUM_HEIGHT", "TALL_HEIGHT")
    assert small["media"]["mediaContentType"] == "video/mp4"
    many: list[JsonValue] = [{"title": str(n)} for n in range(15)]
    assert len(panels(said(carousel("SMALL", *many)))) == 12


def test_a_carousel_of_one_is_a_card() -> None:
    """Of which the others cannot be said at all."""
    [made] = said(carousel("SMALL", {"title": "A"}, {"media": {"uploadedRbmFile": {"fileName": "files/1"}}}))
    content: Any = made.content
    assert content["message"]["generalPurposeCard"]["content"] == {"title": "A"}


@pytest.mark.parametrize(
    ("action", "gsma"),
    [
        (
            {"openUrlAction": {"url": "https://example.com", "description": "left out"}},
            {"urlAction": {"openUrl": {"url": "https://example.com", "application": "browser"}}},
        ),
        (
            {"openUrlAction": {"url": "https://e.example", "application": "WEBVIEW", "webviewViewMode": "HALF"}},
            {"urlAction": {"openUrl": {"url": "https://e.example", "application": "webview", "viewMode": "half"}}},
        ),
        (
            {"dialAction": {"phoneNumber": "+8613800000000"}, "fallbackUrl": "https://e.example"},
            {
                "dialerAction": {
                    "dialPhoneNumber": {"phoneNumber": "+8613800000000", "fallbackUrl": "https://e.example"}
                }
            },
        ),
        (
            {"viewLocationAction": {"latLong": {"latitude": 31.2, "longitude": 121}, "label": "店" * 120}},
            {
                "mapAction": {
                    "showLocation": {"location": {"latitude": 31.2, "longitude": 121, "label": "店" * 99 + "…"}}
                }
            },
        ),
        ({"viewLocationAction": {"query": "q"}}, {"mapAction": {"showLocation": {"location": {"query": "q"}}}}),
        ({"shareLocationAction": {}}, {"mapAction": {"requestLocationPush": {}}}),
        (
            {"createCalendarEventAction": {"startTime": "s", "endTime": "e", "title": "Sale", "description": ""}},
            {"calendarAction": {"createCalendarEvent": {"startTime": "s", "endTime": "e", "title": "Sale"}}},
        ),
    ],
)
def test_every_action(action: dict[str, JsonValue], gsma: JsonValue) -> None:
    """Each kind RBM has, in the GSMA's words (1.4)."""
    suggestion: JsonValue = {"action": {"text": "按", "postbackData": "u", **action}}
    [_, chips] = said({"text": "?", "suggestions": [suggestion]})
    content: Any = chips.content
    assert content["suggestions"] == [{"action": {"displayText": "按", "postback": {"data": "u"}, **gsma}}]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "suggestion",
    [
        {"action": {"text": "Pay", "postbackData": "p", "paymentRequestAction": {"amount": 1}}},
        {"action": {"text": "Compose", "postbackData": "p", "composeAction": {}}},
        {"action": {"text": "Where", "postbackData": "p", "viewLocationAction": {"label": "nowhere"}}},
        {"action": {"text": "When", "postbackData": "p", "createCalendarEventAction": {"title": "no times"}}},
        {"reply": {"postbackData": "no label"}},
    ],
)
def test_a_button_that_cannot_be_said_is_left_out(suggestion: JsonValue) -> None:
    """Its neighbours stay."""
    [_, chips] = said({"text": "?", "suggestions": [suggestion, YES]})
    assert chips.content == {"suggestions": [GSMA_YES]}
    assert said({"text": "?", "suggestions": [suggestion]}) == (Part(TEXT, "?"),)


def test_no_more_buttons_than_fit() -> None:
    """Eleven chips, four buttons in a card (1.4)."""
    [made, chips] = said({**card({"title": "T", "suggestions": [YES] * 9}), "suggestions": [YES] * 19})
    content: Any = made.content
    under: Any = chips.content
    assert len(content["message"]["generalPurposeCard"]["content"]["suggestions"]) == 4
    assert len(under["suggestions"]) == 11


def test_a_file_by_its_address() -> None:
    """A media message is a file, its thumbnail first; sizes are optional there (1.7)."""
    info: JsonValue = {"fileUrl": "https://f.example/a", "thumbnailUrl": "https://f.example/T.PNG?x=1"}
    assert said({"contentInfo": info}) == (
        Part(
            FILE,
            [
                {"type": "thumbnail", "contentType": "image/png", "url": "https://f.example/T.PNG?x=1"},
                {"type": "file", "url": "https://f.example/a"},
            ],
        ),
    )


@pytest.mark.parametrize("rich", [{}, {"uploadedRbmFile": {"fileName": "files/1"}}, card({"media": {}}), {"text": ""}])
def test_what_cannot_be_said_is_said_as_text(rich: dict[str, JsonValue]) -> None:
    """The message's text form stands in for it, with the chips it has."""
    assert said({**rich, "suggestions": [YES]})[0] == Part(TEXT, "the text form")


def test_a_long_text_is_cut() -> None:
    """RBM takes 3072 characters, GSMA 2000 (1b.3)."""
    [made] = said({"text": "长" * 3_072})
    assert made.content == "长" * 1_999 + "…"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://f.example/a.JPG", "image/jpeg"),
        ("https://f.example/a.b.mp4?token=x.png", "video/mp4"),
        ("https://f.example/jpg", ""),
        ("https://f.example/", ""),
        ("https://[", ""),
    ],
)
def test_a_type_by_its_ending(url: str, kind: str) -> None:
    """What has no known ending takes the account's default."""
    assert content_type(url) == kind


WORDS = st.text(min_size=1, max_size=30)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def or_any(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return strategy | ANY


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these fields, each as documented or as anything at all."""
    return st.fixed_dictionaries({}, optional={name: or_any(value) for name, value in fields.items()})


LABELS = st.text(min_size=1, max_size=25)
URLS = st.sampled_from(["https://f.example/a.jpg", "http://f.example/b"])
ACTION = objects(
    text=LABELS,
    postbackData=WORDS,
    fallbackUrl=URLS,
    openUrlAction=objects(
        url=URLS, application=st.sampled_from(["BROWSER", "WEBVIEW"]), webviewViewMode=st.sampled_from(["FULL", "?"])
    ),
    dialAction=objects(phoneNumber=WORDS),
    viewLocationAction=objects(
        latLong=objects(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)), label=WORDS, query=WORDS
    ),
    shareLocationAction=st.just({}),
    createCalendarEventAction=objects(startTime=WORDS, endTime=WORDS, title=WORDS, description=WORDS),
)
SUGGESTIONS = st.lists(objects(reply=objects(text=LABELS, postbackData=WORDS), action=ACTION), max_size=13)
PANEL = objects(
    title=st.text(max_size=250),
    description=WORDS,
    suggestions=SUGGESTIONS,
    media=objects(
        height=st.sampled_from(["SHORT", "MEDIUM", "TALL", "?"]), contentInfo=objects(fileUrl=URLS, thumbnailUrl=URLS)
    ),
)
RICH = objects(
    text=st.text(max_size=40),
    contentInfo=objects(fileUrl=URLS, thumbnailUrl=URLS),
    suggestions=SUGGESTIONS,
    richCard=objects(
        standaloneCard=objects(
            cardOrientation=st.sampled_from(["HORIZONTAL", "VERTICAL"]),
            thumbnailImageAlignment=st.sampled_from(["LEFT", "RIGHT"]),
            cardContent=PANEL,
        ),
        carouselCard=objects(cardWidth=st.sampled_from(["SMALL", "MEDIUM"]), cardContents=st.lists(PANEL, max_size=14)),
    ),
)


@settings(deadline=None, max_examples=300)  # the machine may be busy
@given(rich=RICH)
def test_whatever_comes_the_gsma_takes_it(rich: dict[str, Any]) -> None:
    """Any mixture of documented and other fields becomes content within every rule and limit."""
    said(rich)
