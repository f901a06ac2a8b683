"""Structured logs in which no number, key or message body can stand."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final

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
NUMBER: Final = re.compile(r"(?<![A-Za-z0-9_.-])(?:\+|%2B)?\(?\d(?:[\s()-]{0,2}\d){8,}(?![A-Za-z0-9_-])", re.IGNORECASE)
"""Anything that may be a phone number, also inside a longer value; not the digits of a hash or a UUID."""
SHOWN_AS: Final = "[redacted]"


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take out what must not be in a log, however deep it is."""
    return {name: value if name == "timestamp" else _shown(name, value) for name, value in event.items()}


def _shown(name: object, value: Any) -> Any:
    if name in SECRET_FIELDS:
        return SHOWN_AS
    match value:
        case None | bool() | float():
            return value
        case int():
            return SHOWN_AS if NUMBER.fullmatch(str(value)) else value
        case dict():
            return {NUMBER.sub(SHOWN_AS, str(inner)): _shown(inner, one) for inner, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_shown(name, one) for one in value]
        case bytes():
            value = value.decode(errors="replace")
    return NUMBER.sub(SHOWN_AS, value if isinstance(value, str) else repr(value))


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
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


class _Libraries(logging.Handler):
    """What libraries log, the same way. The first line of it: the next ones quote what was being handled."""

    def emit(self, record: logging.LogRecord) -> None:
        said, *_ = record.getMessage().splitlines() or [""]
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(record.levelno, "library", logger=record.name, said=said, exc_info=error)


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
