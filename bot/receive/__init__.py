"""1 · World → durable queue. A 200 means that what was delivered is in the store."""
