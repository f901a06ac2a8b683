"""What must hold when everything has become quiet: the ledger, the phones and the platform tell one story.

Each check returns what it found against it, in words; nothing is fine.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crash.house import House
from crash.shop import DECIDED, Shop
from crash.town import Person, Town, shows

SAYS = {
    "consignment/offer": "open",
    "consignment/offer_changed": "open",
    "consignment/offer_name_price": "open",
    "consignment/offer_accepted": "made",
    "consignment/offer_declined": "declined",
    "consignment/offer_countered": "countered",
    "consignment/offer_gone": "withdrawn",
    "service/being_confirmed": "pending",
}
"""What a card tells the seller about the offer."""
GIVEN_UP = ("service/failed", "service/held")


@dataclass(frozen=True, slots=True)
class Message:
    """An outbound, as the ledger has it."""

    position: int
    id: str
    thread: str
    card: str
    status: str
    why: str
    account: str

    def follows(self, other: Message) -> bool:
        """Said later about the same."""
        return self.thread == other.thread and self.position > other.position


class Ledger:
    """The tables, read when nothing writes any more."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    def rows(self, query: str) -> list[Any]:
        return self._db.execute(query).fetchall()

    def journal(self) -> Iterator[Any]:
        """Every entry, those of a person in the order they were committed."""
        for row in self.rows("SELECT body FROM journal ORDER BY position"):
            for _, entries in json.loads(row["body"]):
                yield from entries

    def outbound(self) -> list[Message]:
        """In the order they were committed."""
        found = self.rows("SELECT * FROM messages WHERE direction = 'out' ORDER BY position")
        return [
            Message(
                row["position"],
                row["id"],
                row["thread"],
                row["card"],
                row["status"],
                row["why"] or "",
                row["account"] or "",
            )
            for row in found
        ]


def no_call_was_given_up(ledger: Ledger) -> Iterator[str]:
    """Every decision came to its end: none failed, and none was left to staff as unknown."""
    yield from (f"{m.card} was said in {m.thread}" for m in ledger.outbound() if m.card in GIVEN_UP)


def every_post_is_one_turn(ledger: Ledger, town: Town) -> Iterator[str]:
    """Every inbound answered 200 has exactly one row, and those of a person stand in the order they were taken."""
    turns = ledger.rows("SELECT provider_id FROM turns WHERE kind IN ('said', 'tapped') ORDER BY position")
    recorded: dict[str, list[str]] = defaultdict(list)
    for row in turns:
        recorded[row["provider_id"].partition("-")[0]].append(row["provider_id"])
    for person in town.people.values():
        if (found := recorded.pop(person.number[-8:], [])) != person.said:
            yield f"posts {person.said} became turns {found}"
    yield from (f"turns of nobody: {left}" for left in recorded.values())


def nothing_is_set_aside(ledger: Ledger) -> Iterator[str]:
    """No stimulus was given up, and every journal entry could be read."""
    for table in ("parked", "dead"):
        [(count,)] = ledger.rows(f"SELECT count(*) FROM {table}")
        if count:
            yield f"{count} rows in {table}"


def decisions_are_single(shop: Shop) -> Iterator[str]:
    """One decision for a revision of an offer, however often the platform is called; and one effect for an offer."""
    decided = Counter((call.offer, call.revision) for call in shop.decisions.values() if call.status != "gone")
    yield from (
        f"{count} decisions for {offer} r{revision}" for (offer, revision), count in decided.items() if count > 1
    )
    effects = Counter(call.offer for call in shop.decisions.values() if call.did)
    yield from (f"{count} effects on {offer}" for offer, count in effects.items() if count > 1)


def only_what_was_shown_is_answered(ledger: Ledger) -> Iterator[str]:
    """Words and taps decide on a question only after an attempt to send it that is not known to have failed."""
    asks: dict[str, str] = {}
    attempts: Counter[str] = Counter()
    shown: set[str] = set()
    for entry in ledger.journal():
        match entry["t"]:
            case "out":
                asks[entry["id"]] = entry["ask"]
            case "attempt":
                attempts[entry["id"]] += 1
                shown.add(asks[entry["id"]])
            case "status" if entry["why"].startswith("again: not_connected") and attempts[entry["id"]] == 1:
                shown.discard(asks[entry["id"]])
            case "turn" if entry["kind"] in ("said", "tapped"):
                decided = any(effect[0] == "do" for effect in entry.get("effects", ()))
                if decided and not any(ask.startswith(f"{entry['thread']}.") for ask in shown):
                    yield f"{entry['thread']} was decided by {entry['provider_id']} before it was shown"


def messages_are_single(town: Town) -> Iterator[str]:
    """A message arrives once, by one carrier, whether or not that carrier can tell a repeat."""
    arrived = Counter(message.id for person in town.people.values() for message in person.read)
    yield from (f"{id_} arrived {count} times" for id_, count in arrived.items() if count > 1)


def statuses_agree(ledger: Ledger, town: Town) -> Iterator[str]:
    """What arrived is in the ledger as delivered; what did not was dropped, or nobody can know."""
    arrived = {message.id: message.carrier for person in town.people.values() for message in person.read}
    for message in ledger.outbound():
        carrier = arrived.pop(message.id, None)
        fine = message.status == "delivered" if carrier else message.status == "dropped" or _lost(message)
        if not fine:
            yield f"{message.id} ({message.card}) is {message.status}: {message.why}; arrived by {carrier}"
    yield from (f"{id_} arrived and is not in the ledger" for id_ in arrived)


def words_agree(ledger: Ledger, town: Town, shop: Shop) -> Iterator[str]:
    """What a seller last read of an offer is what it is; unless more was said and is known to be lost or dropped."""
    outbound = {message.id: message for message in ledger.outbound()}
    for code, offer in shop.offers.items():
        heard = [
            (outbound[read.id], read.words)
            for read in town.people[offer.number].read
            if f"#{code}）" in read.words and outbound[read.id].card in SAYS
        ]
        if not heard:
            continue
        last, words = heard[-1]
        known = SAYS[last.card] == offer.state and (offer.state != "open" or shows(words, code, offer.price))
        later = (message for message in outbound.values() if message.follows(last))
        if not known and not any(_lost(message) or _unwanted(message) for message in later):
            yield f"{offer.id} is {offer.state} at {offer.price} r{offer.revision}, but the last word was {words}"


def _lost(message: Message) -> bool:
    """Its sender died in the attempt, and none may follow: the account does not know a repeat, or it is not wanted."""
    return message.status == "unknown" and (message.account == "sms" or "not again" in message.why)


def _unwanted(message: Message) -> bool:
    """Its person opted out."""
    return "opted_out" in message.why


def outcomes_arrived(ledger: Ledger, shop: Shop) -> Iterator[str]:
    """Every outcome arrived, in order within its thread; a repeat carries the same id."""
    emitted = {row["id"]: row for row in ledger.rows("SELECT * FROM outcomes")}
    first = {outcome.id: outcome for outcome in reversed(shop.outcomes)}
    yield from (f"{row['type']} of {row['thread']} never arrived" for id_, row in emitted.items() if id_ not in first)
    yield from (f"{outcome} is not in the ledger" for id_, outcome in first.items() if id_ not in emitted)
    yield from (f"{row['id']} is {row['state']}" for row in emitted.values() if row["state"] != "posted")
    newest: dict[str, int] = {}
    for outcome in dict.fromkeys(shop.outcomes):
        if outcome.sequence <= newest.get(outcome.thread, 0):
            yield f"{outcome} came after number {newest[outcome.thread]}"
        newest[outcome.thread] = outcome.sequence


def deals_were_told(shop: Shop) -> Iterator[str]:
    """The platform heard of every decision it made, as an outcome of its thread."""
    told = Counter(outcome.type for outcome in {outcome.id: outcome for outcome in shop.outcomes}.values())
    for verb, state in DECIDED.items():
        made = sum(offer.state == state for offer in shop.offers.values())
        name = f"offer.{'accepted' if verb == 'accept' else state}"
        if told[name] != made:
            yield f"{made} offers were {state}, {told[name]} outcomes say {name}"


def nobody_is_named(logs: Iterable[str], people: Iterable[Person]) -> Iterator[str]:
    """No log line holds a number."""
    text = "\n".join(logs)
    yield from (f"a log names {person.number}" for person in people if person.number[3:] in text)


def roles_lived(house: House) -> Iterator[str]:
    """No role ended by itself, but one that found no store when it was started."""
    for role, kept in house.roles.items():
        lines = kept.log.read_text(encoding="utf-8").splitlines()
        gave_up = sum(line.startswith("bot: StoreDown") for line in lines)
        failed = sum(code != 0 for code in kept.ended)
        if failed > gave_up:
            last_words = [line for line in lines if not line.startswith("{")][-3:]
            yield f"{role} ended by itself with {kept.ended}: {last_words}"
