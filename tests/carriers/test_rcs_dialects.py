"""Cards in each provider's own JSON: every shipped card is taken, each feature has its golden, the rest is text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from standins.all import STANDINS
from standins.base import Standin
from standins.kit import sendable

from bot.carriers import build, infobip_rcs, rbm, sinch_rcs, vonage_rcs
from bot.carriers.http import Http
from bot.messages import AccountName
from flows.values import replace

TESTS = Path(__file__).parent.parent
DIALECTS = ("infobip", "sinch", "vonage")
SHIPPED = {
    str(path.relative_to(TESTS / "golden/cards")): json.loads(path.read_text())
    for path in sorted((TESTS / "golden/cards").glob("**/*.rbm.json"))
}
FEATURES: Mapping[str, Any] = json.loads((TESTS / "golden/rcs/features.rbm.json").read_text())
"""One contentMessage for each thing RBM can say."""

TRANSLATE = {
    "infobip": lambda rich: infobip_rcs.content(rbm.read(rich)),
    "sinch": lambda rich: sinch_rcs.content(rbm.read(rich)),
    "vonage": lambda rich: vonage_rcs.content(rich, "transaction"),
}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def taken(http: Http, dialect: str, *riches: Any, **extra: str) -> list[Any]:
    """What the provider took each of these as, under its own rules; "text" for a message that went as its text form."""
    provider: Standin
    async with STANDINS[dialect]() as provider:
        carrier = build(AccountName("acc"), provider.table(**extra))
        for rich in riches:
            await carrier.send(http, replace(sendable("text"), form="rbm", rich=rich))
        assert not provider.refused
        return [sent.content for sent in provider.sent]


async def test_every_shipped_card_is_taken(http: Http, dialect: str) -> None:
    """As a card, within the provider's limits; none has to go as its text form."""
    assert len(SHIPPED) > 20
    extra = {"fallback_url": "https://example.com/"} if dialect == "sinch" else {}
    for card, content in zip(SHIPPED, await taken(http, dialect, *SHIPPED.values(), **extra), strict=True):
        assert content != "text", card


@pytest.mark.parametrize("feature", FEATURES)
async def test_a_feature_in_its_dialect(http: Http, dialect: str, feature: str, update: bool) -> None:
    """Each suggestion, layout and medium has a golden, and the provider takes it; null is what it cannot say."""
    try:
        said = TRANSLATE[dialect](FEATURES[feature])
    except rbm.Unsayable:
        said = None
    golden = TESTS / f"golden/rcs/{dialect}.json"
    goldens = json.loads(golden.read_text()) if golden.exists() else {}
    if update:
        goldens = {name: goldens.get(name) for name in FEATURES} | {feature: said}
        golden.write_text(json.dumps(goldens, ensure_ascii=False, indent=1) + "\n")
    assert said == goldens[feature]
    [content] = await taken(http, dialect, FEATURES[feature])
    assert (content == "text") is (said is None)


@pytest.mark.parametrize(
    "rich",
    [
        {},
        {"richCard": {}},
        {"richCard": {"standaloneCard": {"cardContent": {}}}},
        {"text": "?", "suggestions": [{}]},
        {"text": "?", "suggestions": [{"action": {"text": "x", "postbackData": "y"}}]},
        {"text": "?", "suggestions": 7},
        {"contentInfo": {}},
        {"uploadedRbmFile": {"fileName": "f"}},
        {"richCard": 7},
    ],
)
def test_another_shape_is_unsayable(rich: Any) -> None:
    """What is no contentMessage, or names a file that only Google has, is never half translated."""
    with pytest.raises(rbm.Unsayable):
        rbm.read(rich)


@pytest.mark.parametrize("dialect", ["infobip", "sinch"], indirect=True)
async def test_what_cannot_be_said_goes_as_its_text_form(http: Http, dialect: str) -> None:
    """Over RCS too, with the choices by number."""
    action = {"text": "Map", "postbackData": "m", "viewLocationAction": {"query": "cafés nearby"}}
    assert await taken(http, dialect, {"text": "Where?", "suggestions": [{"action": action}]}) == ["text"]


async def test_more_choices_than_sinch_takes_go_by_number(http: Http) -> None:
    """Ten are shown, eleven are written out; none is left out."""
    chips = [{"reply": {"text": str(n), "postbackData": f"ask:a:{n}"}} for n in range(11)]
    [ten, eleven] = await taken(http, "sinch", *({"text": "?", "suggestions": chips[:most]} for most in (10, 11)))
    assert len(ten["choice_message"]["choices"]) == 10
    assert eleven == "text"


async def test_what_vonage_has_no_words_for_goes_through_it(http: Http) -> None:
    """A card without a picture is RBM, as it is."""
    card = {"cardOrientation": "VERTICAL", "cardContent": {"title": "有人出价"}}
    rich = {"richCard": {"standaloneCard": card}}
    assert await taken(http, "vonage", rich) == [rich]
