"""What a phone on RCS shows beside messages: that its words were read, and that an answer takes a moment."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from bot.carriers.base import Tells
from bot.errors import SendError
from bot.messages import AccountName, ContactId
from bot.runtime import Runtime


class Presence:
    """Tells the accounts that can be told. Best effort: a tick that is missing loses nobody anything."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._able = {name: carrier for name, carrier in runtime.carriers.items() if isinstance(carrier, Tells)}

    def can(self, account: str) -> bool:
        """Is there anything to tell it?"""
        return account in self._able

    async def read(
        self, account: str, contact: ContactId, who: Mapping[str, str], message: str, *, working: bool
    ) -> None:
        """The person's message was read; working: and something has to be asked elsewhere before it is answered.

        who: the fields of `keys.who`. message: the carrier's id of it.
        """
        if "number" not in who:
            return
        carrier, number = self._able[AccountName(account)], self._runtime.sealer.open(contact, who["number"])
        with contextlib.suppress(SendError):
            await carrier.tell(self._runtime.providers, number, "READ", message)
            if working:
                await carrier.tell(self._runtime.providers, number, "IS_TYPING")
