"""Webhooks: what is refused changes nothing; what is answered 200 is in the store, once, with its good neighbours."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict, CIMultiDictProxy
from prometheus_client import REGISTRY
from receive.conftest import NEXT_KEY, NEXT_SECRET, Door
from standins.base import WEBHOOK_SECRET, Push
from standins.fivegmsg import APP, FivegmsgStandin
from standins.google_rbm import GoogleRbmStandin
from standins.sandbox import SandboxStandin
from standins.yunpian import _form
from structlog.testing import capture_logs
from support.bot import ANNE, BO, asking, commit, matching

from bot import keys
from bot.deliver.phones import remembered
from bot.messages import AccountName, Inbound
from bot.receive.inbox import inbound_stimulus
from bot.receive.receipts import PID_TTL_S
from bot.receive.webhook import remote

CARRIERS = ("sandbox", "yunpian", "google_rbm", "fivegmsg")
ACKS = {"sandbox": (200, ""), "yunpian": (200, "SUCCESS"), "google_rbm": (200, ""), "fivegmsg": (204, "")}


def sandbox(door: Door, *items: Any) -> Push:
    """A signed sandbox body with these items."""
    body = json.dumps({"items": items}).encode()
    signature = hmac.new(door.standins["sandbox"].key.encode(), body, hashlib.sha256).hexdigest()
    return Push({"Content-Type": "application/json", "X-Sandbox-Signature": signature}, body)


def text(words: str, number: str = ANNE, name: str = "") -> dict[str, str]:
    return {"type": "text", "id": name or words, "from": number, "text": words}


# ---------------------------------------------------------------- taken


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_words_are_durable_before_the_carrier_gets_its_answer(door: Door, carrier: str) -> None:
    """The exact body that carrier expects, and one stimulus with where it came from."""
    answer = await door.push(carrier, door.standins[carrier].reply_push(ANNE, "一万六", reply_id="r1"))
    assert (answer.status, answer.body) == ACKS[carrier]
    [mail] = await door.mail(ANNE)
    assert mail.pop("id").startswith("in-")
    assert mail == {"kind": "said", "account": carrier, "pid": "r1", "text": "一万六"}


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_repeat_is_answered_alike_and_changes_nothing(door: Door, carrier: str) -> None:
    """Also when all copies come at once."""
    push = door.standins[carrier].reply_push(ANNE, "Y", reply_id="r1")
    answers = await asyncio.gather(*(door.push(carrier, push) for _ in range(10)))
    assert {(answer.status, answer.body) for answer in answers} == {ACKS[carrier]}
    assert len(await door.mail(ANNE)) == 1
    assert await door.runtime.store.command("LRANGE", keys.WAKE_WORK, 0, -1) == [b"%d" % door.runtime.contact(ANNE)[1]]


async def test_the_same_id_of_another_person_is_no_repeat(door: Door) -> None:
    """De-duplication is within one person."""
    for number in (ANNE, BO):
        await door.push("sandbox", sandbox(door, text("Y", number, "same")))
    assert [len(await door.mail(number)) for number in (ANNE, BO)] == [1, 1]


async def test_one_person_is_one_contact_whatever_carrier_they_use(door: Door) -> None:
    """Mail of three carriers lies in one mailbox, in the order it came; the number is sealed once."""
    for carrier in CARRIERS:
        await door.push(carrier, door.standins[carrier].reply_push(ANNE, "Y"))
    assert [mail["account"] for mail in await door.mail(ANNE)] == list(CARRIERS)
    entries = await door.journal().now()
    contact, shard = door.runtime.contact(ANNE)
    sealed = await door.runtime.store.command("HGET", keys.who(shard, contact), "number")
    assert entries == [{"t": "contact", "contact": contact, "number": sealed.decode()}]
    assert door.runtime.sealer.open(contact, sealed) == ANNE


async def test_a_tap_is_a_tap_and_another_agents_button_its_words(door: Door) -> None:
    """A postback of ours names ask and choice; any other is what its label says."""
    taps = [
        {"type": "tap", "id": "1", "from": ANNE, "postback": "ask:t1.1:affirm", "label": "接受"},
        {"type": "tap", "id": "2", "from": ANNE, "postback": "theirs", "label": "好的"},
    ]
    await door.push("sandbox", sandbox(door, *taps))
    ours, theirs = sorted(await door.mail(ANNE), key=lambda mail: str(mail["pid"]))
    assert [ours[name] for name in ("kind", "ask", "choice", "label")] == ["tapped", "t1.1", "affirm", "接受"]
    assert [theirs[name] for name in ("kind", "text")] == ["said", "好的"]


async def test_one_bad_item_does_not_lose_its_neighbours(door: Door) -> None:
    """Bad ones are counted and logged by reason, without what they held."""
    bad: list[Any] = [{"type": "text", "id": "b", "from": "13800138000", "text": "geheim"}, {"type": "?"}, 7, None]
    with capture_logs() as logs:
        answer = await door.push("sandbox", sandbox(door, bad[0], text("one"), *bad[1:], text("two"), text("Y", BO)))
    assert answer.status == 200
    assert {mail["text"] for mail in await door.mail(ANNE)} == {"one", "two"}
    assert len(await door.mail(BO)) == 1
    assert [log["event"] for log in logs] == ["webhook_item_refused"] * 4
    assert not any(secret in str(logs) for secret in ("geheim", "138001"))


async def test_what_no_database_keeps_is_replaced(door: Door) -> None:
    """A NUL in a reply, as phones and tests send it."""
    await door.push("sandbox", sandbox(door, text("a\0b")))
    assert [mail["text"] for mail in await door.mail(ANNE)] == ["a\ufffdb"]


async def test_signals_are_journaled_and_move_nothing(door: Door) -> None:
    """Typing is for the timeline."""
    await door.push("sandbox", sandbox(door, {"type": "typing", "id": "1", "from": ANNE}))
    contact = door.runtime.contact(ANNE)[0]
    assert await door.journal().now() == [{"t": "signal", "contact": contact, "account": "sandbox", "what": "typing"}]
    assert await door.mail(ANNE) == []


async def test_an_opt_out_at_the_provider_is_mail_of_that_person(door: Door) -> None:
    """In order with their own words, once however often it is posted; the worker is woken."""
    google = door.standins["google_rbm"]
    assert isinstance(google, GoogleRbmStandin)
    event = {"senderPhoneNumber": ANNE, "eventType": "UNSUBSCRIBE", "eventId": "EvT1"}
    for push in (google.reply_push(ANNE, "Y"), google.signed(event), google.signed(event)):
        assert (await door.push("google_rbm", push)).status == 200
    said, told = await door.mail(ANNE)
    assert (said["kind"], told["kind"]) == ("said", "reported")
    assert [told[name] for name in ("by", "what", "topic", "account", "pid")] == [
        *("google_rbm", "unsubscribed", "*", "google_rbm", "EvT1")
    ]


# ---------------------------------------------------------------- receipts


async def sent(door: Door, provider_id: str = "") -> str:
    """An offer, queued; with the provider id a carrier gave it."""
    [message] = await commit(door.runtime, ANNE, asking())
    if provider_id:
        contact, shard = door.runtime.contact(ANNE)
        await door.runtime.store.command("SET", keys.pid(shard, contact, "yunpian", provider_id), f"m{message}")
    return message


async def status_of(door: Door, message: str) -> str:
    shard = door.runtime.contact(ANNE)[1]
    return str((await door.runtime.store.command("HGET", keys.msg(shard, message), "status")).decode())


async def learnt(door: Door) -> dict[AccountName, bool | None]:
    """What is known of Anne's phone."""
    contact, shard = door.runtime.contact(ANNE)
    fields = await door.runtime.store.command("HGETALL", keys.who(shard, contact))
    return remembered({name.decode(): value.decode() for name, value in fields.items()})


async def test_a_receipt_moves_its_message_forward_only(door: Door) -> None:
    """By our own id, echoed; repeats and late ones are journaled as not applied."""
    message = await sent(door)
    for word in ("delivered", "read", "delivered"):
        receipt = {"type": "receipt", "id": word, "message": message, "status": word}
        assert (await door.push("sandbox", sandbox(door, receipt))).status == 200
    assert await status_of(door, message) == "read"
    told = matching(await door.journal().now(), "receipt", id=message)
    assert [(one["status"], one["applied"]) for one in told] == [
        ("delivered", True),
        ("read", True),
        ("delivered", False),
    ]


@pytest.mark.parametrize("early", [False, True])
async def test_a_receipt_by_the_providers_id_finds_its_message(door: Door, early: bool) -> None:
    """By the number it is for; one that comes before its id is known is kept for it."""
    message = await sent(door, provider_id="" if early else "77")
    receipts = [{"sid": 77, "mobile": ANNE.removeprefix("+86"), "report_status": "SUCCESS"}]
    answer = await door.push("yunpian", _form("sms_status", receipts))
    assert (answer.status, answer.body) == (200, "SUCCESS")
    contact, shard = door.runtime.contact(ANNE)
    if early:
        waiting = keys.pid(shard, contact, "yunpian", "77")
        assert await door.runtime.store.command("LLEN", waiting) == 1
        assert 0 < await door.runtime.store.command("TTL", waiting) <= PID_TTL_S
    else:
        assert await status_of(door, message) == "delivered"


async def test_a_receipt_that_is_nobodys_changes_nothing(door: Door) -> None:
    """A foreign id, an unknown word: answered, so that the carrier stops; journaled where it has an id of ours."""
    message = await sent(door)
    odd = {"type": "receipt", "id": "1", "message": message, "status": "teleported"}
    foreign = {"type": "receipt", "id": "2", "message": "not-ours", "status": "read"}
    assert (await door.push("sandbox", sandbox(door, odd, foreign))).status == 200
    assert await status_of(door, message) == "queued"
    [told] = matching(await door.journal().now(), "receipt")
    assert (told["status"], told["raw"], told["applied"]) == ("", "teleported", False)


async def test_a_failed_receipt_tells_the_conversation(door: Door) -> None:
    """The question was not delivered: mail for the worker, who is woken."""
    message = await sent(door)
    failed = {"type": "receipt", "id": "1", "message": message, "status": "failed", "error": "blocked"}
    await door.push("sandbox", sandbox(door, failed))
    [mail] = await door.mail(ANNE)
    assert [mail[name] for name in ("kind", "ask", "outcome", "reason")] == ["settled", "t1.1", "failed", "blocked"]
    assert await door.runtime.store.command("LLEN", keys.WAKE_WORK) == 2


@pytest.mark.parametrize(("told", "known"), [({"errorCode": 2}, {"fivegmsg": False}), ({"errorCode": 4}, {})])
async def test_a_receipt_tells_that_a_phone_shows_no_cards(
    door: Door, told: dict[str, int], known: dict[str, bool]
) -> None:
    """Where a phone cannot be asked, its failure is remembered; one that is offline is no such thing."""
    standin = door.standins["fivegmsg"]
    assert isinstance(standin, FivegmsgStandin)
    message = await sent(door)
    nobodys = message[:-4] + "0000"
    assert (await door.push("fivegmsg", standin.delivery_push(nobodys, ANNE, "failed", errorCode=2))).status == 204
    assert await learnt(door) == {}
    assert (await door.push("fivegmsg", standin.delivery_push(message, ANNE, "failed", **told))).status == 204
    assert await status_of(door, message) == "failed"
    assert await learnt(door) == known


# ---------------------------------------------------------------- refused


async def test_a_call_from_nowhere_listed_is_refused(door: Door) -> None:
    """Though signed; it is told and counted by account and reason."""
    with capture_logs() as logs:
        answer = await door.push("sandbox", sandbox(door, text("geheim")), account="fenced")
    assert answer.problem == (403, "bad_address", "")
    assert await door.stored() == []
    assert [(log["event"], log["account"], log["reason"]) for log in logs] == [
        ("webhook_refused", "fenced", "bad_address")
    ]


async def test_report_only_takes_the_call_and_says_what_was_wrong_with_it(door: Door) -> None:
    """Account and reasons in the log and the counter, and nothing else; the path's secret is never waived."""
    push = sandbox(door, text("geheim"))
    forged = Push({**push.headers, "X-Sandbox-Signature": "0" * 64}, push.body)
    with capture_logs() as logs:
        assert (await door.push("sandbox", forged, account="watched")).status == 200
    assert [mail["text"] for mail in await door.mail(ANNE)] == ["geheim"]
    told = [{"account": "watched", "reason": reason} for reason in ("bad_address", "bad_signature")]
    assert logs == [{"event": "webhook_waived", "log_level": "warning", **one} for one in told]
    for labels in told:
        assert REGISTRY.get_sample_value("dingdong_webhooks_waived_total", labels)
    assert (await door.push("sandbox", forged, account="watched", secret="x" * 16)).problem[0] == 403


async def test_a_signed_body_of_the_wrong_type_is_415(door: Door) -> None:
    """The provider's own signature does not make a form of JSON."""
    push = sandbox(door, text("Y"))
    as_form = {**push.headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert (await door.push("sandbox", Push(as_form, push.body))).problem == (415, "content_type", "")


async def test_a_webhook_is_verified_by_the_headers_of_its_answer(door: Door) -> None:
    """A 5G消息 platform asks by GET whether the address is ours, wherever behind it; only it is answered."""
    standin = door.standins["fivegmsg"]
    assert isinstance(standin, FivegmsgStandin)
    asked = {**standin.signature_headers(), "echoStr": "9b2f71d4c0"}
    for tail in ("", "/notifyPath"):
        path = f"/webhooks/fivegmsg/{WEBHOOK_SECRET}{tail}"
        answer = await door.post(path, b"", asked, method="GET")
        assert (answer.status, answer.headers["echoStr"], answer.headers["appId"]) == (200, "9b2f71d4c0", APP)
        forged = await door.post(path, b"", {**asked, "signature": "0" * 64}, method="GET")
        assert forged.problem == (401, "bad_signature", "")
        assert "echoStr" not in forged.headers


async def test_two_secrets_and_two_keys_are_good_while_one_rotates_out(door: Door) -> None:
    """The path's and the signature's, old or new; a third is neither."""
    for n, secret in enumerate((WEBHOOK_SECRET, NEXT_SECRET)):
        for key in ("sandbox-key", NEXT_KEY):
            push = SandboxStandin(key=key).reply_push(ANNE, "Y")
            assert (await door.push("sandbox", push, secret=secret)).status == 200, (n, key)
    assert len(await door.mail(ANNE)) == 4


# ---------------------------------------------------------------- our own trouble


async def test_a_store_that_cannot_write_is_503_and_the_repeat_is_taken(door: Door) -> None:
    """Nothing was taken, so the carrier repeats it; the repeat is no duplicate."""
    push = sandbox(door, text("Y"))
    await door.store_is_full()
    answer = await door.push("sandbox", push)
    assert answer.problem == (503, "store_down", "")
    assert answer.headers["Retry-After"] == "1"
    await door.store_is_full(full=False)
    assert await door.stored() == []
    assert (await door.push("sandbox", push)).status == 200
    assert len(await door.mail(ANNE)) == 1


async def test_a_full_mailbox_is_503_for_its_person_only(door: Door) -> None:
    """Good neighbours in the same body are taken, and their repeat changes nothing."""
    flood = sandbox(door, *(text(f"{n}") for n in range(7)), text("Y", BO))
    for _ in range(2):
        assert (await door.push("sandbox", flood)).problem == (503, "store_down", "")
    assert len(await door.mail(ANNE)) == 5
    assert len(await door.mail(BO)) == 1


# ---------------------------------------------------------------- without ids, behind proxies


def test_words_without_an_id_are_known_by_what_the_carrier_repeats_alike() -> None:
    """Account, number, text, extension and time make the id."""
    told = Inbound(AccountName("a"), ANNE, "Y", to="8888")
    others = [
        Inbound(AccountName("b"), ANNE, "Y", to="8888"),
        Inbound(AccountName("a"), BO, "Y", to="8888"),
        Inbound(AccountName("a"), ANNE, "N", to="8888"),
        Inbound(AccountName("a"), ANNE, "Y", to="8889"),
        Inbound(AccountName("a"), ANNE, "Y", id="1"),
    ]
    ids = [inbound_stimulus(one)["id"] for one in (told, *others)]
    assert len(set(ids)) == len(ids)
    assert inbound_stimulus(told)["id"] == ids[0]
    assert ANNE not in str(ids)


@pytest.mark.parametrize(
    ("hops", "trusted", "address"),
    [
        ((), 0, "10.9.9.9"),
        (("6.6.6.6, 1.2.3.4",), 0, "10.9.9.9"),
        (("6.6.6.6, 1.2.3.4",), 1, "1.2.3.4"),
        (("6.6.6.6", "1.2.3.4"), 1, "1.2.3.4"),
        (("6.6.6.6, 1.2.3.4, 10.0.0.1",), 2, "1.2.3.4"),
        ((), 1, "10.9.9.9"),
        (("1.2.3.4",), 2, "10.9.9.9"),
    ],
)
def test_a_callers_address_is_what_our_own_proxy_saw(hops: tuple[str, ...], trusted: int, address: str) -> None:
    """Never what the caller claims beyond it."""

    class Peer:
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return ("10.9.9.9", 1) if name == "peername" else default

    headers = [("X-Forwarded-For", hop) for hop in hops]
    request = make_mocked_request("POST", "/", headers=CIMultiDictProxy(CIMultiDict(headers)), transport=Peer())
    assert remote(request, trusted) == address
