"""One frozen settings object, read once: defaults, then bot.toml, then DINGDONG_… in the environment.

Nested names use two underscores: `DINGDONG_SENDER__LEASE_MS`. Every limit has its unit in its name.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WebSettings(_Section):
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 = any free one.")
    health_port: int = Field(
        0, ge=0, le=65535, description="Port of /healthz, /readyz and /metrics where the web role is not; 0 = none."
    )
    public_url: str = Field("", description="How carriers reach us; default http://host:port.")
    body_limit_bytes: int = Field(1_048_576, gt=0, description="Largest webhook or API body taken (413 beyond).")
    trusted_proxies: int = Field(0, ge=0, description="Proxies in front whose X-Forwarded-For hop is believed.")

    @property
    def url(self) -> str:
        """How others reach us."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class StoreSettings(_Section):
    shards: int = Field(16, ge=1, le=1024, description="Shards of people; fixed in the store at first start.")
    appendfsync: Literal["always", "everysec"] = Field("always", description="everysec waives durability.")
    ack_replicas: int = Field(0, ge=0, description="Replicas that must have a batch before it is acknowledged.")
    ack_timeout_ms: int = Field(500, gt=0, description="How long to wait for them.")
    batch: int = Field(256, gt=0, description="Script calls put into one pipeline at most.")
    connections: int = Field(2, ge=1, description="Pipelines in flight at once.")
    allow_volatile: bool = Field(False, description="Start even if the store keeps no append-only file (never live).")


class WorkerSettings(_Section):
    poll_ms: int = Field(250, gt=0, description="How often all shards are looked at when nothing wakes us.")
    lease_ms: int = Field(
        10_000, gt=0, description="How long a claimed contact is ours; also the pause after a failure."
    )
    claim: int = Field(64, gt=0, description="Contacts claimed from one shard at once.")
    hands: int = Field(
        256, ge=0, description="Contacts claimed with the mail that wakes them, under way at once in one process."
    )
    mail: int = Field(16, gt=0, description="Stimuli of one contact taken with one claim.")
    max_tries: int = Field(5, gt=0, description="Failed claims after which a stimulus is set aside for staff.")


class SenderSettings(_Section):
    poll_ms: int = Field(250, gt=0, description="How often the outbox is looked at when nothing wakes us.")
    lease_ms: int = Field(30_000, gt=0, description="Attempt lease; more than connect + read time-out.")
    take: int = Field(64, gt=0, description="Contacts taken from one shard and kind at once.")
    parallel: int = Field(128, gt=0, description="Sends under way in one process.")
    gather_ms: int = Field(
        20,
        ge=0,
        description="How long advertisements to one account wait for each other, to go in one call; 0 = each alone.",
    )
    backoff_ms: int = Field(2_000, gt=0, description="First pause after a retryable failure; doubles, with jitter.")
    backoff_max_ms: int = Field(600_000, gt=0, description="Longest pause between attempts.")
    give_up_s: float = Field(
        86_400.0, gt=0, description="Seconds from its first attempt after which a message nobody takes is given up."
    )
    hold_recheck_ms: int = Field(
        3_600_000, gt=0, description="How often a message held without an end is looked at again."
    )
    message_ttl_s: int = Field(259_200, gt=0, description="An outbound stays in the store this long after its expiry.")
    messages_kept: int = Field(6, ge=1, description="Outbound of one person kept in the store once past sending.")
    look_up_after_ms: int = Field(
        10_000, gt=0, description="How long after an attempt without an answer the provider is asked what became of it."
    )
    look_up_for_ms: int = Field(
        60_000, gt=0, description="How long it is asked again, before a message it does not know may be sent again."
    )
    probe_after_ms: int = Field(
        60_000, gt=0, description="How often one message may try an account that its own error stopped."
    )
    capability_ttl_s: int = Field(86_400, gt=0, description="How long a phone's capability is believed.")
    capability_wait_ms: int = Field(
        3_000, gt=0, description="How long a carrier may take to say what a phone can do; then it gets the text."
    )
    default_ttl_s: int = Field(86_400, gt=0, description="Expiry of an outbound whose flow names none.")


class RecallSettings(_Section):
    """When an RCS message that does not arrive is taken back and its text goes out. Patience 0 = for ever."""

    verification_s: float = Field(15.0, ge=0, description="Patience with a code, from when its carrier took it.")
    conversation_s: float = Field(60.0, ge=0, description="Patience with an answer.")
    transactional_s: float = Field(300.0, ge=0, description="Patience with a notice.")
    marketing_s: float = Field(0.0, ge=0, description="Patience with a promotion.")
    receipt_s: float = Field(
        60.0, ge=0, description="How long a receipt is waited for where the carrier cannot tell whether it arrived."
    )
    unclear_as_text: tuple[Literal["verification", "conversation", "transactional", "marketing"], ...] = Field(
        ("conversation", "transactional"),
        description="Kinds whose text goes out when no receipt came then either; the others are never sent twice.",
    )
    again_ms: int = Field(5_000, gt=0, description="Pause before a recall that failed is asked for again.")
    poll_ms: int = Field(1_000, gt=0, description="How often it is looked whose patience ended.")
    parallel: int = Field(256, gt=0, description="Recalls under way in one process.")
    unreached_ttl_s: int = Field(
        3_600, ge=0, description="How long a phone that a message was taken back from gets texts instead of RCS."
    )


class ReceiveSettings(_Section):
    seen_ttl_s: int = Field(691_200, gt=0, description="De-duplication memory; longer than RBM's 7 days of retries.")
    mailbox_limit: int = Field(1_000, gt=0, description="Mail one person may have waiting; beyond: 503.")


class RecorderSettings(_Section):
    poll_ms: int = Field(
        500, gt=0, description="Pause between batches. What is shorter makes more fsyncs, for which turns wait."
    )
    batch: int = Field(1_000, gt=0, description="Entries projected in one transaction at most.")


class ActionSettings(_Section):
    endpoint: str = Field("", description="URL of a rasa-sdk action server; empty = in process.")
    timeout_s: float = Field(12.0, gt=0, description="Seconds one action may take; its own time-outs are shorter.")
    parallel: int = Field(64, gt=0, description="Actions under way in one process.")


NLU_URL: Final = "NLU_URL"
"""The name a Rasa server goes by elsewhere; DINGDONG_UNDERSTANDING__NLU_URL and bot.toml win over it."""


class UnderstandingSettings(_Section):
    nlu_url: str = Field(
        default_factory=lambda: os.environ.get(NLU_URL, ""),
        validate_default=True,
        pattern=r"^(https?://\S+)?$",
        description="A Rasa server's /model/parse, asked about unclear words only; NLU_URL names it too.",
    )
    nlu_timeout_ms: int = Field(300, gt=0, le=5_000, description="How long its opinion is waited for.")


class PlatformSettings(_Section):
    api_keys: tuple[SecretStr, ...] = Field((), description="Keys the platform may call /v1 with.")
    url: str = Field("", description="The platform's own API, which the actions call (PLATFORM_URL for them).")
    key: SecretStr = Field(SecretStr(""), description="The key the actions call it with (PLATFORM_KEY for them).")


RETRY_S = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Standard Webhooks, "Deliverability and reliability": the example schedule, just over three days."""


class OutcomeSettings(_Section):
    url: str = Field("", description="Where outcomes are posted; empty = kept in the ledger only.")
    secrets: tuple[SecretStr, ...] = Field((), description="whsec_… signing secrets; two while one rotates.")
    timeout_s: float = Field(20.0, gt=0, description="Seconds the platform has to answer (the spec says 15 to 30).")
    lease_ms: int = Field(60_000, gt=0, description="How long a taken outcome is ours; well beyond the time-out.")
    retry_s: tuple[float, ...] = Field(RETRY_S, description="Pauses between attempts; after the last: dead letter.")
    parallel: int = Field(8, gt=0, description="People of one shard whose outcomes are under way in one process.")
    poll_ms: int = Field(1_000, gt=0, description="How often all shards are looked at when nothing wakes us.")
    dead_kept: int = Field(1_000, gt=0, description="Dead letters kept in the store per shard; the ledger has all.")


class ConsoleSettings(_Section):
    password_hash: SecretStr = Field(SecretStr(""), description="argon2 hash of the console's password.")
    session_ttl_s: int = Field(43_200, gt=0, description="How long a login lasts.")


class Settings(BaseSettings):
    """Everything the program can be told. Secrets come from the environment or bot.toml, never from code."""

    model_config = SettingsConfigDict(
        env_prefix="DINGDONG_", env_nested_delimiter="__", frozen=True, extra="forbid", toml_file=None
    )

    data: Path = Field(Path("data"), description="Folder of the embedded store, SQLite and first-run secrets.")
    redis_url: str = Field("", description="redis://… or unix://…; empty = the embedded store under `data`.")
    database_url: str = Field("", description="postgresql://… or sqlite:///…; empty = SQLite under `data`.")
    master_key: SecretStr = Field(SecretStr(""), description="base64 of 32 bytes: seals numbers, keys contact ids.")
    country: str = Field("CN", description="Region a number without + belongs to.")
    language: str = Field("zh", description="Language of a contact we know nothing of.")
    zone: str = Field("Asia/Shanghai", description="Time zone of a contact we know nothing of.")
    handset: bool = Field(False, description="Serve /handset for a sandbox account (never in production).")
    handset_typing_s: float = Field(
        20.0, gt=0, description="How long the handset shows that the bot is typing, in seconds; phones differ."
    )
    handset_compose: bool = Field(
        True, description="Whether the handset takes a composeAction, which Google's reference does not name."
    )
    images: tuple[str, ...] = Field((), description="Origins, besides https, that the handset may show pictures from.")
    accounts: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Accounts by name; see docs/carriers.md."
    )
    limits: dict[str, Any] = Field(default_factory=dict, description="Conversation rules: see flows/limits.py.")
    web: WebSettings = WebSettings()
    store: StoreSettings = StoreSettings()
    receive: ReceiveSettings = ReceiveSettings()
    worker: WorkerSettings = WorkerSettings()
    sender: SenderSettings = SenderSettings()
    recall: RecallSettings = RecallSettings()
    recorder: RecorderSettings = RecorderSettings()
    actions: ActionSettings = ActionSettings()
    understanding: UnderstandingSettings = Field(default_factory=UnderstandingSettings)
    platform: PlatformSettings = PlatformSettings()
    outcomes: OutcomeSettings = OutcomeSettings()
    console: ConsoleSettings = ConsoleSettings()

    @property
    def ledger_url(self) -> str:
        """Where the ledger is."""
        return self.database_url or f"sqlite:///{self.data}/ledger.db"

    @field_validator("master_key")
    @classmethod
    def _key_is_32_bytes(cls, key: SecretStr) -> SecretStr:
        value = key.get_secret_value()
        if value and len(base64.b64decode(value, validate=True)) != 32:
            raise ValueError("must be base64 of exactly 32 bytes, e.g. from: openssl rand -base64 32")
        return key

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get(CONFIG, "bot.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


CONFIG: Final = "DINGDONG_CONFIG"
"""The file of settings, if it is not bot.toml in the current folder."""
CHILD: Final = "DINGDONG_CHILD"
"""Set by a launcher for the processes it starts: they share the port."""


def load(**given: Any) -> Settings:
    """Read the settings. Raises ConfigError that names every setting at fault and where it may be set."""
    _check_names()
    try:
        return Settings(**given)
    except SettingsError as error:
        raise ConfigError(f"settings: {error}: lists and tables are JSON there, e.g. '[\"key\"]'") from None
    except TOMLDecodeError as error:
        raise ConfigError(f"{os.environ.get(CONFIG, 'bot.toml')} is not TOML: {error}") from None
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise ConfigError("settings (bot.toml or DINGDONG_… in the environment):\n" + "\n".join(lines)) from None


def _check_names() -> None:
    """A misspelt name must not be passed over in silence. Raises ConfigError."""
    prefix = Settings.model_config["env_prefix"]
    known = {CONFIG, CHILD, *(prefix + name.upper() for name in Settings.model_fields)}
    named = {name for name in os.environ if name.upper().startswith(prefix)}
    if unknown := sorted(name for name in named if name.upper().split("__")[0] not in known):
        raise ConfigError(f"the environment names settings that do not exist: {', '.join(unknown)}")
    if CONFIG in os.environ and not Path(os.environ[CONFIG]).is_file():
        raise ConfigError(f"{CONFIG} names {os.environ[CONFIG]}, which is no file")
