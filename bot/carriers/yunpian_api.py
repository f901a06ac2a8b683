"""One call to Yunpian's API v2, and what its codes mean. Facts: providers-cn.md 3.1, 3.2, 3.7."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings
from bot.carriers.calling import ACCOUNT, CONTENT, OPTED_OUT, PERMANENT, RETRY, TEMPLATE, UNKNOWN, Facts, throttled
from bot.carriers.http import Http
from bot.errors import SendError
from bot.messages import Sendable

CODES: Final[Mapping[int, Facts]] = {
    3: ACCOUNT,  # no balance
    **dict.fromkeys((4, 52), CONTENT),
    **dict.fromkeys((5, 6, 7, 15, 16, 18, 23, 34, 58, 60), TEMPLATE),
    8: {"throttled": True},  # same text to the same number within 30 s: the person has it already
    9: throttled(300),  # more than 3 of the same in 5 minutes
    10: OPTED_OUT,
    11: throttled(3600),  # today "user anti-harassment"; formerly "GET not supported", which we never use
    17: throttled(86_400),
    22: throttled(3600),
    33: throttled(30),
    43: throttled(86_400),
    53: throttled(3600),
    **dict.fromkeys((19, 40, -1, -2, -3, -8, -11), ACCOUNT),
    **dict.fromkeys((20, 56), calling.BAD_NUMBER),
    **dict.fromkeys((28, -51, -53), RETRY),
    -4: throttled(3600),
    -5: throttled(1),
    **dict.fromkeys((-6, -7, -52, -54, -55, -57, -62), PERMANENT),
}
"""Its codes (3.7). Those that are not here go by their group: see `_facts`."""

HEADERS: Final = {
    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
    "Accept": "application/json;charset=utf-8",
}


class Api:
    """One host of the API. keys: the first is used, none is told."""

    def __init__(self, settings: AccountSettings, base_url: str, keys: tuple[str, ...]) -> None:
        self._base = base_url
        self._keys = keys
        self._timeout = calling.timeouts(settings)

    async def call(
        self, http: Http, path: str, fields: Mapping[str, str], messages: Sequence[Sendable] = ()
    ) -> Mapping[str, JsonValue] | list[JsonValue]:
        """The object or array that one call answers; a code in it is a SendError, without words of these messages."""
        return await self._post(http, path, HEADERS, calling.form_body({"apikey": self._keys[0], **fields}), messages)

    async def upload(
        self, http: Http, path: str, fields: Mapping[str, str], name: str, archive: bytes
    ) -> Mapping[str, JsonValue]:
        """The object that a call with a zip in it answers. Raises SendError."""
        fields = {"apikey": self._keys[0], **fields}
        content_type, data = calling.multipart_body(name, f"{name}.zip", "application/zip", archive, fields)
        said = await self._post(http, path, {**HEADERS, "Content-Type": content_type}, data)
        if not isinstance(said, Mapping):
            raise SendError("bad_answer", f"{path}: expected an object")
        return said

    async def _post(
        self, http: Http, path: str, headers: Mapping[str, str], data: bytes, messages: Sequence[Sendable] = ()
    ) -> Mapping[str, JsonValue] | list[JsonValue]:
        url = URL(f"{self._base}/{path}.json")
        answer = await calling.call(http, "POST", url, timeout=self._timeout, headers=headers, data=data)
        try:
            said = from_json(answer.body)  # whatever the HTTP status is (3.2)
        except ValueError:
            raise calling.unreadable(answer) from None
        if isinstance(said, dict) and (error := self.refused(said, messages)):
            raise error
        if not isinstance(said, (dict, list)) or answer.status >= 300:
            raise calling.unreadable(answer)
        return said

    async def listed(self, http: Http, path: str, fields: Mapping[str, str]) -> list[JsonValue]:
        """The array that a pull or a query answers. Raises SendError when it is none: that is not the same as empty."""
        said = await self.call(http, path, fields)
        if not isinstance(said, list):
            raise SendError("bad_answer", f"{path}: expected an array")
        return said

    def refused(self, said: Mapping[str, JsonValue], messages: Sequence[Sendable]) -> SendError | None:
        """What an answer, or one item of it, says is wrong; None when it holds no code but 0."""
        given = str(said.get("code", 0))  # a string in answers of super SMS
        if not re.fullmatch(r"-?[0-9]{1,9}", given):
            return SendError("bad_answer", "the code is not a number", unknown=True)
        code = int(given)
        if code == 0:
            return None
        return SendError(given, calling.words(said.get("msg"), *calling.said_in(messages), *self._keys), **_facts(code))


def _facts(code: int) -> Facts:
    """By its table, else by its group (3.7): > 0 the request, -1 … -49 permission, below a fault of theirs."""
    if code in CODES:
        return CODES[code]
    if code > 0:
        return PERMANENT
    return ACCOUNT if code > -50 else UNKNOWN
