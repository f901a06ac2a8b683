"""The same words once more, from a carrier that gives neither id nor time: a repeat of its own, or a second answer?

Nobody can tell, so where they would move money, bind or stop a sale for another question than the one they may have
answered already, they are not taken: the bot asks, and the person says so in other words.
"""

from __future__ import annotations

from flows.engine.draft import Draft
from flows.engine.states import ask_again
from flows.engine.which import BOTH, Fit, forget, keep, take
from flows.state import Ask, Kept, KeptAnswer, Question, Reading, Said
from flows.understand.score import MONEY

AGAIN = "again"
"""State of the bot's own question, and its card."""
WORDS = ("确认", "是的")
"""What to say for yes; the second where the words in doubt are the first themselves."""
QUOTED_CHARS = 20


def doubtful(stimulus: Said, reading: Reading) -> bool:
    """May these words be a repeat that would decide something else than they did the first time?"""
    return stimulus.again and reading.intent in MONEY


def ask_whether(draft: Draft, ask: Ask, reading: Reading, text: str) -> None:
    """Keep what the words would mean to this ask, and ask whether they mean it."""
    draft.note("may be a repeat", f"{reading.intent} for {ask.id}, in words that came just before", ask.thread)
    kept = draft.kept if draft.kept and draft.kept.which == ask.id else None
    found = _meant(draft, kept, ask, reading)
    if found is None:
        forget(draft)
        draft.service("closed", {"title": "", "reason": "ended", "asks": []})
    elif ask.state == BOTH and not ask.thread and kept:
        _put_again(draft, kept, ask)
    else:
        question = Question("plain", ("affirm", "deny"), draft.library.choices(f"service/{AGAIN}", {}))
        data = quoted(text) | {"title": found[0].title, "word": WORDS[text.strip() == WORDS[0]]}
        draft.service(AGAIN, data, keep(draft, AGAIN, question, [found], text))


def confirmed(draft: Draft, own: Ask, reading: Reading) -> None:
    """The person said whether it was an answer. If not, its question is put again."""
    kept = draft.kept if draft.kept and draft.kept.which == own.id else None
    forget(draft)
    answer = kept.answers[0] if kept else None
    ask = draft.asks.get(answer.ask) if answer else None
    if reading.intent == "affirm" or ask is None or ask.closed_at is not None:
        take(draft, kept, answer)
    else:
        draft.note("asked again", "the words were a repeat", ask.thread)
        ask_again(draft, draft.threads[ask.thread])


def quoted(text: str) -> dict[str, str]:
    """The words in doubt, for a card."""
    return {"text": text if len(text) <= QUOTED_CHARS else f"{text[:QUOTED_CHARS]}…"}


def _meant(draft: Draft, kept: Kept | None, ask: Ask, reading: Reading) -> Fit | None:
    """The ask and the answer the words would decide; of the bot's own question, what was kept for it."""
    if ask.thread:
        return ask, reading
    if kept is None:
        return None
    answer = next((one for one in kept.answers if one.ask == reading.slots.get("ask")), kept.answers[0])
    return _remembered(draft, answer)


def _remembered(draft: Draft, answer: KeptAnswer) -> Fit | None:
    ask = draft.asks.get(answer.ask)
    return (ask, answer.reading) if ask else None


def _put_again(draft: Draft, kept: Kept, both: Ask) -> None:
    """An answer and a stop: which of them is asked once more, as a new question."""
    found = [fit for answer in kept.answers if (fit := _remembered(draft, answer))]
    draft.service("unclear", {"title": "", "options": []}, keep(draft, BOTH, both.question, found, kept.text))
