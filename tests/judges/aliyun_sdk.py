"""Alibaba's SDK: signs a request of ours, and makes the same call itself as far as the wire.

A case: {"action", "params": the action's fields, "query": those we put there, "headers": we sign, "key_id", "secret"}.
Said of it: {"authorization": of our request; "query", "body" and "headers" of the SDK's own, under our time and nonce}.
"""

import json
import re
import sys

from alibabacloud_dysmsapi20170525 import models
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.core import DaraCore
from darabonba.request import DaraRequest
from darabonba.runtime import RuntimeOptions


class Captured(BaseException):
    """The call, at the point where it would be written."""


def judge(action, params, query, headers, key_id, secret):
    ours = DaraRequest()
    ours.method, ours.pathname, ours.query, ours.headers = "POST", "/", query, headers
    digest = headers["x-acs-content-sha256"]
    made = made_by_the_sdk(action, params, headers, key_id, secret)
    return {
        "authorization": Utils.get_authorization(ours, "ACS3-HMAC-SHA256", digest, key_id, secret),
        "query": made.query,
        "body": made.body or "",
        "headers": made.headers,
    }


def made_by_the_sdk(action, params, headers, key_id, secret):
    Utils.get_nonce = staticmethod(lambda: headers["x-acs-signature-nonce"])
    Utils.get_timestamp = staticmethod(lambda: headers["x-acs-date"])
    DaraCore.do_action = staticmethod(stop)
    client = Client(Config(access_key_id=key_id, access_key_secret=secret, endpoint=headers["host"]))
    call = getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower() + "_with_options")
    try:
        call(getattr(models, f"{action}Request")().from_map(params), RuntimeOptions())
    except Captured as captured:
        return captured.args[0]
    raise RuntimeError("the SDK wrote nothing")


def stop(request, *_):
    raise Captured(request)


json.dump([judge(**case) for case in json.load(sys.stdin)], sys.stdout)
