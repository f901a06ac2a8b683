"""Which stand-in plays which carrier."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from standins.aliyun import AliyunStandin
from standins.base import Standin
from standins.fivegmsg import FivegmsgStandin
from standins.fivegmsg_xml import FivegmsgXmlStandin
from standins.google_rbm import GoogleRbmStandin
from standins.infobip import InfobipStandin
from standins.jasmin import JasminStandin
from standins.kannel import KannelStandin
from standins.sandbox import SandboxStandin
from standins.sinch import SinchStandin
from standins.smsbao import SmsBaoStandin
from standins.tencent import TencentStandin
from standins.twilio import TwilioStandin
from standins.vonage import VonageStandin
from standins.yunpian import YunpianStandin

_CLASSES: tuple[type[Standin], ...] = (
    SandboxStandin,
    YunpianStandin,
    AliyunStandin,
    TencentStandin,
    SmsBaoStandin,
    GoogleRbmStandin,
    FivegmsgStandin,
    FivegmsgXmlStandin,
    TwilioStandin,
    InfobipStandin,
    SinchStandin,
    VonageStandin,
    KannelStandin,
    JasminStandin,
)
_NAMED: Mapping[str, type[Standin]] = {standin.name or standin.carrier: standin for standin in _CLASSES}
STANDINS: Mapping[str, Callable[..., Standin]] = _NAMED
"""By the name of the carrier, or of its dialect where it speaks several."""

SIGNING = sorted(name for name, standin in _NAMED.items() if standin.signs)
REPORTING = sorted(name for name, standin in _NAMED.items() if standin.words)
POSTING = sorted(name for name, standin in _NAMED.items() if standin.posts)
