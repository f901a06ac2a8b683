"""Registered texts (报备): what a carrier approved, and whether a message says exactly that. Pure.

Aliyun and Tencent send only an approved template with values for its placeholders; Yunpian takes free text that must
equal one; Twilio sends rich content by a Content template of the card's shape. Rules: Aliyun, Tencent and Yunpian
documentation of templates and variables.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cards.compiled import RegisteredTemplate
from cards.filters import ZONE
from cards.model import Card, CardError
from cards.shorten import LINK
from cards.source import Provider
from cards.text import to_text
from cards.twilio import to_twilio

TAIL: Final = "拒收请回复R"
"""What a marketing template must end with, and no other may hold (Aliyun, Tencent)."""
TEXT_MAX: Final = 500
"""Characters of a message, signature and all (all three)."""
_SIGNATURE: Final = re.compile(r"^【[^】]*】")
_CONTEXT: Final = 8


@dataclass(frozen=True, slots=True)
class Rules:
    """placeholder: group 1 is its name. value_max: characters of a value, 0 = no limit is known.

    links: a value may hold one. ordered: placeholders are 1, 2, 3… without gaps. tailed: marketing needs TAIL.
    """

    placeholder: re.Pattern[str]
    value_max: int
    links: bool
    ordered: bool
    tailed: bool


TWILIO: Final[Provider] = "twilio"
RULES: Final[Mapping[Provider, Rules]] = {
    "aliyun": Rules(re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}"), 35, links=False, ordered=False, tailed=True),
    # 6 for accounts made after 2024-01-25; an older or larger account's own limit is the card's `value_max`
    "tencent": Rules(re.compile(r"\{([0-9]+)\}"), 6, links=False, ordered=True, tailed=True),
    "yunpian": Rules(re.compile(r"#([^#\s]+)#"), 0, links=True, ordered=False, tailed=False),
}


@dataclass(frozen=True, slots=True)
class Registered:
    """One message by its template. params: placeholder -> value, in the text's order (Tencent sends the values alone).

    text: the template filled, without signature: exactly what the person reads.
    """

    code: str
    params: Mapping[str, str]
    text: str


Status = Literal["draft", "submitted", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Review:
    """Where an account's template stands with its provider. fingerprint: of the text that was reviewed."""

    status: Status
    fingerprint: str
    reason: str = ""


def fingerprint(text: str) -> str:
    """What a review is about: a changed text is another one."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def unusable(template: RegisteredTemplate, review: Review | None) -> str:
    """Why the template must not be sent with now; "" when it may."""
    code = template.source.code
    if review is None or review.status == "draft":
        return f"template {code} was not submitted"
    if review.fingerprint != fingerprint(template.source.text):
        return f"the text of template {code} changed since it was {review.status}"
    if review.status == "rejected":
        return f"template {code} was rejected: {review.reason or 'no reason was given'}"
    return "" if review.status == "approved" else f"template {code} is under review"


def provider_of(account: str, template: RegisteredTemplate) -> Provider:
    """Whose rules the template keeps. Raises CardError when neither it nor the account's name says so."""
    if template.source.of:
        return template.source.of
    named = next((provider for provider in (*RULES, TWILIO) if provider == account), None)
    if named is None:
        raise template.place.error(f"whose template is it? Write `of:` {', '.join((*RULES, TWILIO))}")
    return named


def check_template(account: str, template: RegisteredTemplate, *, marketing: bool) -> Iterator[CardError]:
    """Everything in the template itself that its provider would turn down, or that does not fit the card."""
    provider = provider_of(account, template)
    if provider == TWILIO:
        yield from (template.place.at("params").error("follow from the card: leave them out") for _ in template.values)
        return
    rules = RULES[provider]
    text = _SIGNATURE.sub("", template.source.text)
    names = rules.placeholder.findall(text)
    at = template.place.at("text")
    for name in dict.fromkeys(names):
        if name not in template.values:
            yield at.error(f"has the placeholder {name}, and `params` gives it no value")
        if names.count(name) > 1:
            yield at.error(f"has the placeholder {name} twice: one value, one placeholder")
    for name in template.values:
        if name not in names:
            yield template.place.at("params", name).error("is no placeholder of the text")
    if rules.ordered and names != [str(n) for n in range(1, len(names) + 1)]:
        yield at.error("placeholders count 1, 2, 3… in the order of the text")
    if names and not rules.placeholder.sub("", text).strip():
        yield at.error("is nothing but placeholders")
    if re.search(f"(?:{rules.placeholder.pattern}){{2}}", text):
        yield at.error("has two placeholders side by side: put words between them")
    if "【" in text:
        yield at.error("has 【】 within: only the signature in front has them")
    if rules.tailed and marketing != text.endswith(TAIL):
        wanted = f"must end with {TAIL}" if marketing else f"must not end with {TAIL}: its flow is no marketing"
        yield at.error(wanted)


def registered(card: Card, account: str, template: RegisteredTemplate, *, marketing: bool = False) -> Registered:
    """The message by its template. Raises CardError: a value the provider forbids, or a text that differs."""
    provider = provider_of(account, template)
    if provider == TWILIO:
        return _content(card, template, marketing=marketing)
    rules = RULES[provider]
    text = _SIGNATURE.sub("", template.source.text)
    scope = {**card.data, ZONE: card.zone}
    params: dict[str, str] = {}
    for name in rules.placeholder.findall(text):
        value = template.values.get(name)
        if value is None:
            raise template.place.at("text").error(f"has the placeholder {name}, and `params` gives it no value")
        params[name] = value.render(scope)
        if problem := _forbidden(params[name], template.source.value_max or rules.value_max, rules):
            raise value.place.error(problem)
    filled = rules.placeholder.sub(lambda found: params[found[1]], text)
    message = to_text(card, "", marketing=marketing).body
    if filled != message:
        raise template.place.at("text").error(f"is not what the card says [message|template]: {_diff(message, filled)}")
    if len(filled) > TEXT_MAX:
        raise template.place.at("text").error(f"has {len(filled)} characters, a message {TEXT_MAX} with its signature")
    return Registered(template.source.code, params, filled)


def _content(card: Card, template: RegisteredTemplate, *, marketing: bool) -> Registered:
    """By the Content template of the card's shape; a message of another shape (no picture) has another one."""
    text = to_text(card, "", marketing=marketing).body
    content = to_twilio(card, text)
    if content.name != template.source.text:
        problem = (
            f"is {template.source.text}, and this message is {content.name}: `--renderer twilio` prints what to make"
        )
        raise template.place.at("text").error(problem)
    return Registered(template.source.code, content.variables, text)


def _forbidden(value: str, most: int, rules: Rules) -> str:
    if not value:
        return "is empty with this data: a placeholder needs a value"
    if most and len(value) > most:
        return f"has {len(value)} characters, a value may have {most}"
    if not rules.links and LINK.search(value):
        return "holds a link: this provider forbids that in a value"
    return "" if "【" not in value else "holds 【】: only a signature has them"


def _diff(message: str, filled: str) -> str:
    """The first to the last difference, with a little of what is around: …出价[¥15,200|15200]，11月…"""
    start = _shared(message, filled)
    end = _shared(message[start:][::-1], filled[start:][::-1])
    before, after = message[:start][-_CONTEXT:], message[len(message) - end :][:_CONTEXT]
    lead = "…" if start > _CONTEXT else ""
    trail = "…" if end > _CONTEXT else ""
    return f"{lead}{before}[{message[start : len(message) - end]}|{filled[start : len(filled) - end]}]{after}{trail}"


def _shared(one: str, other: str) -> int:
    """How many characters they begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
