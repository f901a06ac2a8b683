"""What a carrier is: verify → parse for what comes in, send for what goes out.

A carrier is one file beside this one, one folder under tests/payloads/, one entry in `CARRIERS`
(`bot.carriers`). It knows its provider's words and nothing of conversations, Redis or policy.
`verify` and `parse` are pure; `send`, `capability` and `recall` do one HTTP call each.
What several carriers do the same way is a function of `inward` (reading) or `outward` (calling).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from yarl import URL

from bot.carriers.http import Http
from bot.errors import ConfigError
from bot.messages import Accepted, AccountName, Capability, MessageId, Parsed, PhoneNumber, Sendable, WebhookRequest

RecallOutcome = Literal["revoked", "delivered", "not_found"]
Form = Literal["text", "rbm"]

WEBHOOK_SECRET_MIN = 16
"""Characters a webhook path secret has at least: it must not be guessable."""

Secrets: TypeAlias = Annotated[tuple[SecretStr, ...], Field(min_length=1, max_length=2)]
"""Keys of which the first is used and all are believed: two are valid while one rotates out."""


def _http_url(url: str) -> str:
    """A URL something can be posted to, without the slash at its end. Raises ValueError."""
    parsed = URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("must be a URL such as https://api.example.com/v2")
    return url.rstrip("/")


HttpUrl: TypeAlias = Annotated[str, AfterValidator(_http_url)]


class AccountSettings(BaseModel):
    """What every account has. A carrier's own settings extend it.

    webhook_secrets: the path segment(s) of `/webhooks/{account}/{secret}`; two are valid while one
    rotates out. Every one is at least 16 characters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    carrier: str = Field(description="Which carrier's API this account speaks (see docs/carriers.md).")
    base_url: HttpUrl = Field(description="Where the provider's API is; a stand-in can take its place.")
    webhook_secrets: tuple[Annotated[SecretStr, Field(min_length=WEBHOOK_SECRET_MIN)], ...] = Field(
        min_length=1, max_length=2, description="Secret path segments of its webhook."
    )
    signature: str = Field("", description="The 【签名】 put in front of a text, without brackets.")
    weight: int = Field(1, ge=0, description="Share of the traffic among accounts that can send a message; 0 = none.")
    connect_timeout_s: float = Field(3.0, gt=0, description="Seconds to connect to the provider.")
    read_timeout_s: float = Field(10.0, gt=0, description="Seconds to wait for the provider's answer.")
    rate_per_s: float = Field(0.0, ge=0, description="Sends per second this account may make; 0 = no limit.")


class Carrier(Protocol):
    """One account, ready to use. Values are fixed for the life of the process."""

    name: str
    """The carrier's name, equal to its key in CARRIERS."""
    account: AccountName
    forms: frozenset[Form]
    """What `send` can carry."""
    idempotent_send: bool
    """True when the provider ignores a repeated id of ours, so that "unknown" may be sent again."""
    receipts: bool
    """True when deliveries are reported."""

    @property
    def settings(self) -> AccountSettings:
        """The account's settings, in the carrier's own model."""

    def verify(self, request: WebhookRequest) -> None:
        """Raise `Refused` (401/403) unless the request is the provider's. Secrets compare in constant time."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """Read the body. Raise `Refused` (400/415) when it is not this provider's shape at all."""

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """One attempt. Raise `SendError` with its facts when it was not taken, or may have been."""

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """What the phone can do; None when this provider cannot tell. Raise `SendError` on failure."""

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId) -> RecallOutcome:
        """Take a message back that was not delivered yet. Raise `SendError` on failure."""


S = TypeVar("S", bound=AccountSettings)


@dataclass(frozen=True, slots=True)
class CarrierFactory(Generic[S]):
    """What CARRIERS holds: the settings model of a carrier and how to build it from one account's."""

    settings: type[S]
    carrier: Callable[[AccountName, S], Carrier]

    def __call__(self, account: AccountName, settings: AccountSettings) -> Carrier:
        if not isinstance(settings, self.settings):
            raise ConfigError(f"accounts.{account}: settings are not {self.settings.__name__}")
        return self.carrier(account, settings)
