"""Reading what a provider posted: secrets, bodies, numbers, times. Pure.

A body that is not the provider's shape at all is `Refused`; a flaw in one item is for the carrier to
turn into `Bad`, so that its neighbours go on.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, SecretStr, ValidationError
from pydantic_core import from_json
from yarl import URL

from bot.errors import Refused
from bot.messages import MessageId, PhoneNumber, WebhookRequest

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MAINLAND = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Payload(BaseModel):
    """Base of a model of one thing a provider sends: fields it adds are no error, numbers may be strings."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True)


# ---------------------------------------------------------------- is it the provider


def reveal(secrets: Iterable[SecretStr]) -> tuple[str, ...]:
    """The plain values, for a carrier to keep; they leave it only on the wire."""
    return tuple(secret.get_secret_value() for secret in secrets)


def one_of(given: str, wanted: Iterable[str]) -> bool:
    """Is it one of these? Each comparison takes constant time."""
    mine = given.encode("utf-8", "backslashreplace")
    return any(hmac.compare_digest(mine, one.encode()) for one in wanted)


def unsigned(what: str) -> Refused:
    """The refusal of a request that does not carry the right signature. what: the header or field."""
    return Refused(401, "bad_signature", f"{what} is missing or does not match; check the account's keys")


# ---------------------------------------------------------------- bodies


def json_value(text: str | bytes) -> JsonValue:
    """JSON → value; deep nesting, half surrogates and bad UTF-8 are errors too. Raises Refused 400."""
    try:
        value: JsonValue = from_json(text)
    except ValueError:
        raise Refused(400, "bad_body", "the body is not JSON") from None  # its text would quote the body
    return value


def json_object(request: WebhookRequest) -> dict[str, JsonValue]:
    """The body of an application/json request. Raises Refused 400 or 415."""
    expect(request.headers.get("content-type", ""), "application/json")
    value = json_value(request.body)
    if not isinstance(value, dict):
        raise Refused(400, "bad_body", "the body is not a JSON object")
    return value


def json_items(request: WebhookRequest) -> list[JsonValue]:
    """The items of an application/json request: an array, or one object alone. Raises Refused 400 or 415."""
    expect(request.headers.get("content-type", ""), "application/json")
    value = json_value(request.body)
    items: list[JsonValue] = value if isinstance(value, list) else [value]
    if not any(isinstance(item, dict) for item in items):
        raise Refused(400, "bad_body", "the body is neither a JSON object nor an array of them")
    return items


def form(content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields of a form post, the first of each name. Raises Refused 400 or 415.

    yarl decodes in C: 3 µs for a reply that costs urllib 14.
    """
    expect(content_type, "application/x-www-form-urlencoded")
    try:
        return URL.build(query_string=body.decode(), encoded=True).query
    except ValueError:
        raise Refused(400, "bad_body", "the form is not UTF-8") from None


def is_json(content_type: str) -> bool:
    """For providers that post both JSON and forms."""
    return _media_type(content_type) == "application/json"


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def expect(given: str, *wanted: str) -> None:
    """Is the content type one of these? Raises Refused 415."""
    if _media_type(given) not in wanted:
        raise Refused(415, "content_type", f"expected a {wanted[0]} body")


def flaw(error: ValidationError) -> str:
    """What is wrong with an item, without quoting it: "mobile: Field required"."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")


# ---------------------------------------------------------------- values


def e164(text: str) -> PhoneNumber | None:
    """A number written with "+"; None when it is not one."""
    return PhoneNumber(text) if _E164.fullmatch(text) else None


def chinese(text: str) -> PhoneNumber | None:
    """A number as Chinese providers write it: mainland without +86, others with "+" (providers-cn.md 5.5)."""
    if mainland := _MAINLAND.fullmatch(text):
        return PhoneNumber("+86" + mainland[1])
    return e164(text)


def digits(text: str) -> PhoneNumber | None:
    """A number as Aliyun writes it: mainland as it comes, others by country code without "+" (providers-cn.md 1.4)."""
    return chinese(text) or e164("+" + text)


def international(text: str) -> PhoneNumber | None:
    """A number with its country code, whether or not a "+" stands in front; None when it is not one."""
    return e164("+" + text.removeprefix("+"))


def _required(read: Callable[[str], PhoneNumber | None]) -> AfterValidator:
    def number(text: str) -> PhoneNumber:
        if found := read(text):
            return found
        raise ValueError("not a phone number")

    return AfterValidator(number)


E164: TypeAlias = Annotated[PhoneNumber, _required(e164)]
Chinese: TypeAlias = Annotated[PhoneNumber, _required(chinese)]
Digits: TypeAlias = Annotated[PhoneNumber, _required(digits)]
International: TypeAlias = Annotated[PhoneNumber, _required(international)]


def national(number: PhoneNumber) -> str:
    """The same the other way: a mainland number loses its +86, others keep their "+"."""
    mainland = _MAINLAND.fullmatch(number)
    return mainland[1] if mainland else number


def our_id(text: str | None) -> MessageId | None:
    """An echoed id of ours (UUIDv8, `bot.ids`); None for anything else a provider may echo."""
    return MessageId(text) if text and _OURS.fullmatch(text) else None


OURS: Final = "message"
"""The field of a callback URL that holds our id."""


def called_back(request: WebhookRequest) -> MessageId | None:
    """Our id, where it is the URL we gave for one message's receipt (`calling.callback_url`) that was called."""
    return our_id(request.query.get(OURS))


def time_in(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """A provider's time → UTC. A naive one is taken in that zone; None when it is not a time."""
    try:
        at = datetime.fromisoformat(text or "")
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
