"""What providers in mainland China share: Beijing's clock, and the words their networks use for a blacklist."""

from __future__ import annotations

from datetime import timedelta, timezone
from functools import cached_property

from pydantic import Field

from bot.carriers.base import AccountSettings
from bot.carriers.calling import word
from bot.messages import Inbound, Item, Receipt, Signal, Status

BLACKLISTED = ("DB:0141", "DB:0144", "MBBLACK", "DBBLACK", "BLACK", "PUBLOKD", "BLOCKED")
"""Raw network codes of a number on a blacklist, as several providers list them (providers-cn.md 5.6)."""


class ZonedSettings(AccountSettings):
    """What an account has whose provider's times may say no zone."""

    utc_offset_h: int = Field(8, ge=-12, le=14, description="Hours that the provider's times are ahead of UTC.")

    @cached_property
    def zone(self) -> timezone:
        """Of its naive times."""
        return timezone(timedelta(hours=self.utc_offset_h))


class MainlandSettings(ZonedSettings):
    """What an account for SMS in mainland China has besides."""

    blacklist_codes: tuple[str, ...] = Field(
        BLACKLISTED, description="Error codes of a receipt that say the number is on a blacklist: taken as an opt-out."
    )
    opt_out_words: tuple[str, ...] = Field(
        (), description="Replies that the provider itself takes as an opt-out, besides TD and its like; any case."
    )


def with_opt_out(receipt: Receipt, *, refused: bool) -> tuple[Item, ...]:
    """A receipt, and the opt-out it tells of. refused: its error says that the person, or a blacklist, refuses us."""
    if refused and receipt.number and receipt.status is Status.FAILED:
        return receipt, Signal(
            receipt.account, receipt.number, "unsubscribed", id=receipt.provider_id, code=word(receipt.error)
        )
    return (receipt,)


def with_stop(reply: Inbound, settings: MainlandSettings) -> tuple[Item, ...]:
    """A reply, and the opt-out that its words are to the provider, whatever they are to us."""
    if reply.text.strip().upper() in settings.opt_out_words:
        return reply, Signal(reply.account, reply.number, "unsubscribed", id=reply.id)
    return (reply,)
