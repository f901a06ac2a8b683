"""The carrier's side: what the real sandbox carrier gets from the network."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from handset.constructs import CONSTRUCTS
from handset.stage import CHEN, KEY, LIN, OFFER, OFFER_TEXT, Stage
from pydantic import ValidationError
from standins.sandbox import SandboxStandin

from bot.errors import SendError
from bot.handset.content import Content
from bot.handset.network import Message
from bot.handset.suggestions import COMPOSE
from bot.serve import handset_config
from bot.settings import load


async def test_a_card_is_taken_and_shown(stage: Stage) -> None:
    """A card the carrier sent is on the phone, with its words and buttons."""
    message, accepted = await stage.send(OFFER)
    page = await stage.page()
    assert accepted.provider_id == f"hs-{message}"
    assert all(
        words in page for words in ("有人出价 ¥15,200", "接受", "查看商品", "https://shop.example.com/items/3287")
    )


async def test_the_same_id_is_taken_once(stage: Stage) -> None:
    """A repeat of a send is accepted like the first and shown no second time."""
    message, first = await stage.send(text="只说一次")
    _, second = await stage.send(text="只说一次", id_=message)
    assert first == second
    assert (await stage.page()).count(f'id="m-{message}"') == 1


def test_a_handset_may_refuse_to_compose() -> None:
    """Google's reference does not name composeAction: whether it is taken is a setting, as is how long typing shows."""
    compose = {"composeTextMessage": {"phoneNumber": "+8613900139000", "text": "看看这个"}}
    action = {"text": "发给朋友", "postbackData": "x", "composeAction": compose}
    rich = {"text": "?", "suggestions": [{"action": action}]}
    said = json.dumps({"id": "m", "to": LIN, "kind": "conversation", "form": "rbm", "rich": rich})
    assert Message.model_validate_json(said, context={COMPOSE: True}).rich
    with pytest.raises(ValidationError, match="composeAction is not known here"):
        Message.model_validate_json(said, context={COMPOSE: False})
    account = SandboxStandin().table()
    config = handset_config(
        load(handset=True, handset_compose=False, handset_typing_s=5, accounts={"sandbox": account})
    )
    assert config is not None
    assert (config.compose, config.typing_s) == (False, 5)


async def test_rcs_off_refuses_cards_and_takes_texts(stage: Stage) -> None:
    """With RCS off a card is refused as not_rcs; the text goes; the capability says the same."""
    assert (await stage.carrier.capability(stage.providers, LIN)).rich  # type: ignore[union-attr]
    await stage.act("rcs", on="0")
    with pytest.raises(SendError) as refused:
        await stage.send(OFFER)
    assert refused.value.not_rcs
    await stage.send()
    capability = await stage.carrier.capability(stage.providers, LIN)
    assert capability is not None
    assert not capability.rich
    assert (await stage.carrier.capability(stage.providers, CHEN)).rich  # type: ignore[union-attr]


async def test_without_rcs_a_card_reads_as_its_text(stage: Stage) -> None:
    """Switching RCS off shows the question that came as a card in the words it has as a text."""
    message, _ = await stage.send(OFFER)
    assert OFFER_TEXT not in _bubble(await stage.page(), message)
    await stage.act("rcs", on="0")
    page = await stage.page()
    assert OFFER_TEXT in _bubble(page, message)
    assert 'class="card"' not in page


def _bubble(page: str, message: str) -> str:
    """What stands in the conversation for one message."""
    return page.partition(f'id="m-{message}"')[2].partition("</li>")[0]


async def test_a_card_has_its_words_beside_it(stage: Stage) -> None:
    """The conversation without RCS holds the same message in the words it has as a text."""
    message, _ = await stage.send(OFFER)
    page = await stage.page()
    assert OFFER_TEXT in page.partition(f'id="t-{message}"')[2].partition("</li>")[0]


@pytest.mark.parametrize("name", CONSTRUCTS)
async def test_every_construct_is_taken(stage: Stage, name: str) -> None:
    """What RBM takes is taken, kept and drawn again from what was kept."""
    message, _ = await stage.send(CONSTRUCTS[name])
    kept = await stage.phones.item(stage.lin, message)
    assert kept is not None
    assert kept.item.rich == Content.model_validate(CONSTRUCTS[name])
    assert f'id="m-{message}"' in await stage.page()


def _with(change: dict[str, Any]) -> dict[str, Any]:
    """The offer with something in its card content changed."""
    rich = copy.deepcopy(OFFER)
    rich["richCard"]["standaloneCard"]["cardContent"] |= change
    return rich


@pytest.mark.parametrize(
    ("rich", "field"),
    [
        (_with({"title": "长" * 201}), "title"),
        (_with({"suggestions": [{"reply": {"text": "超" * 26, "postbackData": "p"}}]}), "suggestions.0.reply.text"),
        (_with({"suggestions": [{"reply": {"text": "好", "postbackData": "p"}}] * 5}), "suggestions"),
        (_with({"media": {"height": "MEDIUM", "contentInfo": {"fileUrl": "javascript:alert(1)"}}}), "fileUrl"),
        ({"richCard": {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": [{"title": "一张"}]}}}, "cardContents"),
        ({"text": "两样", **OFFER}, "rich"),
    ],
)
async def test_what_rbm_would_refuse_is_refused(stage: Stage, rich: dict[str, Any], field: str) -> None:
    """A card beyond RBM's limits is a permanent error to the carrier, and the answer names the field."""
    with pytest.raises(SendError) as refused:
        await stage.send(rich)
    assert not refused.value.retryable
    assert not refused.value.unknown
    message = {"id": "m", "to": LIN, "kind": "transactional", "form": "rbm", "text": "", "rich": rich, "ttl_s": None}
    headers = {"Authorization": f"Bearer {KEY}"}
    async with stage.http.post(f"{stage.url}/handset/network/messages", json=message, headers=headers) as answer:
        assert field in (await answer.json())["error"]


async def test_a_wrong_key_is_refused(stage: Stage) -> None:
    """Every call of the carrier's side needs the account's key."""
    base = f"{stage.url}/handset/network"
    calls = [("POST", "/messages"), ("POST", "/events"), ("GET", "/capabilities?number=x")]
    for method, path in (*calls, ("DELETE", "/messages/m?number=x")):
        async with stage.http.request(method, base + path, headers={"Authorization": f"Bearer {KEY}x"}) as answer:
            assert answer.status == 401


async def test_recall_before_the_phone_is_on(stage: Stage) -> None:
    """A message that waits for the phone can be taken back, and is never shown."""
    message, _ = await stage.send(OFFER)
    assert await stage.carrier.recall(stage.providers, LIN, message) == "revoked"
    assert f'id="m-{message}" class="item in gone"' in await stage.page()
    assert await stage.carrier.recall(stage.providers, LIN, message) == "revoked"


async def test_recall_after_delivery(stage: Stage) -> None:
    """A message the phone has cannot be taken back."""
    message, _ = await stage.send(OFFER)
    await stage.phones.mark(stage.lin, message, "delivered")
    assert await stage.carrier.recall(stage.providers, LIN, message) == "delivered"


async def test_recall_of_what_never_came(stage: Stage) -> None:
    """An id the network has not seen is not_found."""
    message, _ = await stage.send(OFFER)
    assert await stage.carrier.recall(stage.providers, CHEN, message) == "not_found"


async def test_a_phone_keeps_a_bounded_number_of_items(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest items and what became of them go when there are too many."""
    monkeypatch.setattr("bot.handset.phones.KEPT", 3)
    sent = [(await stage.send(text=f"第{n}条"))[0] for n in range(3)]
    for message in sent:
        await stage.phones.mark(stage.lin, message, "delivered")
    newest, _ = await stage.send(text="第3条")
    assert [shown.item.id for shown in await stage.phones.items(stage.lin)] == [*sent[1:], newest]
    assert await stage.redis.hlen(f"handset:{{{stage.lin}}}:marks") == 2


async def test_the_bot_reads_and_types(stage: Stage) -> None:
    """READ marks the person's own message, never the bot's; IS_TYPING reaches an open page and is not kept as news."""
    await stage.act("say", text="在吗")
    own = (await stage.phones.items(stage.lin))[0].item.id
    card, _ = await stage.send(OFFER)
    seen = stage.watch()
    typing = asyncio.create_task(anext(seen))
    for message in (own, card):
        await stage.carrier.tell(stage.providers, LIN, "READ", message)
    marks = {shown.item.id: shown.marks for shown in await stage.phones.items(stage.lin)}
    assert "seen" in marks[own]
    assert "seen" not in marks[card]
    while (await asyncio.wait_for(typing, 20)).name != "bubble":
        typing = asyncio.create_task(anext(seen))
    await stage.carrier.tell(stage.providers, LIN, "IS_TYPING")
    assert (await asyncio.wait_for(anext(seen), 20)).name == "typing"


async def test_a_phone_without_rcs_is_told_no_events(stage: Stage) -> None:
    """Typing and reading are things of RCS."""
    await stage.act("rcs", on="0")
    with pytest.raises(SendError) as refused:
        await stage.carrier.tell(stage.providers, LIN, "IS_TYPING")
    assert refused.value.not_rcs


async def test_no_key_holds_a_number(stage: Stage) -> None:
    """Keys name phones by a keyed hash."""
    await stage.send(OFFER)
    await stage.act("say", text="Y")
    names = [key.decode() async for key in stage.redis.scan_iter()]
    assert any(stage.lin in name for name in names)
    assert not any(LIN[-8:] in name for name in names)
