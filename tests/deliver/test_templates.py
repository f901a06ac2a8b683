"""Registered texts: asked about, kept in the store, and nothing unapproved is sent where only approved ones may go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from deliver.test_sender import QUICK, World, sending, world
from flow_world import shipped_cards
from pydantic import JsonValue
from standins.aliyun import AliyunStandin
from standins.yunpian import YunpianStandin
from support.bot import ANNE, BO, commit, settings, telling
from yarl import URL

from bot import keys
from bot import templates as command
from bot.carriers.http import Answer, Http, NotConnected, Timeouts
from bot.deliver import templates
from bot.deliver.templates import Registration, Reviews, Takes, registration
from bot.errors import ConfigError, SendError
from bot.messages import AccountName, TemplateUse
from cards.model import Card
from cards.registered import Review, fingerprint

ALIYUN = AccountName("aliyun")
CARD = "orders/shipped"
ITEM: dict[str, JsonValue] = {
    "code": "3287",
    "category": "腕表",
    "name": "Aurel",
    "photo": "https://img.example.com/3287.jpg",
    "url": "https://shop.example.com/items/3287",
}
DATA: dict[str, JsonValue] = {
    "order_id": "R-5",
    "item": ITEM,
    "carrier_name": "顺丰",
    "tracking": "SF1",
}
SOURCE = shipped_cards().template(CARD, "zh").templates[ALIYUN].source
USE = TemplateUse(SOURCE.code, {"item": "腕表（编号#3287）", "carrier": "顺丰", "number": "SF1"})
APPROVED = Review("approved", fingerprint(SOURCE.text))


def card(name: str = CARD) -> Card:
    return shipped_cards().render(name, "zh", DATA if name == CARD else {}, zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("review", "barred"),
    [
        (APPROVED, ""),
        (None, "was not submitted"),
        (Review("submitted", APPROVED.fingerprint), "is under review"),
        (Review("rejected", APPROVED.fingerprint, "涉及营销"), "was rejected: 涉及营销"),
        (Review("approved", fingerprint("another text")), "changed since it was approved"),
    ],
)
@pytest.mark.parametrize("takes", ["approved", "either"])
def test_what_may_be_sent_with(review: Review | None, barred: str, takes: Takes) -> None:
    """The approved text as it was approved; else nothing, or free words where the provider takes them."""
    known, needed = {ALIYUN: {SOURCE.code: review} if review else {}}, takes == "approved"
    found = registration(shipped_cards(), card(), ALIYUN, known, takes=takes, marketing=False)
    if barred:
        assert (found.use, bool(found.barred)) == (None, needed)
        assert barred in found.barred or not needed
    else:
        assert found.use == USE


def test_a_card_without_a_template_cannot_go_where_one_is_needed() -> None:
    """Elsewhere it goes as it is."""
    cards, thanks = shipped_cards(), card("service/thanks")
    assert registration(cards, thanks, ALIYUN, {}, takes="either", marketing=False) == Registration()
    assert "names no template" in registration(cards, thanks, ALIYUN, {}, takes="approved", marketing=False).barred


def test_a_provider_that_reviews_nothing_gets_the_template_the_card_names() -> None:
    """As Twilio's content templates: there is nobody to ask."""
    found = registration(shipped_cards(), card(), ALIYUN, {}, takes="named", marketing=False)
    assert found == Registration(USE)


# ---------------------------------------------------------------- sent


@pytest.fixture
async def aliyun() -> AsyncIterator[AliyunStandin]:
    async with AliyunStandin() as standin:
        standin.templates[SOURCE.code] = SOURCE.text
        yield standin


@pytest.fixture
async def yunpian() -> AsyncIterator[YunpianStandin]:
    async with YunpianStandin() as standin:
        yield standin


@pytest.fixture
async def both(
    tmp_path: Path, store_url: str, aliyun: AliyunStandin, yunpian: YunpianStandin, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Aliyun, which nearly everything would go to, and Yunpian."""
    monkeypatch.setattr(templates, "REFRESH_S", 0.0)
    accounts = {"aliyun": aliyun.table(weight=100_000), "yunpian": yunpian.table(signature="叮咚")}
    async with world(tmp_path, store_url, accounts=accounts, sender=QUICK) as made:
        yield made


async def test_a_message_goes_where_its_text_is_approved(
    both: World, aliyun: AliyunStandin, yunpian: YunpianStandin
) -> None:
    """To Aliyun by the template, once it is; before, to who takes free words."""
    async with sending(both.rt):
        (before,) = await commit(both.rt, ANNE, telling(CARD, data=DATA))
        await both.ended(before, "sent")
        await Reviews(both.rt.store, ()).write(ALIYUN, SOURCE.code, APPROVED)
        (after,) = await commit(both.rt, BO, telling(CARD, data=DATA))
        await both.ended(after, "sent")
    assert [sent.id for sent in yunpian.sent] == [before]
    assert [sent.to for sent in aliyun.sent] == [BO]
    (attempt,) = await both.attempts(after)
    assert attempt["account"] == "aliyun"
    assert attempt["text"].endswith(aliyun.sent[0].content.rpartition("】")[2])


async def test_a_message_that_may_go_nowhere_says_why(tmp_path: Path, store_url: str, aliyun: AliyunStandin) -> None:
    """For staff: which account, which template, what became of it."""
    accounts = {"aliyun": aliyun.table()}
    async with world(tmp_path, store_url, accounts=accounts, sender=QUICK) as made, sending(made.rt):
        (message,) = await commit(made.rt, ANNE, telling(CARD, data=DATA))
        failed = await made.ended(message, "failed")
    assert failed["why"] == f"aliyun: template {SOURCE.code} was not submitted"
    assert aliyun.sent == []


# ---------------------------------------------------------------- asked


@pytest.fixture
def asked(
    tmp_path: Path, store_url: str, aliyun: AliyunStandin, yunpian: YunpianStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`bot templates` reads settings with these two accounts."""
    made = settings(tmp_path, aliyun, yunpian, redis_url=store_url, store={"shards": 2})
    monkeypatch.setattr(command, "load", lambda: made)


async def told(*, accept: bool = False) -> tuple[str, bool]:
    """The line of this card's template, and whether all may be used."""
    lines, usable = await command.status(accept=accept)
    (line,) = [line for line in lines if SOURCE.code in line]
    return line, usable


async def test_what_the_provider_says_is_shown_and_kept(asked: None, both: World, aliyun: AliyunStandin) -> None:
    """Approved, and its text remembered; another template of Aliyun's that it does not know is rejected."""
    line, usable = await told()
    assert line == f"aliyun       {SOURCE.code:16} {CARD} (zh): approved"
    assert not usable
    known = await Reviews(both.rt.store, ()).read(ALIYUN)
    assert known[SOURCE.code].status == "approved"
    assert known[SOURCE.code].fingerprint == APPROVED.fingerprint
    assert {review.status for review in known.values()} == {"approved", "rejected"}


async def test_signatures_are_asked_about_too(
    asked: None, aliyun: AliyunStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the provider says of each account's; where it does not answer, that."""
    lines, _ = await command.status(accept=False)
    assert "aliyun       【叮咚】: approved" in lines
    assert not [line for line in lines if line.startswith("yunpian") and "【" in line]
    monkeypatch.setattr("standins.aliyun.SIGN", "别的")
    lines, _ = await command.status(accept=False)
    assert "aliyun       【叮咚】: rejected: 资质不符" in lines
    aliyun.key = "rotated-away"
    lines, _ = await command.status(accept=False)
    assert [line for line in lines if line.startswith("aliyun       【叮咚】: unknown: SignatureDoesNotMatch")]


async def test_a_text_that_changed_since_is_not_the_one_that_was_approved(asked: None, both: World) -> None:
    """Until somebody says that the provider reviewed the new one."""
    await Reviews(both.rt.store, ()).write(ALIYUN, SOURCE.code, Review("approved", fingerprint("before")))
    assert "changed since it was approved" in (await told())[0]
    assert "approved" in (await told(accept=True))[0]
    assert "changed" not in (await told())[0]


async def test_a_provider_that_does_not_answer_changes_nothing(asked: None, both: World, aliyun: AliyunStandin) -> None:
    """What was known before still holds."""
    await told()
    aliyun.key = "rotated-away"
    line, _ = await told()
    assert line.endswith("before: approved")
    assert (await Reviews(both.rt.store, ()).read(ALIYUN))[SOURCE.code].status == "approved"


async def test_a_text_is_submitted(asked: None, both: World, aliyun: AliyunStandin) -> None:
    """The provider's code is told, for the card; until it is approved nothing is sent with it."""
    said = await command.submit("aliyun", CARD, "zh", "发货通知")
    code = next(reversed(aliyun.templates))
    assert said == f"submitted to aliyun as {code}: write `code: {code}` into the card"
    assert aliyun.templates[code] == SOURCE.text
    kept = await both.rt.store.command("HGET", keys.templates("aliyun"), code)
    assert b'"submitted"' in kept


@pytest.mark.parametrize(
    ("account", "name", "problem"),
    [
        ("nobody", CARD, "those of aliyun, yunpian do"),
        ("aliyun", "service/thanks", "names no template"),
        ("aliyun", "no/such", "names no template"),
    ],
)
async def test_what_cannot_be_submitted_says_why(asked: None, account: str, name: str, problem: str) -> None:
    """And what to do."""
    with pytest.raises(ConfigError, match=problem):
        await command.submit(account, name, "zh", "about")


# ---------------------------------------------------------------- rich SMS


class Shop:
    """The addresses of pictures, and what is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer: Answer | Exception = Answer(200, {}, b"JPEG")
        self.asked: list[str] = []
        monkeypatch.setattr(Http, "fetch", self._fetch)

    async def _fetch(self, url: URL, timeouts: Timeouts, limit: int) -> Answer:
        self.asked.append(str(url))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(monkeypatch)


async def test_a_digital_sms_is_submitted_with_its_picture(
    asked: None, both: World, aliyun: AliyunStandin, shop: Shop
) -> None:
    """Aliyun takes the files themselves; the code it gives is told, and under review."""
    said = await command.submit("aliyun", "consignment/listed", "zh", "上架通知", rich=True)
    [(code, files)] = aliyun.digital.items()
    source = shipped_cards().template("consignment/listed", "zh").rich_sms["aliyun"].source
    assert files == {"1.jpg": b"JPEG", "2.txt": source.text.encode()}
    assert shop.asked == ["https://img.example.com/3287.jpg"]
    assert said == f"submitted to aliyun as {code}: write `code: {code}` into the card"
    kept = await both.rt.store.command("HGET", keys.templates("aliyun"), code)
    assert b'"submitted"' in kept


async def test_a_super_sms_is_submitted_as_a_zip(asked: None, both: World, yunpian: YunpianStandin, shop: Shop) -> None:
    """With the layout that shows its files in order; more than Yunpian takes is not sent."""
    said = await command.submit("yunpian", "consignment/sold", "zh", "售出通知", rich=True)
    [(code, files)] = yunpian.videos.items()
    assert [*files] == ["1.jpg", "2.txt"]
    assert f"as {code}" in said
    shop.answer = Answer(200, {}, bytes(1_800_000))
    with pytest.raises(SendError, match="1,800,000 bytes together"):
        await command.submit("yunpian", "consignment/sold", "zh", "售出通知", rich=True)
    assert len(yunpian.videos) == 1


@pytest.mark.parametrize(
    ("account", "name", "answer", "problem"),
    [
        ("aliyun", "consignment/sold", Answer(200, {}, b"JPEG"), "in its console only"),
        ("aliyun", "consignment/listed", Answer(404, {}, b""), "cannot be fetched: HTTP 404"),
        ("aliyun", "consignment/listed", NotConnected("OSError"), "cannot be fetched: OSError"),
        ("aliyun", CARD, Answer(200, {}, b"JPEG"), "write one under `rich_sms:`"),
        ("nobody", CARD, Answer(200, {}, b"JPEG"), "those of aliyun, yunpian do"),
    ],
)
async def test_what_rich_sms_cannot_be_submitted_says_why(
    asked: None, shop: Shop, account: str, name: str, answer: Answer | Exception, problem: str
) -> None:
    """Before anything reaches the provider."""
    shop.answer = answer
    with pytest.raises(ConfigError, match=problem):
        await command.submit(account, name, "zh", "about", rich=True)
