"""The errors of the machinery.

    DingdongError
    ├── ConfigError          settings, flows, cards: the program must not start. Exit code 2.
    ├── Refused              a webhook or API call that is not taken: an HTTP status and a reason
    ├── StoreDown            Redis did not answer: 503, the caller repeats
    └── SendError            a carrier did not take a message: facts, not subclasses

`ConfigError` is never caught by code that handles the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class DingdongError(Exception):
    """The root, so that a caller can tell ours from everybody else's."""


class ConfigError(DingdongError):
    """What is wrong, in which file or setting, and what to do."""

    exit_code: ClassVar = 2
    """Of the process that ends with it: starting it again would not help."""


@dataclass(eq=False)
class Refused(DingdongError):
    """A request that changes nothing.

    status: the HTTP status to answer. reason: a stable word for metrics ("bad_signature").
    detail: one sentence for the caller; never a secret, a number or a body.
    field: the field at fault, as a path ("data.price"), for problem+json.
    """

    status: int
    reason: str
    detail: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.reason}: {self.detail}"


class StoreDown(DingdongError):
    """The store did not answer, or answered that it cannot write."""


@dataclass(eq=False)
class SendError(DingdongError):
    """A send that was not taken, described by facts the sender branches on.

    retryable: the same attempt may succeed later. retry_after_s: the carrier said when.
    unknown: it may have been sent (time-out after writing, a 5xx without a body that says no).
    The rest say what is at fault: throttled, opted_out, bad_number, not_rcs, template, content, account.
    code: the carrier's own code. detail: its words, without number, key or message body.
    """

    code: str
    detail: str = ""
    retryable: bool = False
    retry_after_s: float | None = None
    unknown: bool = False
    throttled: bool = False
    opted_out: bool = False
    bad_number: bool = False
    not_rcs: bool = False
    template: bool = False
    content: bool = False
    account: bool = False

    def __str__(self) -> str:
        facts = [name for name in FACTS if getattr(self, name)]
        return f"{self.code} ({', '.join(facts) or 'permanent'}) {self.detail}".rstrip()


FACTS = (
    "retryable",
    "unknown",
    "throttled",
    "opted_out",
    "bad_number",
    "not_rcs",
    "template",
    "content",
    "account",
)
