"""`bot templates status|submit`: what providers say of the texts (报备) and rich SMS that cards name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from yarl import URL

from bot import compose
from bot.carriers.base import (
    Carrier,
    Media,
    RegistersRichTemplates,
    RegistersSignatures,
    RegistersTemplates,
    RichTemplate,
    TemplateReview,
)
from bot.carriers.http import NoAnswer, NotConnected, Timeouts
from bot.deliver.templates import Reviews
from bot.errors import ConfigError, SendError
from bot.messages import AccountName
from bot.runtime import Runtime
from bot.settings import load
from cards import CardError, Cards
from cards.check import sample
from cards.compiled import RegisteredTemplate, RichSmsTemplate
from cards.registered import Review, fingerprint, unusable
from cards.rich_sms import SUFFIXES

SUFFIX_OF: Final = {suffix: content_type for content_type, suffix in SUFFIXES.items()} | {"txt": "text/plain"}
FETCH: Final = Timeouts(connect_s=5.0, read_s=30.0)
FILE_BYTES: Final = 10_000_000
"""The largest picture or film that is fetched; providers take less."""


@dataclass(frozen=True, slots=True)
class Named:
    """A template that a card names for an account."""

    account: AccountName
    card: str
    language: str
    template: RegisteredTemplate


async def status(*, accept: bool) -> tuple[list[str], bool]:
    """Ask every provider and write what it says into the store: a line for each template, and for each account's
    signature that its provider reviews; and may all be sent with?

    accept: the provider reviewed the texts as the cards have them now, whatever they were before.
    """
    settings = load()
    async with compose.store_url(settings) as url, compose.runtime(settings, url) as runtime:
        told = [(named, await _reviewed(runtime, named, accept=accept)) for named in _named(runtime)]
        signed = [(carrier, await _signed(runtime, carrier)) for carrier in runtime.carriers.values()]
    lines = [
        f"{named.account:12} {named.template.source.code:16} {named.card} ({named.language}): {why or 'approved'}"
        for named, why in told
    ]
    lines += [
        f"{carrier.account:12} 【{carrier.settings.signature}】: {': '.join(filter(None, (said.state, said.why)))}"
        for carrier, said in signed
        if said
    ]
    usable = not any(why for _, why in told) and all(
        said.state in ("approved", "unknown") for _, said in signed if said
    )
    return lines or ["no card names a template for an account of these settings"], usable


async def _signed(runtime: Runtime, carrier: Carrier) -> TemplateReview | None:
    """What the provider says of the account's signature; None where it reviews none."""
    if not isinstance(carrier, RegistersSignatures):
        return None
    try:
        return await carrier.signature(runtime.providers)
    except SendError as error:
        return TemplateReview("unknown", str(error))


async def submit(account: str, card: str, language: str, about: str, *, rich: bool = False) -> str:
    """Submit the text a card names for an account, or its rich SMS with the pictures of the sample; tells the code it
    gets. Raises ConfigError, SendError.
    """
    settings = load()
    async with compose.store_url(settings) as url, compose.runtime(settings, url) as runtime:
        carrier = _reviewer(runtime, account, RegistersRichTemplates if rich else RegistersTemplates)
        source = _template(runtime.cards, card, language, account, rich=rich).source
        if isinstance(carrier, RegistersRichTemplates) and rich:
            template = await _rich(runtime, carrier, card, language)
            code = await carrier.submit_rich_template(runtime.providers, template, about)
        else:
            assert isinstance(carrier, RegistersTemplates)
            code = await carrier.submit_template(runtime.providers, card, source.text, about)
        review = Review("submitted", fingerprint(source.text))
        await Reviews(runtime.store, ()).write(AccountName(account), code, review)
    kept = code == source.code
    return f"submitted to {account} as {code}" + ("" if kept else f": write `code: {code}` into the card")


def _reviewer(runtime: Runtime, account: str, able: type[object]) -> Carrier:
    carrier = runtime.carriers.get(AccountName(account))
    if carrier is None or not isinstance(carrier, able):
        others = ", ".join(name for name, one in runtime.carriers.items() if isinstance(one, able))
        raise ConfigError(f"{account}: its provider reviews no such templates; those of {others or 'no account'} do")
    return carrier


def _template(
    cards: Cards, card: str, language: str, account: str, *, rich: bool
) -> RegisteredTemplate | RichSmsTemplate:
    template = cards.template(card, language) if card in cards.names() else None
    named = template and (template.rich_sms if rich else template.templates).get(account)
    if not named:
        where = "rich_sms" if rich else "templates"
        raise ConfigError(f"{card} names no template for {account}: write one under `{where}:` in its file")
    return named


async def _rich(runtime: Runtime, carrier: Carrier, card: str, language: str) -> RichTemplate:
    """What a card's rich SMS is reviewed as: its text, behind the pictures its sample names, which are fetched."""
    try:
        found = runtime.cards.rich_sms(sample(runtime.cards, card, language), carrier.account)
    except CardError as error:
        raise ConfigError(str(error)) from None
    assert found is not None
    if found.kind == "card":
        raise ConfigError(f"{card}: Aliyun makes card templates (卡片短信) in its console only")
    files = [
        Media(part.file, SUFFIX_OF[part.suffix], part.text.encode() or await _fetched(runtime, part.url))
        for part in found.parts
    ]
    return RichTemplate(found.subject, tuple(files))


async def _fetched(runtime: Runtime, url: str) -> bytes:
    try:
        answer = await runtime.providers.fetch(URL(url), FETCH, FILE_BYTES)
    except (NotConnected, NoAnswer) as error:
        raise ConfigError(f"{url} cannot be fetched: {error}") from None
    if answer.status != 200:
        raise ConfigError(f"{url} cannot be fetched: HTTP {answer.status}")
    return answer.body


def _named(runtime: Runtime) -> Iterator[Named]:
    """All templates of all cards, for the accounts whose provider reviews them."""
    for card in sorted(runtime.cards.names()):
        for language in runtime.cards.languages(card):
            template = runtime.cards.template(card, language)
            rich = {name: one.registered for name, one in template.rich_sms.items() if one.source.kind != "card"}
            for name, carrier in runtime.carriers.items():
                if isinstance(carrier, RegistersTemplates):
                    named = (one[name] for one in (template.templates, rich) if name in one)
                    yield from (Named(name, card, language, one) for one in named)


async def _reviewed(runtime: Runtime, named: Named, *, accept: bool) -> str:
    """Why a template must not be sent with, by what its provider says now; "" = it may."""
    carrier, source = runtime.carriers[named.account], named.template.source
    assert isinstance(carrier, RegistersTemplates)
    reviews = Reviews(runtime.store, ())
    before = (await reviews.read(named.account)).get(source.code)
    try:
        said = await carrier.template(runtime.providers, source.code)
    except SendError as error:
        return f"{error}; before: {before.status if before else 'nothing is known'}"
    review = _review(said, None if accept else before, source.text)
    if review is not None and review != before:
        await reviews.write(named.account, source.code, review)
    return unusable(named.template, review or before)


def _review(said: TemplateReview, before: Review | None, text: str) -> Review | None:
    """What the provider said. It says nothing of our text: what was reviewed is the text as it was when first known."""
    if said.state == "unknown":
        return None
    return Review(said.state, before.fingerprint if before else fingerprint(text), said.why)
