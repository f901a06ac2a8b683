"""The carriers there are, and how an account's table in bot.toml becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from bot.carriers.aliyun import Aliyun, AliyunSettings
from bot.carriers.base import Carrier, CarrierFactory
from bot.carriers.fivegmsg import fivegmsg
from bot.carriers.fivegmsg_account import FivegmsgSettings
from bot.carriers.google_rbm import GoogleRbm, GoogleRbmSettings
from bot.carriers.infobip import Infobip, InfobipSettings
from bot.carriers.jasmin import Jasmin, JasminSettings
from bot.carriers.kannel import Kannel, KannelSettings
from bot.carriers.sandbox import Sandbox, SandboxSettings
from bot.carriers.sinch import Sinch, SinchSettings
from bot.carriers.smsbao import SmsBao, SmsBaoSettings
from bot.carriers.tencent import Tencent, TencentSettings
from bot.carriers.twilio import Twilio, TwilioSettings
from bot.carriers.vonage import Vonage, VonageSettings
from bot.carriers.yunpian import Yunpian, YunpianSettings
from bot.errors import ConfigError
from bot.messages import AccountName

CARRIERS: Final[Mapping[str, CarrierFactory[Any]]] = {
    "sandbox": CarrierFactory(SandboxSettings, Sandbox),
    "yunpian": CarrierFactory(YunpianSettings, Yunpian),
    "aliyun": CarrierFactory(AliyunSettings, Aliyun),
    "tencent": CarrierFactory(TencentSettings, Tencent),
    "smsbao": CarrierFactory(SmsBaoSettings, SmsBao),
    "google_rbm": CarrierFactory(GoogleRbmSettings, GoogleRbm),
    "fivegmsg": CarrierFactory(FivegmsgSettings, fivegmsg),
    "twilio": CarrierFactory(TwilioSettings, Twilio),
    "infobip": CarrierFactory(InfobipSettings, Infobip),
    "sinch": CarrierFactory(SinchSettings, Sinch),
    "vonage": CarrierFactory(VonageSettings, Vonage),
    "kannel": CarrierFactory(KannelSettings, Kannel),
    "jasmin": CarrierFactory(JasminSettings, Jasmin),
}


def build(account: AccountName, table: Mapping[str, object], public_url: str = "") -> Carrier:
    """The carrier of one account, from its table. Raises ConfigError naming account and field, no value.

    public_url: how carriers reach us.
    """
    factory = CARRIERS.get(str(table.get("carrier")))
    if factory is None:
        raise ConfigError(f"accounts.{account}.carrier: must be one of {', '.join(CARRIERS)}")
    try:
        settings = factory.settings.model_validate({"public_url": public_url, **table})
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        lines = [f"{'.'.join(map(str, ('accounts', account, *flaw['loc'])))}: {flaw['msg']}" for flaw in flaws]
        raise ConfigError("\n".join(lines)) from None  # pydantic's own text would quote the value
    return factory(account, settings)
