"""Reading the journal: what is good is kept, what is bad is set aside and holds nobody up."""

from __future__ import annotations

import json

import pytest
from support.entries import ANNE, BO, T0, attempt, out, status, streamed, turn

from bot.record.journal import encode
from bot.record.projection import Progress, Rows, StreamEntry, project


def projected(*bodies: bytes) -> Rows:
    entries = [StreamEntry(3, f"{T0 + n}-0", body) for n, body in enumerate(bodies)]
    rows, progress = project(entries, Progress())
    assert progress.upto == {3: f"{T0 + len(bodies) - 1}-0"}
    return rows


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[{", "not JSON"),
        (b'{"t":"nope"}', "not an entry"),
        (b'[{"t":"nope","contact":"a"}]', "not an entry"),
        (b'["turn"]', "not an entry"),
        (b"[null]", "not an entry"),
        (b"7", "not an entry"),
        (b'[{"t":"parked","contact":"a"}]', "not an entry"),
        (b'[{"t":"parked","contact":"a","mail":7}]', "not an entry"),
        (b'[{"t":"parked","contact":"a","mail":"\\ud800"}]', "not JSON"),
        (encode([attempt(n=2**40)]).encode(), "not an entry"),
        (b'[{"t":"status","contact":"a","id":"m","why":"","status":"lost"}]', "not an entry"),
    ],
)
def test_a_bad_entry_is_dead_and_its_neighbours_are_not(body: bytes, reason: str) -> None:
    """Whatever stands in a stream entry, the ones before and after it are recorded."""
    good = encode([turn()]).encode()
    rows = projected(good, body, good)
    assert [(shard, entry, why) for _, shard, entry, _, why, _ in rows["dead"]] == [(3, f"{T0 + 1}-0", reason)]
    assert len(rows["turns"]) == 2


def test_one_bad_entry_of_a_list_leaves_the_others() -> None:
    """A list with something unknown in it is read one by one; the page holds the good ones."""
    body = json.dumps([turn(), {"t": "from_the_future", "contact": ANNE}, out()]).encode()
    rows = projected(body)
    assert (len(rows["turns"]), len(rows["outbound"]), len(rows["dead"])) == (1, 1, 1)
    ((_, contact, _, _, page),) = rows["journal"]
    assert contact == ANNE
    assert [entry["t"] for _, entries in json.loads(page) for entry in entries] == ["turn", "out"]


def test_a_stream_entry_speaks_of_one_person() -> None:
    """What names another person than its list began with is dead: it would stand in the wrong timeline."""
    rows = projected(encode([turn(), turn(name="in-2", contact=BO)]).encode())
    assert [row[2] for row in rows["turns"]] == [ANNE]
    assert len(rows["dead"]) == 1


def test_the_character_no_database_takes_is_replaced() -> None:
    """U+0000 in somebody's words does not stop the ledger."""
    rows = projected(encode([turn(text="a\0b")]).encode())
    assert rows["said"][0][6] == "a\ufffdb"
    assert "\\u0000" not in rows["journal"][0][4]


def test_a_time_that_cannot_be_read_is_that_of_the_commit() -> None:
    """A receipt without a time, or with nonsense, counts from when it was journaled."""
    rows = projected(encode([turn() | {"at": "yesterday"}]).encode())
    assert rows["turns"][0][4] == T0


def test_pieces_of_one_outbound_in_a_batch_are_one_row() -> None:
    """Queued, attempted and sent in one batch cost the database one row."""
    rows, progress = project(streamed(out(), attempt(), status("sent")), Progress(position=10))
    assert len(rows["outbound"]) == 1
    assert progress.position == 13


def test_positions_count_on_and_pages_stand_in_their_order() -> None:
    """Every entry takes the next position; a person's page has that of its last entry."""
    entries = streamed([turn(), out()], turn(name="in-2", contact=BO), attempt())
    rows, progress = project(entries, Progress(position=100))
    assert [(row[0], row[1]) for row in rows["journal"]] == [(103, BO), (104, ANNE)]
    assert [row[0] for row in rows["turns"]] == [101, 103]
    assert progress.position == 104
