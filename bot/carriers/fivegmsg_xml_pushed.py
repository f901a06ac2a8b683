"""What China Mobile posts of 5G消息, as items: messages, receipts, audits (providers-rcs.md 1c.4, 1c.5). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.carriers import calling, gsma, gsma_inbound, xml_tree
from bot.carriers.fivegmsg_account import STATUS, FivegmsgSettings
from bot.carriers.reading import expect, our_id, time_in
from bot.carriers.xml_tree import Element
from bot.errors import Refused
from bot.messages import AccountName, Bad, Item, Receipt, Status, WebhookRequest

POSTED_AS: Final = ("application/xml", "text/xml")


def items(account: AccountName, settings: FivegmsgSettings, request: WebhookRequest) -> tuple[Item, ...]:
    """All that a call tells. Raises Refused."""
    expect(request.headers.get("content-type", ""), *POSTED_AS)
    root = xml_tree.read(request.body)
    match root.name:
        case "inboundMessageNotification":
            return (_message(account, settings, root),)
        case "deliveryInfoNotification":
            return tuple(_deliveries(account, root))
        case "messageStatusNotification":
            return (_receipt(account, root, root.first("status"), ""),)
        case "file" if request.headers.get("authstatus") == "0":
            return ()
        case "file":
            return (Bad(account, "a file did not pass the operator's audit; see its console"),)
    raise Refused(400, "bad_body", "expected a notification of a message, of its delivery or of a recall")


def _message(account: AccountName, settings: FivegmsgSettings, root: Element) -> Item:
    number = gsma_inbound.person(root.first("senderAddress"))
    if number is None:
        return Bad(account, "message: senderAddress is not a phone number")
    return gsma_inbound.item(
        account,
        number,
        root.first("contentType") or gsma.TEXT,
        root.first("bodyText"),
        encoding=root.first("contentEncoding"),
        id=root.first("messageId") or root.first("contributionID"),
        at=time_in(root.first("dateTime"), settings.zone),
        spam_type=settings.spam_type,
    )


def _deliveries(account: AccountName, root: Element) -> Iterator[Receipt | Bad]:
    beside = next((child.text for child in root.children if child.name == "messageId"), "")
    for info in root.all("deliveryInfo"):
        yield _receipt(account, info, info.first("deliveryStatus"), beside)


def _receipt(account: AccountName, told: Element, word: str, beside: str) -> Receipt | Bad:
    """The message is named in what was told, or beside it."""
    named = told.first("messageId") or beside
    message, number = our_id(named.lower()), gsma_inbound.person(told.first("address"))
    if not word or (message is None and (number is None or not named)):
        return Bad(account, "receipt: no status, or neither messageId nor address says whose it is")
    status = STATUS.get(word)
    why = ": ".join(filter(None, (calling.words(told.first(name)) for name in ("description", "text"))))
    return Receipt(
        account,
        status,
        word,
        message=message,
        provider_id=named,
        number=number,
        error=(why or word) if status is Status.FAILED else "",
        not_rcs=word in ("DeliveredToNetwork", "DeliveredToSMS"),
    )
