"""2 · Durable queue → committed turn."""
