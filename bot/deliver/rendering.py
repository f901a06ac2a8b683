"""An outbound's card, rendered for one account at the moment it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.deliver.outbox import Outbound
from bot.messages import Form, Kind, PhoneNumber, Sendable, TemplateUse
from cards import Cards
from cards.gsma import to_gsma
from cards.model import Card
from cards.rbm import to_rbm
from cards.text import to_text
from flows.values import JsonValue


def render(cards: Cards, message: Outbound) -> Card:
    """The card with the choices its ask froze. Raises cards' CardError when it cannot be shown."""
    return cards.render(
        message.card,
        message.language,
        message.data,
        zone=message.zone,
        ask=message.ask or None,
        choices=message.choices if message.ask else None,
    )


def segments(card: Card, message: Outbound, signature: str) -> int:
    """How many segments the card's text takes. Raises CardError."""
    return to_text(card, signature, marketing=message.kind is Kind.MARKETING).segments


def prepare(
    card: Card,
    message: Outbound,
    number: PhoneNumber,
    *,
    form: Form,
    gsma: bool,
    signature: str,
    template: TemplateUse | None,
    now: datetime,
) -> tuple[Sendable, int, tuple[str, ...]]:
    """What the carrier is given, the segments of its text form, and what had to be shortened for it.

    gsma: the carrier takes the GSMA's JSON.
    """
    text = to_text(card, signature, marketing=message.kind is Kind.MARKETING)
    ttl = int((message.expires_at - now).total_seconds()) if message.expires_at else None
    sendable = Sendable(
        id=message.id,
        to=number,
        kind=message.kind,
        form=form,
        text=text.body,
        rich=_rich(card, gsma=gsma) if form == "rbm" else None,
        ttl_s=max(1, ttl) if ttl is not None else None,
        template=template,
    )
    cut = [f"shortened: {field}" for field in card.shortened] + (["shortened: text"] if text.shortened else [])
    return sendable, text.segments, tuple(cut)


def _rich(card: Card, *, gsma: bool) -> Mapping[str, JsonValue]:
    if not gsma:
        return to_rbm(card)
    return {"parts": [{"contentType": part.type, "content": part.content} for part in to_gsma(card)]}
