"""Everything is killed at random points while messages arrive; afterwards every story agrees."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from crash import findings
from crash.house import APART, TOGETHER, House, webhook
from crash.shop import Shop
from crash.storm import quiet, rage
from crash.town import Person, Town
from standins.google_rbm import GoogleRbmStandin
from standins.yunpian import YunpianStandin

PEOPLE = 300
POSTS = 2_000
OFFERS_AT_ONCE = 2
"""Offers a seller has open at most."""


class Market:
    """What buyers do while sellers talk: new offers, other prices, offers taken back."""

    def __init__(self, shop: Shop, address: str, seed: int) -> None:
        self._shop, self._address, self._chance = shop, address, random.Random(f"{seed}/market")

    async def open(self, person: Person) -> None:
        await self._shop.tell(self._address, self._shop.make_offer(person.number))

    async def act(self, person: Person) -> None:
        """Perhaps something happens to one of the person's offers."""
        chance, offers = self._chance.random(), self._shop.open_offers(person.number)
        if offers and chance < 0.22:
            offer = self._chance.choice(offers)
            self._shop.change_price(offer)
        elif offers and chance < 0.27:
            offer = self._chance.choice(offers)
            self._shop.withdraw(offer)
        elif chance < 0.45 and len(offers) < OFFERS_AT_ONCE:
            offer = self._shop.make_offer(person.number)
        else:
            return
        await self._shop.tell(self._address, offer)


@pytest.mark.crash
@pytest.mark.parametrize("processes", [APART, TOGETHER], ids=["apart", "together"])
async def test_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path, seed: int, processes: Mapping[str, str]) -> None:
    """kill -9 of any process or the store at any point loses, doubles and reorders nothing, and every word is true."""
    print(f"replay with: --seed {seed}")
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(Shop(random.Random(f"{seed}/shop")))
        sms = await stack.enter_async_context(YunpianStandin())
        rcs = await stack.enter_async_context(GoogleRbmStandin())
        accounts = {"sms": sms.table(signature="叮咚"), "rcs": rcs.table()}
        house = House(tmp_path, accounts, shop.url, processes=processes)
        sms.webhook, rcs.webhook = webhook(house.url, "sms"), webhook(house.url, "rcs")
        town = Town(PEOPLE, seed, sms, rcs)
        async with house.running():
            await weather(house, town, shop, seed, (sms, rcs))
    found = [*found_in(house, town, shop)]
    assert not found, f"--seed {seed}:\n" + "\n".join(found[:40]) + f"\n({len(found)} in all; see {tmp_path})"


async def weather(
    house: House, town: Town, shop: Shop, seed: int, carriers: tuple[YunpianStandin, GoogleRbmStandin]
) -> None:
    """Let people talk and things die; return when all is quiet."""
    market = Market(shop, house.url, seed)
    async with asyncio.TaskGroup() as delivering:
        phones = [delivering.create_task(town.deliver(carrier, delivering)) for carrier in carriers]
        async with asyncio.TaskGroup() as living:
            living.create_task(rage(house, town, seed, POSTS))
            for n, person in enumerate(town.people.values()):
                living.create_task(market.open(person))
                share = POSTS // PEOPLE + (n < POSTS % PEOPLE)
                living.create_task(town.live(person, share, living, market.act))
        assert town.accepted == POSTS
        await quiet(house.store.url)
        for phone in phones:
            phone.cancel()
    await quiet(house.store.url)  # the last receipts are in


def found_in(house: House, town: Town, shop: Shop) -> list[str]:
    """Everything that is not as it must be."""
    ledger = findings.Ledger(house.ledger)
    try:
        return [
            *findings.every_post_is_one_turn(ledger, town),
            *findings.nothing_is_set_aside(ledger),
            *findings.no_call_was_given_up(ledger),
            *findings.decisions_are_single(shop),
            *findings.only_what_was_shown_is_answered(ledger),
            *findings.messages_are_single(town),
            *findings.statuses_agree(ledger, town),
            *findings.words_agree(ledger, town, shop),
            *findings.outcomes_arrived(ledger, shop),
            *findings.deals_were_told(shop),
            *findings.nobody_is_named(house.logs().values(), town.people.values()),
            *findings.roles_lived(house),
        ]
    finally:
        ledger.close()
