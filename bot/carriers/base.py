"""What a carrier is: verify → parse for what comes in, send for what goes out.

A carrier is one file beside this one, one folder under tests/payloads/, one entry in `NAMES`
(`bot.carriers`). It knows its provider's words and nothing of conversations, Redis or policy.
`verify` and `parse` are pure; `send` does one HTTP call.
What several carriers do the same way is a function of `reading` (what comes in) or `calling` (what goes out).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, Literal, Protocol, Self, TypeAlias, TypeVar, runtime_checkable

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, model_validator
from yarl import URL

from bot.carriers.http import Http
from bot.carriers.tokens import Shelf
from bot.errors import ConfigError, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Capability,
    Form,
    Item,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    WebhookRequest,
)

RecallOutcome = Literal["revoked", "delivered", "not_found"]
"""revoked: it was taken back. delivered: too late. not_found: not known (yet); a receipt will tell, if anything."""
TemplateState = Literal["draft", "submitted", "approved", "rejected", "unknown"]

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


Meaning: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^(permanent|retry|throttled(:[0-9]{1,6})?|unknown|opted_out|bad_number|not_rcs|template|content|account)$"
    ),
]


class AccountSettings(BaseModel):
    """What every account has. A carrier's own settings extend it.

    webhook_secrets: the path segment(s) of `/webhooks/{account}/{secret}`; two are valid while one
    rotates out. Every one is at least 16 characters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    carrier: str = Field(description="Which carrier's API this account speaks (see docs/carriers.md).")
    base_url: HttpUrl = Field(description="Where the provider's API is; a stand-in can take its place.")
    public_url: str = Field(
        "", description="How the provider reaches us, where it is told so; default: web.public_url."
    )
    webhook_secrets: tuple[Annotated[SecretStr, Field(min_length=WEBHOOK_SECRET_MIN)], ...] = Field(
        min_length=1, max_length=2, description="Secret path segments of its webhook."
    )
    addresses: tuple[IPvAnyNetwork, ...] = Field(
        (),
        description="Networks its webhook may be called from (behind proxies: web.trusted_proxies); none = any.",
    )
    freshness_s: float = Field(
        0.0, ge=0, description="Oldest words it may bring, in seconds, where it says their time; 0 = any."
    )
    opt_out_topic: str = Field(
        "*",
        pattern=r"^(\*|[a-z_]+)$",
        description="What an opt-out it reports switches off: a topic, or * as a TD does.",
    )
    retry_window_s: int = Field(
        600, gt=0, description="How long it may repeat words that have neither id nor time, in seconds."
    )
    pull_every_s: float = Field(
        0.0, ge=0, description="How often replies and receipts are fetched, where no webhook is reached; 0 = never."
    )
    report_only: bool = Field(
        default=False,
        description="Take what addresses, signature or age would refuse, and log it: for setting up only.",
    )
    error_codes: Mapping[str, Meaning] = Field(
        {},
        description="Provider's error code, or its family before a dot → what it means, in place of the carrier's "
        "table: permanent, retry, throttled or throttled:<seconds>, unknown, opted_out, bad_number, not_rcs, template, "
        "content, account.",
    )
    status_words: Mapping[str, Literal["sent", "delivered", "read", "failed", "unknown", "ignored"]] = Field(
        {}, description="The provider's word in a receipt → what became of the message, in place of the table."
    )
    signature: str = Field("", description="The 【签名】 put in front of a text, without brackets.")
    weight: int = Field(1, ge=0, description="Share of the traffic among accounts that can send a message; 0 = none.")
    unknown_phones: Literal["ask", "text", "rich"] = Field(
        "ask", description="A phone nothing is known of: ask what it can do, send it texts, or try RCS."
    )
    sticky: bool = Field(
        True, description="Answers go out here, as RCS too, to whoever wrote here last: one conversation, one sender."
    )
    text_cost: float = Field(1.0, ge=0, description="Price of a text's segment, in any unit that all accounts share.")
    rcs_cost: float | None = Field(
        None, ge=0, description="Price of an RCS message; unset, what gains nothing by RCS always goes as text."
    )
    connect_timeout_s: float = Field(3.0, gt=0, description="Seconds to connect to the provider.")
    read_timeout_s: float = Field(10.0, gt=0, description="Seconds to wait for the provider's answer.")
    rate_per_s: float = Field(0.0, ge=0, description="Sends per second this account may make; 0 = no limit.")


class SenderSettings(AccountSettings):
    """An account that sends texts, cards or both, each from a sender of its own."""

    sender: str = Field("", description="What texts come from; empty = this account sends none.")
    rcs_sender: str = Field("", description="The RCS sender that cards come from; empty = this account sends none.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.forms:
            raise ValueError("needs a sender, an rcs_sender or both")
        return self

    @property
    def forms(self) -> frozenset[Form]:
        """What it can carry."""
        senders: dict[Form, str] = {"text": self.sender, "rbm": self.rcs_sender}
        return frozenset(form for form, sender in senders.items() if sender)


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


# ---------------------------------------------------------------- what some carriers can do besides
# Asked with isinstance: what a provider does not have, its carrier does not define.


@runtime_checkable
class SendsMany(Protocol):
    """One call for many people, each with an outcome of its own."""

    batch: int
    """The most messages one call takes."""

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """One outcome for each message, in their order; a failure of the whole call is everybody's."""


@runtime_checkable
class Tells(Protocol):
    """What a phone shows beside messages."""

    async def tell(
        self, http: Http, number: PhoneNumber, event: Literal["IS_TYPING", "READ"], message: str = ""
    ) -> None:
        """message: the person's message that was read, by the carrier's id. Raise `SendError` on failure."""


@runtime_checkable
class TakesBack(Protocol):
    """A message that was not delivered yet."""

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId, provider_id: str = "") -> RecallOutcome:
        """By our id or, with some providers, by their own ("" = not known). Raise `SendError` on failure."""


@runtime_checkable
class Asks(Protocol):
    """What a phone can do."""

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """None: the provider cannot tell. Raise `SendError` on failure."""


@runtime_checkable
class AsksMany(Protocol):
    """What many phones can do, in one call."""

    async def capabilities(self, http: Http, numbers: Sequence[PhoneNumber]) -> Mapping[PhoneNumber, Capability]:
        """Of those the provider knows anything about. Raise `SendError` on failure."""


@runtime_checkable
class LooksUp(Protocol):
    """What became of a send whose answer was lost."""

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        """Asked of the provider by our id, its id ("" = not known) or number and day; at: of the attempt, UTC.

        None: it has no such message (yet). Raise `SendError` on failure.
        """


@runtime_checkable
class Pulls(Protocol):
    """Replies and receipts fetched from the provider, for accounts whose webhook cannot be reached."""

    def pull(self, http: Http) -> AsyncIterator[Sequence[Item]]:
        """What is new, as it is handed out: the provider forgets it, so each is stored before the next is asked for.

        Raise `SendError` on failure.
        """


@runtime_checkable
class SharesToken(Protocol):
    """A provider that keeps one access token an account: all processes must use the same."""

    def share(self, shelf: Shelf) -> None:
        """Take the token from there, and put it there."""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, sound, film or document to show. content_type: as in "image/jpeg"."""

    file_name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a provider keeps of ours. name: its URL, or its name there. size: bytes. until: UTC, None = not said."""

    name: str
    content_type: str
    size: int
    until: datetime | None = None


@runtime_checkable
class TakesGsma(Protocol):
    """Its cards are the parts of a GSMA chatbot message, which say more than RBM's JSON."""

    takes_gsma: Literal[True]


@runtime_checkable
class Uploads(Protocol):
    """A provider that keeps what its messages show."""

    async def upload(self, http: Http, media: Media) -> Uploaded:
        """Hand over a file. Raise `SendError` on failure."""


@dataclass(frozen=True, slots=True)
class TemplateReview:
    """What a provider says of a registered template (报备). why: of a rejection, in its words."""

    state: TemplateState
    why: str = ""


@runtime_checkable
class RegistersTemplates(Protocol):
    """A provider that reviews templates before they are sent."""

    async def template(self, http: Http, code: str) -> TemplateReview:
        """What it says of the template. Raise `SendError` on failure."""

    async def submit_template(self, http: Http, name: str, text: str, about: str) -> str:
        """Submit a template in the provider's placeholder syntax; its code. Raise `SendError` on failure."""


@dataclass(frozen=True, slots=True)
class RichTemplate:
    """A rich SMS to be reviewed. subject: at most 20 characters.

    files: in the order they are shown; texts are UTF-8 .txt with the provider's placeholders in them.
    """

    subject: str
    files: tuple[Media, ...]


@runtime_checkable
class RegistersRichTemplates(Protocol):
    """A provider that reviews rich SMS, pictures and all, before they are sent."""

    async def submit_rich_template(self, http: Http, template: RichTemplate, about: str) -> str:
        """Submit one with its files; its code. Raise `SendError` on failure, also for more than it takes."""


@runtime_checkable
class RegistersSignatures(Protocol):
    """A provider that reviews the 【签名】 in front of texts."""

    async def signature(self, http: Http, code: str = "") -> TemplateReview:
        """What it says of a signature, by what it knows it by; "" = the account's own. Raise `SendError` on failure."""


@runtime_checkable
class TemplatesOnly(Protocol):
    """A provider that sends nothing but registered templates."""

    templates_only: Literal[True]


S = TypeVar("S", bound=AccountSettings)


@dataclass(frozen=True, slots=True)
class CarrierFactory(Generic[S]):
    """What a carrier's module calls CARRIER: the settings model of a carrier and how to build it from one account's."""

    settings: type[S]
    carrier: Callable[[AccountName, S], Carrier]

    def __call__(self, account: AccountName, settings: AccountSettings) -> Carrier:
        if not isinstance(settings, self.settings):
            raise ConfigError(f"accounts.{account}: settings are not {self.settings.__name__}")
        return self.carrier(account, settings)
