"""SMSBao 短信宝: SMS by GET, answered with a code in plain text. Facts: providers-cn.md 4.

It gives no id, no receipt and no price: that a message was accepted is all that is ever known of it. A reply has
neither id nor time nor signature, and is believed behind the secret path. The credentials are in the URL of a send, so
that URL goes into no error and no log.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from pydantic import Field, SecretStr
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings, CarrierFactory, HttpUrl
from bot.carriers.calling import ACCOUNT, BAD_NUMBER, CONTENT, PERMANENT, Facts
from bot.carriers.http import Http
from bot.carriers.reading import chinese, form, national
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Bad,
    Form,
    Inbound,
    Parsed,
    Sendable,
    WebhookRequest,
)

ACK: Final = Ack("0")

CODES: Final[Mapping[str, Facts]] = {
    "-1": PERMANENT,  # a parameter is missing
    "30": ACCOUNT,  # wrong password or API key
    "40": ACCOUNT,  # no such account
    "41": ACCOUNT,  # no balance
    "42": ACCOUNT,  # expired
    "43": ACCOUNT,  # this address may not call
    "50": CONTENT,
    "51": BAD_NUMBER,
}
"""Its codes (4.2); none says to try again."""


class SmsBaoSettings(AccountSettings):
    """An account at SMSBao."""

    base_url: HttpUrl = Field("https://api.smsbao.com", description="Plain http works too; the password is in the URL.")
    user: str = Field(min_length=1, description="The account's name.")
    password: SecretStr = Field(description="Its login password, or its API key.")
    hashed: bool = Field(True, description="The password goes as its MD5; false for an API key, which goes as it is.")
    batch: int = Field(99, ge=1, description="Most numbers one call takes; its documents do not say.")
    product: str = Field("", description="Id (g) of a channel of one's own, for the mainland; empty: the common one.")


class SmsBao:
    """One account at SMSBao. See `bot.carriers.base.Carrier`."""

    name = "smsbao"
    forms: frozenset[Form] = frozenset({"text"})
    idempotent_send = False
    receipts = False

    def __init__(self, account: AccountName, settings: SmsBaoSettings) -> None:
        self.account = account
        self.settings = settings
        self.batch = settings.batch
        self._timeout = calling.timeouts(settings)
        self._secret = settings.password.get_secret_value()
        if settings.hashed:  # an API key is 32 hex digits too: the two cannot be told apart
            self._secret = hashlib.md5(self._secret.encode(), usedforsecurity=False).hexdigest()

    def verify(self, request: WebhookRequest) -> None:
        """Nothing is signed (4.3): the secret path has to do."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """One reply: by GET, or by a form post of the same names."""
        fields = request.query
        if request.method != "GET":
            fields = form(request.headers.get("content-type", ""), request.body)
        if "m" not in fields or "c" not in fields:
            raise Refused(400, "bad_body", "expected the fields m and c")
        number = chinese(fields["m"].strip())
        if number is None:
            return Parsed((Bad(self.account, "reply: m is not a phone number"),), ACK)
        return Parsed((Inbound(self.account, number, fields["c"], to=fields.get("s", "")),), ACK)

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """/sms to the mainland, /wsms abroad (4.1); the text brings its own 【签名】."""
        return await self._send(http, [message])

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """One call for those of the mainland with the same words. It has one outcome, and a bad number is everybody's:
        then each goes alone, for what is refused was not sent."""

        async def send(group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
            try:
                return [await self._send(http, group)] * len(group)
            except SendError as error:
                if not error.bad_number or len(group) == 1:
                    raise
            return await asyncio.gather(*[calling.outcome(self.send(http, message)) for message in group])

        return await calling.in_groups(messages, _group, self.batch, send)

    async def _send(self, http: Http, group: Sequence[Sendable]) -> Accepted:
        """One call, for numbers of one country's path and the same words."""
        url = self._url(group)
        answer = await calling.call(http, "GET", url, timeout=self._timeout, headers={})
        code = answer.body.split(b"\n", 1)[0].strip().decode("ascii", "replace")
        if answer.status != 200 or not code.removeprefix("-").isdigit():
            raise calling.unreadable(answer)
        if code != "0":
            raise SendError(calling.word(code), **CODES.get(code, PERMANENT))
        return Accepted(response=code)

    def _url(self, group: Sequence[Sendable]) -> URL:
        mobiles = [national(message.to) for message in group]
        abroad = mobiles[0].startswith("+")
        fields = {"u": self.settings.user, "p": self._secret, "m": ",".join(mobiles), "c": group[0].text}
        if self.settings.product and not abroad:
            fields["g"] = self.settings.product
        query = urlencode(fields, quote_via=quote)
        return URL(f"{self.settings.base_url}/{'wsms' if abroad else 'sms'}?{query}", encoded=True)


def _group(message: Sendable) -> str:
    """Abroad one by one, as far as anybody knows."""
    return message.text if message.to.startswith("+86") else message.id


CARRIER: Final = CarrierFactory(SmsBaoSettings, SmsBao)
