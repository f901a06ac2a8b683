"""Twilio's SDK: judges our signatures of its webhooks, and makes the same call itself as far as the wire.

A case: {"url", "fields": of a form, or "body": other text, "token", "signature": ours}, or {"call": the arguments of
`messages.create`, "sid", "token"}. Said of it: whether it believes the signature, or what it would write.
"""

import json
import sys

from multidict import MultiDict
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client


class Captured(BaseException):
    """The call, at the point where it would be written."""


class Wire(TwilioHttpClient):
    def request(self, method, url, params=None, data=None, headers=None, auth=None, **_):
        raise Captured({"method": method, "url": url, "fields": data, "auth": list(auth)})


def judge(case):
    if "call" in case:
        try:
            Client(case["sid"], case["token"], http_client=Wire()).messages.create(**case["call"])
        except Captured as captured:
            return captured.args[0]
        raise RuntimeError("the SDK wrote nothing")
    told = MultiDict(map(tuple, case["fields"])) if "fields" in case else case["body"]
    return RequestValidator(case["token"]).validate(case["url"], told, case["signature"])


json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
