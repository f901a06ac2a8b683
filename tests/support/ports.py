"""Ports for programs that must be told theirs before they start."""

from __future__ import annotations

import random
import socket

BELOW_EPHEMERAL = range(20_000, 32_000)
"""No outgoing connection takes one of these (Linux hands out 32768 and up) between our look and the program's bind."""


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    for port in random.sample(BELOW_EPHEMERAL, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
