"""What China Mobile is sent, as XML: a message with its files, and a recall. Facts: providers-rcs.md 1c, 1.7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import JsonValue

from bot.carriers import calling, gsma, xml_tree
from bot.carriers.fivegmsg_account import BOT_VERSION, TRAFFIC, FivegmsgSettings
from bot.carriers.xml_tree import element
from bot.messages import PhoneNumber, Sendable

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE: Final = "urn:oma:xml:rest:netapi:messaging:1"
FILE_NAMESPACE: Final = "urn:gsma:params:xml:ns:rcs:rcs:fthttp"


def outbound(
    settings: FivegmsgSettings, messages: Sequence[Sendable], parts: Sequence[gsma.Part], *, shared: str, talk: str
) -> bytes:
    """One content for all of the messages, under the id they share. talk: the conversation's id."""
    first = messages[0]
    content_type, body = _body(settings, parts)
    traffic = TRAFFIC.get(first.kind)
    inner = [
        element("messageId", shared),
        element("contentType", content_type),
        element("conversationID", talk),
        element("contributionID", shared),
        "<serviceCapability>",
        element("capabilityId", "ChatbotSA"),
        element("version", BOT_VERSION),
        "</serviceCapability>",
        element("trafficType", traffic) if traffic else "",
        element("bodyText", body),
        *(element("reportRequest", word) for word in ("Sent", "Delivered", "Displayed", "Failed")),
        element("storeSupported", str(settings.store_offline).lower()),
        element("shortMessageSupported", str(settings.sms_fallback).lower()),
        element(settings.cm_sms_element, first.text) if settings.sms_fallback else "",
    ]
    address = (len(messages) > 1 and settings.cm_group_address) or f"tel:{first.to}"
    to = "".join(element("destinationAddress", f"tel:{one.to}") for one in messages)
    return (
        f'{DECLARATION}<msg:outboundMessageRequest xmlns:msg="{NAMESPACE}">'
        f"{element('address', address)}{to}"
        f"{element('senderAddress', settings.chatbot)}{element('clientCorrelator', shared)}"
        f"<outboundIMMessage>{''.join(inner)}</outboundIMMessage></msg:outboundMessageRequest>"
    ).encode()


def revocation(number: PhoneNumber) -> bytes:
    """A recall of the message that its URL names."""
    return (
        f'{DECLARATION}<msg:messageStatusReport xmlns:msg="{NAMESPACE}"><status>RevokeRequested</status>'
        f"{element('address', f'tel:{number}')}</msg:messageStatusReport>"
    ).encode()


def _body(settings: FivegmsgSettings, parts: Sequence[gsma.Part]) -> tuple[str, str]:
    """The content type and text of the body: the only part's own, or all of them as multipart/mixed (1c.3)."""
    written = [_written(settings, part) for part in parts]
    if len(written) == 1:
        return written[0]
    boundary = "next"
    while any(f"--{boundary}" in text for _, text in written):
        boundary += "x"
    lines = []
    for content_type, text in written:
        length = len(text.encode())
        lines += [f"--{boundary}", f"Content-Type: {content_type}", f"Content-Length: {length}", "", text]
    return f'multipart/mixed; boundary="{boundary}"', "\r\n".join([*lines, f"--{boundary}--", ""])


def _written(settings: FivegmsgSettings, part: gsma.Part) -> tuple[str, str]:
    if part.content_type == gsma.FILE and isinstance(part.content, list):
        return gsma.FILE_XML, _file(settings, part.content)
    text = part.content if isinstance(part.content, str) else calling.json_text(part.content)
    return part.content_type, xml_tree.carried(text)


def _file(settings: FivegmsgSettings, files: Sequence[JsonValue]) -> str:
    """Files as XML, which requires of each what an address alone does not tell (1.7)."""
    until = (datetime.now(UTC) + timedelta(days=settings.cm_file_days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    infos = [
        f'<file-info type="{file["type"]}">{element("file-size", str(file["fileSize"]))}'
        f"{element('content-type', str(file['contentType']))}"
        f"<data url={xml_tree.quoted(str(file['url']))} until={xml_tree.quoted(until)}/></file-info>"
        for file in files
        if isinstance(file, dict)
    ]
    return f'{DECLARATION}<file xmlns="{FILE_NAMESPACE}">{"".join(infos)}</file>'
