"""3 · Outbox → carrier → receipt."""
