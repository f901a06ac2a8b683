-- Lease people with outcomes to post and hand out the first outcome of each.
-- The lease is the score, and it fences what its holder does: every later lease is a later time.
-- KEYS outcomes_due
-- ARGV prefix lease_ms limit
-- -> contact, lease, outcome, contact, …
local now, taken = clock(), {}
local lease = string.format('%.0f', now + ARGV[2])
for _, contact in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[3])) do
  local outcome = redis.call('LINDEX', ARGV[1] .. 'outcomes:' .. contact, 0)
  if outcome then
    redis.call('ZADD', KEYS[1], lease, contact)
    taken[#taken + 1] = contact
    taken[#taken + 1] = lease
    taken[#taken + 1] = outcome
  else
    redis.call('ZREM', KEYS[1], contact)
  end
end
return taken
