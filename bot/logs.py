"""Structured logs in which no number, key or message body can stand."""

from __future__ import annotations

import logging
import re
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET_FIELDS: Final = frozenset(
    (
        "text",
        "body",
        "number",
        "to",
        "from",
        "phone",
        "key",
        "secret",
        "password",
        "token",
        "authorization",
        "code_sent",
    )
)
"""Fields that are never shown, whoever logs them."""
NUMBER: Final = re.compile(r"(?<![\w.-])\+?\d[\d\s-]{8,}\d(?![\w-])")
"""Anything that may be a phone number, also inside a longer value; not the digits of a hash or a UUID."""
SHOWN_AS: Final = "[redacted]"


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take out what must not be in a log, also from the text of a traceback."""
    for name, value in event.items():
        if name in SECRET_FIELDS:
            event[name] = SHOWN_AS
        elif isinstance(value, str) and name != "timestamp":
            event[name] = NUMBER.sub(SHOWN_AS, value)
    return event


def configure(level: str = "info") -> None:
    """Lines for people on a terminal, JSON elsewhere; standard error. Tracebacks name files, lines and types only."""
    people = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traceback,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")


def _traceback(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An exception as type and places. Its message may quote what was being handled, so it stays out."""
    given = event.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exc_info()[1]
        if error is not None:
            event["error"] = type(error).__name__
            event["where"] = _places(error)
    return event


def _places(error: BaseException) -> list[str]:
    places, frame = [], error.__traceback__
    while frame is not None:
        places.append(f"{frame.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{frame.tb_lineno}")
        frame = frame.tb_next
    return places[-8:]
