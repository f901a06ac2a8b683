"""Yunpian's SDK: makes the same call as far as the wire.

A case: {"path": as in "sms/single_send", "fields": ours, "apikey"}. Said of it: {"url", "fields"} of the SDK's own.
"""

import json
import sys
from urllib.parse import parse_qsl

import requests
from yunpian_python_sdk.ypclient import YunpianClient


class Captured(BaseException):
    """The call, at the point where it would be written."""


def judge(path, fields, apikey):
    requests.Session.send = stop
    name, action = path.split("/")
    try:
        getattr(getattr(YunpianClient(apikey), name)(), action)(fields)
    except Captured as captured:
        request = captured.args[0]
        return {"url": request.url, "fields": dict(parse_qsl(request.body, keep_blank_values=True))}
    raise RuntimeError("the SDK wrote nothing")


def stop(_, request, **__):
    raise Captured(request)


json.dump([judge(**case) for case in json.load(sys.stdin)], sys.stdout)
