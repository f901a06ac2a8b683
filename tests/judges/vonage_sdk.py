"""Vonage's SDK: judges its webhooks' JWTs as our stand-in makes them, and the messages of ours by its own models.

A case: {"jwt", "secret"} or {"send": our body}. Said of it: whether it believes the JWT, or the message as its model
writes it again.
"""

import json
import sys

from vonage_jwt import verify_signature
from vonage_messages.models import Sms
from vonage_messages.models import rcs as models

RCS = {
    "text": models.RcsText,
    "image": models.RcsImage,
    "video": models.RcsVideo,
    "file": models.RcsFile,
    "card": models.RcsCardMessage,
    "carousel": models.RcsCarouselMessage,
    "custom": models.RcsCustom,
}


def judge(case):
    if "jwt" in case:
        return verify_signature(case["jwt"], case["secret"])
    said = dict(case["send"])
    model = RCS[said["message_type"]] if said["channel"] == "rcs" else Sms
    said["from_"] = said.pop("from")
    return model.model_validate(said).model_dump(mode="json", by_alias=True, exclude_none=True)


json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
