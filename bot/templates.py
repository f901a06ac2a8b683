"""`bot templates status|submit`: what providers say of the registered texts (报备) that cards name; submitting one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot import compose
from bot.carriers.base import Carrier, RegistersSignatures, RegistersTemplates, TemplateReview
from bot.deliver.templates import Reviews
from bot.errors import ConfigError, SendError
from bot.messages import AccountName
from bot.runtime import Runtime
from bot.settings import load
from cards import Cards
from cards.compiled import RegisteredTemplate
from cards.registered import Review, fingerprint, unusable


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


async def submit(account: str, card: str, language: str, about: str) -> str:
    """Submit the text a card names for an account; tells the code it gets. Raises ConfigError, SendError."""
    settings = load()
    async with compose.store_url(settings) as url, compose.runtime(settings, url) as runtime:
        carrier = runtime.carriers.get(AccountName(account))
        if carrier is None or not isinstance(carrier, RegistersTemplates):
            able = ", ".join(n for n, one in runtime.carriers.items() if isinstance(one, RegistersTemplates))
            raise ConfigError(f"{account}: its provider reviews no templates; those of {able or 'no account'} do")
        source = _template(runtime.cards, card, language, account).source
        code = await carrier.submit_template(runtime.providers, card, source.text, about)
        review = Review("submitted", fingerprint(source.text))
        await Reviews(runtime.store, ()).write(AccountName(account), code, review)
    kept = code == source.code
    return f"submitted to {account} as {code}" + ("" if kept else f": write `code: {code}` into the card")


def _template(cards: Cards, card: str, language: str, account: str) -> RegisteredTemplate:
    template = cards.template(card, language).templates.get(account) if card in cards.names() else None
    if template is None:
        raise ConfigError(f"{card} names no template for {account}: write one under `templates:` in its file")
    return template


def _named(runtime: Runtime) -> Iterator[Named]:
    """All templates of all cards, for the accounts whose provider reviews them."""
    for card in sorted(runtime.cards.names()):
        for language in runtime.cards.languages(card):
            templates = runtime.cards.template(card, language).templates
            for name, carrier in runtime.carriers.items():
                if isinstance(carrier, RegistersTemplates) and name in templates:
                    yield Named(name, card, language, templates[name])


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
