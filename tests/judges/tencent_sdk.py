"""Tencent's SDK: signs a body of ours, and makes the same call itself as far as the wire.

A case: {"action", "body", "host", "content_type", "at": Unix seconds, "secret_id", "secret_key"}.
Said of it: {"signature": of our body; "body" and "authorization": the SDK's own for the same fields, at our time}.
"""

import json
import sys
import time

from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models
from tencentcloud.sms.v20210111.sms_client import SmsClient


def judge(action, body, host, content_type, at, secret_id, secret_key):
    time.time = lambda: at
    profile = ClientProfile(httpProfile=HttpProfile(endpoint=host))
    client = SmsClient(Credential(secret_id, secret_key), "ap-guangzhou", profile)
    ours = RequestInternal(host, "POST", "/", {"Content-Type": content_type, "Host": host, "X-TC-Timestamp": str(at)})
    ours.data = body
    day = time.strftime("%Y-%m-%d", time.gmtime(at))
    signature = client._get_tc3_signature({}, ours, day, "sms", secret_key)
    made = made_by_the_sdk(client, action, json.loads(body))
    return {"signature": signature, "body": made.data, "authorization": made.header["Authorization"]}


def made_by_the_sdk(client, action, fields):
    model = getattr(models, f"{action}Request")()
    model._deserialize(fields)
    request = RequestInternal(client._get_endpoint(), "POST", "/")
    client._build_req_inter(action, model._serialize(), request)
    return request


json.dump([judge(**case) for case in json.load(sys.stdin)], sys.stdout)
