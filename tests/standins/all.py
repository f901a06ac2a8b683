"""Which stand-in plays which carrier."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from standins.aliyun import AliyunStandin
from standins.base import Standin
from standins.google_rbm import GoogleRbmStandin
from standins.sandbox import SandboxStandin
from standins.smsbao import SmsBaoStandin
from standins.tencent import TencentStandin
from standins.yunpian import YunpianStandin

_CLASSES: tuple[type[Standin], ...] = (
    SandboxStandin,
    YunpianStandin,
    AliyunStandin,
    TencentStandin,
    SmsBaoStandin,
    GoogleRbmStandin,
)
STANDINS: Mapping[str, Callable[..., Standin]] = {standin.carrier: standin for standin in _CLASSES}

SIGNING = sorted(standin.carrier for standin in _CLASSES if standin.signs)
REPORTING = sorted(standin.carrier for standin in _CLASSES if standin.words)
POSTING = sorted(standin.carrier for standin in _CLASSES if standin.posts)
