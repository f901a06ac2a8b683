"""Shards and message ids: which slot a person's data is in, and ids that say so."""

from __future__ import annotations

import hashlib
import uuid

from bot.messages import ContactId, MessageId


def shard_of(contact: ContactId, shards: int) -> int:
    """The shard of a contact (0 … shards-1)."""
    return int(contact[:8], 16) % shards


def message_id(shard: int, contact: ContactId, derived: str) -> MessageId:
    """The id of the outbound for a `Say`: UUIDv8 (RFC 9562 5.8), shard in its first 16 bits.

    Derived from the contact and the Say's own derived id, so a step repeated after a crash makes the same one.
    """
    hexes = hashlib.sha256(f"{contact}\n{derived}".encode()).hexdigest()
    variant = "89ab"[int(hexes[16], 16) & 3]
    return MessageId(f"{shard:04x}{hexes[4:8]}-{hexes[8:12]}-8{hexes[13:16]}-{variant}{hexes[17:20]}-{hexes[20:32]}")


def shard_of_message(message: str, shards: int) -> int | None:
    """The shard an id of ours carries; None when it is not an id of ours (a foreign or damaged echo)."""
    try:
        raw = uuid.UUID(message)
    except ValueError:
        return None
    shard = int.from_bytes(raw.bytes[0:2], "big")
    return shard if raw.version == 8 and shard < shards else None
