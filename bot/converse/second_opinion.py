"""A second opinion on words the grammar finds unclear: a Rasa server's POST /model/parse, where one is named.

What it may change is held in the engine (`HINTS` and `ASKABLE` of flows.engine.commands). Here is held that it costs
nobody else anything: a time budget, few questions at once, and a rest for a server that keeps failing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

import aiohttp
import structlog
from prometheus_client import Counter
from pydantic import BaseModel, Field

from bot.converse.conversations import Mail
from bot.settings import UnderstandingSettings
from flows.engine.commands import ASKABLE, HINTS
from flows.state import Said, Turn
from flows.values import replace

log = structlog.get_logger()

ASKED = Counter("dingdong_second_opinions_total", "Second opinions: the hint, or none, failed, not_asked", ["answer"])

PARALLEL = 16
"""Questions under way in one process; beyond, nobody waits for a place."""
FAILURES = 5
"""Failures in a row after which the server is left alone for a while."""
REST_S = 30.0
LONGEST_CHARS = 500
"""A longer text is no question a person asked a bot."""
ANSWER_LIMIT_BYTES = 262_144
CONFIDENCE = 0.7
"""A less certain intent is no opinion."""


class _Intent(BaseModel):
    name: str | None
    confidence: float = Field(strict=True, ge=0, le=1.001, allow_inf_nan=False)  # a float32 1.0 may round up


class _Parsed(BaseModel):
    """Rasa HTTP API, POST /model/parse: {"text", "intent": {"name", "confidence"}, "entities", "intent_ranking"}."""

    intent: _Intent


class SecondOpinion:
    """One server, or none: then nothing is ever wanted."""

    def __init__(
        self,
        settings: UnderstandingSettings,
        http: aiohttp.ClientSession,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = settings.nlu_url
        self._timeout = aiohttp.ClientTimeout(total=settings.nlu_timeout_ms / 1000)
        self._http = http
        self._clock = clock
        self._under_way = 0
        self._failures = 0
        self._rests_until = float("-inf")

    def wanted(self, turns: Iterable[tuple[Mail, Turn]]) -> list[Said]:
        """The words of these turns that an opinion could do something for; none while nobody can be asked."""
        if not self._url or self._clock() < self._rests_until:
            return []
        unclear = (mail.stimulus for mail, turn in turns if _could_help(turn))
        return [words for words in unclear if isinstance(words, Said) and len(words.text) <= LONGEST_CHARS]

    async def ask(self, unclear: Iterable[Said]) -> Mapping[str, str]:
        """Stimulus id -> hint, for those the server has one for. Within the time budget; never raises."""
        words = list(unclear)
        hints = await asyncio.gather(*(self._opinion(one.text) for one in words))
        return {one.id: hint for one, hint in zip(words, hints, strict=True) if hint}

    async def _opinion(self, text: str) -> str:
        if self._under_way >= PARALLEL:
            ASKED.labels("not_asked").inc()
            return ""
        self._under_way += 1
        try:
            hint = _hint(await self._parse(text))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._failed(error)
            return ""
        finally:
            self._under_way -= 1
        self._failures = 0
        ASKED.labels(hint or "none").inc()
        return hint

    async def _parse(self, text: str) -> bytes:
        question = {"text": text}
        async with self._http.post(self._url, json=question, timeout=self._timeout, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"HTTP {response.status}")
            answer = b""
            async for chunk in response.content.iter_any():
                answer += chunk
                if len(answer) > ANSWER_LIMIT_BYTES:
                    raise ValueError("the answer is too long")
            return answer

    def _failed(self, error: Exception) -> None:
        ASKED.labels("failed").inc()
        self._failures += 1
        if self._failures >= FAILURES and self._clock() >= self._rests_until:
            self._rests_until = self._clock() + REST_S
            log.warning("second_opinion_rests", failures=self._failures, for_s=REST_S, error=type(error).__name__)


def hinted(mail: Iterable[Mail], hints: Mapping[str, str]) -> tuple[Mail, ...]:
    """The mail, words with their hints."""
    return tuple(
        replace(one, stimulus=replace(one.stimulus, hint=hints[one.stimulus.id]))
        if isinstance(one.stimulus, Said) and one.stimulus.id in hints
        else one
        for one in mail
    )


def _could_help(turn: Turn) -> bool:
    """The bot itself is to answer, and could make nothing of the words."""
    made_nothing = all(reading.intent == "unclear" for reading in turn.readings)
    return bool(turn.context) and made_nothing and not turn.conversation.held_by


def _hint(answer: bytes) -> str:
    """The intent the answer is sure of, if it may be acted on or asked about. Raises ValueError for nonsense."""
    intent = _Parsed.model_validate_json(answer).intent
    return intent.name if intent.name in HINTS | ASKABLE and intent.confidence >= CONFIDENCE else ""
