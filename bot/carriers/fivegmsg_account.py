"""An account at a 5G消息 platform: its settings, and what the platform's codes mean (providers-rcs.md 1b, 1c)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.carriers import gsma
from bot.carriers.base import HttpUrl, Secrets
from bot.carriers.calling import ACCOUNT, CONTENT, NOT_RCS, PERMANENT, RETRY, UNKNOWN, Facts, throttled
from bot.carriers.mainland import ZonedSettings
from bot.messages import Kind, PhoneNumber, Status

BOT_VERSION: Final = '+g.gsma.rcs.botversion="#=1"'
TRAFFIC: Final[Mapping[Kind, str]] = {Kind.MARKETING: "advertisement"}
"""The one traffic type whose meaning is plain; it is optional (1b.3)."""

TOKEN_CODES: Final = frozenset(("40001", "40014", "42001"))
"""The token is not good (any more): another is fetched, once (1b.2)."""

MEDIA_CODES: Final = frozenset(("40005", "40006", "40007", "40022"))
"""A picture or file the platform does not show: of that type, size or address, or no longer there (1b.10)."""

CODES: Final[Mapping[str, Facts]] = {
    # Of a failed delivery (1b.8)
    "1": NOT_RCS,  # no such terminal; samples give it to phones without 5G消息 too
    "2": NOT_RCS,
    "3": CONTENT,
    **dict.fromkeys(("4", "5"), PERMANENT),  # offline and not stored; refused by the phone
    "6": CONTENT,
    # Of a call (1b.10)
    "-1": RETRY,
    "-2": UNKNOWN,  # an internal error does not say how far the message came
    "30001": throttled(3600),
    "30002": ACCOUNT,  # the month's quota, and the year's
    "30003": throttled(1),
    "30004": ACCOUNT,
    "45001": throttled(None),
    **dict.fromkeys(("30006", "30008", "40001", "40002", "40014", "41001", "41002", "41004", "42001"), ACCOUNT),
    "48001": ACCOUNT,
    **dict.fromkeys(("20002", "20003", "40005", "40006", "40007", "40008", "40021", "40022", "40040"), CONTENT),
    **dict.fromkeys(("40016", "40017", "40018", "40019", "40020", "40052"), CONTENT),
    **dict.fromkeys(("41005", "41006", "44001", "44002", "47001", "47002"), CONTENT),
    **dict.fromkeys(("60001", "60003", "70001"), CONTENT),
    "83996": CONTENT,  # Telecom's own: no contentText
    **dict.fromkeys(("46001", "46002"), NOT_RCS),  # no such user there
    **dict.fromkeys(("30007", "40011", "43001", "45010", "46003", "60002"), PERMANENT),
    # Of China Mobile's XML (1c.6)
    "SVC0002": CONTENT,
    "SVC4001": UNKNOWN,
    "POL0003": PERMANENT,
    "POL0009": throttled(None),
}
"""Its codes, as the words of them. What is not here is permanent."""

STATUS: Final[Mapping[str, Status]] = {
    # CT/CU (1b.8)
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "displayed": Status.READ,
    "failed": Status.FAILED,
    "deliveredToNetwork": Status.DELIVERED,  # went out as SMS, which is how they report its success (1b.4)
    "revokeOk": Status.FAILED,  # certainly not delivered: a text may go
    "revokeFail": Status.UNKNOWN,  # may be delivered: look for delivered first
    # China Mobile (1c.4)
    "MessageSent": Status.SENT,
    "DeliveredToTerminal": Status.DELIVERED,
    "DeliveredToNetwork": Status.DELIVERED,
    "DeliveredToSMS": Status.DELIVERED,
    "DeliveredToVms": Status.DELIVERED,
    "MessageDisplayed": Status.READ,
    "DeliveryImpossible": Status.FAILED,
    "DeliveredToSMSFailed": Status.FAILED,
    "DeliveredToVmsFailed": Status.FAILED,
    "Revoked": Status.FAILED,
    "RevokeFailed": Status.UNKNOWN,
}


class FivegmsgSettings(ZonedSettings):
    """A bot (Chatbot) on the 5G消息 platform of an operator."""

    dialect: Literal["ct_cu", "cm"] = Field("ct_cu", description="China Telecom and Unicom (JSON), or Mobile (XML).")
    chatbot: str = Field(
        pattern=r"^sip:[^@\s]+@[^@\s]+$",
        description="The bot's SIP URI, at botplatform.rcs.vnet.cn (Telecom), .chinaunicom.cn or .chinamobile.com.",
    )
    app_id: str = Field(min_length=1, description="Its appId.")
    app_keys: Secrets = Field(description="Its appKey (with `cm`: password); the first is used.")
    callback_tokens: tuple[SecretStr, ...] = Field(
        (), max_length=2, description="What signs the platform's calls (with `cm`: the password in Authorization)."
    )
    callbacks_signed: bool = Field(True, description="False believes calls behind the secret path alone.")
    callback_window_s: int = Field(300, ge=0, description="How old or early a signed call may be; 0 = any (`ct_cu`).")
    api_version: str = Field("v1", description="In the platform's paths.")
    token_prefix: str = Field("accessToken ", description="Before the access token; some gateways want none (`ct_cu`).")
    repeats_ignored: bool = Field(True, description="False if the platform sends a repeated message id again.")
    unknown_phones: Literal["text", "rich"] = Field(
        "rich", description="Phones cannot be asked: send it texts, or try 5G消息 until a receipt says it has none."
    )
    sms_fallback: bool = Field(
        False, description="True has the platform send the text form as SMS to a phone that is no 5G消息 phone."
    )
    store_offline: bool = Field(True, description="Whether the platform keeps messages for phones that are offline.")
    spam_type: str = Field(
        gsma.SPAM, description="Content type of a person's spam report, which is an opt-out; empty = it is none."
    )
    upload_media: bool = Field(
        True, description="Whether pictures are brought to the platform, which shows no others (`ct_cu`)."
    )
    media_wait_s: float = Field(3.0, gt=0, description="How long a message waits for that; then it goes without.")
    media_kept_s: float = Field(
        86_400.0, gt=0, description="How long an upload is used where the platform does not say how long it keeps it."
    )
    media_size: int = Field(204_800, ge=0, description="Bytes said of a file whose size is not known.")
    thumbnail_size: int = Field(20_480, ge=0, description="Bytes said of a thumbnail whose size is not known.")
    upload_mode: Literal["temp", "perm"] = Field("temp", description="temp lives some days; perm is audited (`ct_cu`).")
    cm_send_path: str = Field(
        "messaging/group/{version}/outbound/{chatbot}/requests", description="Where messages are posted (`cm`)."
    )
    cm_recall_path: str = Field(
        "messaging/{version}/outbound/{chatbot}/requests/{message}/status",
        description="Where they are recalled (`cm`).",
    )
    cm_batch: int = Field(100, ge=1, description="Most people one call takes (`cm`).")
    cm_group_address: str = Field(
        "", description="The address of a call for many, where a gateway wants a dummy; empty = the first one's (`cm`)."
    )
    cm_sms_element: str = Field(
        "smsBodyText", pattern="^[A-Za-z]+$", description="The element of the text sent as SMS (`cm`)."
    )
    cm_file_path: str = Field("Content", description="Where files are posted, with a query if one is wanted (`cm`).")
    cm_file_headers: Mapping[str, str] = Field(
        {"Terminal-type": "Chatbot"}, description="Headers of a posted file beside those every gateway wants (`cm`)."
    )
    cm_file_url: HttpUrl = Field("", description="Where files are posted, if not at base_url (`cm`).")
    cm_file_days: int = Field(7, ge=1, description="How long a file sent by its address is said to be there (`cm`).")
    cm_password_hashed: bool = Field(False, description="True if the password given is its SHA-256 already (`cm`).")

    @field_validator("cm_send_path", "cm_recall_path")
    @classmethod
    def _fillable(cls, path: str) -> str:
        try:
            path.format(version="", chatbot="", message="")
        except (LookupError, ValueError):
            raise ValueError("may hold {version}, {chatbot} and {message}, and no other braces") from None
        return path

    @model_validator(mode="after")
    def _believable(self) -> Self:
        if self.callbacks_signed and not self.callback_tokens:
            raise ValueError("callback_tokens: give the token that signs callbacks, or set callbacks_signed = false")
        return self


def conversation(chatbot: str, number: PhoneNumber) -> str:
    """The conversation of a bot and a person: always the same UUID (1b.3)."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{chatbot} {number}"))
