"""Sinch's SDK: judges its webhooks as our stand-in signs them, and the sends of ours by its own models.

A case: {"headers", "body", "secret"} or {"send": our body}. Said of it: the type of the event it reads, "" for one it
does not believe; or the send as its model writes it again.
"""

import json
import sys

from sinch.domains.conversation.models.v1.messages.internal.request import SendMessageRequest
from sinch.domains.conversation.sinch_events.v1 import ConversationSinchEvent


def judge(case):
    if "send" in case:
        return SendMessageRequest.model_validate(case["send"]).model_dump(mode="json", by_alias=True, exclude_none=True)
    events = ConversationSinchEvent(case["secret"])
    if not events.validate_authentication_header(case["headers"], case["body"]):
        return ""
    return type(events.parse_event(case["body"])).__name__


json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
