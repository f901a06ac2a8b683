"""Card → the words of an SMS: 【签名】 in front, options numbered behind, within its declared segments."""

from __future__ import annotations

from typing import Final

import msgspec

from cards.model import Card
from cards.segments import Encoding, count
from cards.shorten import fit
from cards.wording import Wording, advice


class Text(msgspec.Struct, frozen=True):
    """body: exactly what is sent. shortened: whether values in it had to be cut to stay within `segments`."""

    body: str
    segments: int
    encoding: Encoding
    shortened: bool = False


class _Phrases(msgspec.Struct, frozen=True):
    """How a language says it. Chinese needs no space between sentences."""

    space: str
    reply: str
    between: str
    pick: str
    alternative: str
    only_also: str
    stop: str
    opt_out: str


_PHRASES: Final = {
    "zh": _Phrases("", "回复", " ", "回复数字选择", "，或", "请{}。", "", "拒收请回复R"),
    "en": _Phrases(" ", "Reply ", ", ", "Reply with a number", ", or ", "Please {}.", ".", "Reply STOP to opt out."),
}


def to_text(card: Card, signature: str, marketing: bool = False) -> Text:
    """The card as text.

    signature: the account's, with or without its 【】; "" for none. marketing: adds the opt-out tail.
    Raises CardError when it says nothing, or cannot be made to take no more segments than its file declares.
    """
    if not card.text:
        raise card.place.at(speaker(card)).error("says nothing with this data")
    wording = worded(card, signature, marketing=marketing)
    counted = count(wording.body)
    if counted.segments <= card.segments:
        return Text(wording.body, counted.segments, counted.encoding)
    mark = "..." if counted.encoding == "gsm7" else "…"
    shorter = fit(card.text, card.data, lambda words: count(wording.saying(words)).segments <= card.segments, mark)
    if shorter is None:
        raise card.place.at(speaker(card)).error(advice(wording, card.segments))
    body = wording.saying(shorter)
    counted = count(body)
    return Text(body, counted.segments, counted.encoding, shortened=True)


def worded(card: Card, signature: str, *, marketing: bool = False) -> Wording:
    """The parts of its text form, as long as they are."""
    phrases = _PHRASES[card.language]
    return Wording(
        signature=signature if not signature or signature.startswith("【") else f"【{signature}】",
        words=card.text,
        options=_options(card, phrases),
        tail=phrases.opt_out if marketing else "",
        lead="\n" if card.listed and card.options else phrases.space,
        space=phrases.space,
    )


def speaker(card: Card) -> str:
    """The field of its file that its text form says."""
    if ("text",) in card.place.lines:
        return "text"
    return "body" if ("body",) in card.place.lines else "title"


def _options(card: Card, phrases: _Phrases) -> str:
    """How to answer: 回复1接受 2拒绝，或直接回复价格. A line for each option when they are long."""
    if not card.options:
        return phrases.only_also.format(card.also) if card.also else ""
    alternative = f"{phrases.alternative}{card.also}" if card.also else ""
    if card.listed:
        lines = numbered(card.options)
        return f"{lines}\n{phrases.pick}{alternative}{phrases.stop}"
    options = phrases.between.join(_option(n, label, phrases) for n, label in enumerate(card.options, 1))
    return f"{phrases.reply}{options}{alternative}{phrases.stop}"


def numbered(options: tuple[str, ...]) -> str:
    """One option a line: "1 腕表（编号#3287）"."""
    return "\n".join(f"{n} {label}" for n, label in enumerate(options, 1))


def _option(n: int, label: str, phrases: _Phrases) -> str:
    """One of them: 1接受, 1 Accept; 1：7天 where the number would run into the label."""
    if label[:1].isdigit():
        return f"{n}：{label}" if not phrases.space else f"{n}: {label}"
    return f"{n}{phrases.space}{label}"
