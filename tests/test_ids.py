"""Ids that carry their shard."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from bot.ids import message_id, shard_of, shard_of_message
from bot.messages import ContactId

CONTACTS = st.from_regex(r"[0-9a-f]{32}", fullmatch=True).map(ContactId)
SHARDS = st.sampled_from([1, 3, 16, 1024])


@given(CONTACTS, st.text(min_size=1), SHARDS)
def test_a_message_id_carries_the_shard_of_its_contact(contact: ContactId, say: str, shards: int) -> None:
    """It is a UUIDv8 of RFC 9562, and the same for the same Say of the same contact."""
    shard = shard_of(contact, shards)
    made = message_id(shard, contact, say)
    assert 0 <= shard < shards
    assert shard_of_message(made, shards) == shard
    assert shard_of_message(made.upper(), shards) == shard
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (8, uuid.RFC_4122)
    assert message_id(shard, contact, say) == made
    assert message_id(shard, contact, say + "'") != made


@given(CONTACTS, st.text() | st.uuids().map(str))
def test_a_foreign_id_has_no_shard(contact: ContactId, text: str) -> None:
    """A carrier may echo anything: another version, another text, a shard that there is not."""
    assert shard_of_message(text, 16) is None
    assert shard_of_message("00030000-1111-4222-8333-444444444444", 16) is None  # a UUIDv4 that looks like shard 3
    assert shard_of_message(message_id(999, contact, "s"), 16) is None


def test_people_are_spread_over_the_shards() -> None:
    """No shard has more than twice its share."""
    counts = [0] * 16
    for n in range(4_096):
        counts[shard_of(ContactId(uuid.uuid5(uuid.NAMESPACE_OID, str(n)).hex), 16)] += 1
    assert max(counts) < 512
