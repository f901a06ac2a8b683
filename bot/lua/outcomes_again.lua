-- The first outcome of a person was not taken: keep how often it was tried, try again later.
-- KEYS outcomes_due outcomes:<contact>
-- ARGV contact lease outcome(as handed out) outcome(with its attempts counted) delay_ms
-- -> 1, or 0 when the lease is another's or this was done before
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] or redis.call('LINDEX', KEYS[2], 0) ~= ARGV[3] then return 0 end
redis.call('LSET', KEYS[2], 0, ARGV[4])
redis.call('ZADD', KEYS[1], clock() + ARGV[5], ARGV[1])
return 1
