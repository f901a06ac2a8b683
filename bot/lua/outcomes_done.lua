-- The first outcome of a person was posted, or is given up: drop it and let the next one go.
-- KEYS outcomes_due outcomes:<contact> dead
-- ARGV prefix contact lease outcome(as handed out) journal dead("" = it was posted) dead_kept
-- -> 1, or 0 when the lease is another's or this was done before
if redis.call('ZSCORE', KEYS[1], ARGV[2]) ~= ARGV[3] or redis.call('LINDEX', KEYS[2], 0) ~= ARGV[4] then return 0 end
redis.call('LPOP', KEYS[2])
redis.call('XADD', ARGV[1] .. 'journal', '*', 'e', ARGV[5])
if ARGV[6] ~= '' then
  redis.call('RPUSH', KEYS[3], ARGV[6])
  redis.call('LTRIM', KEYS[3], -ARGV[7], -1)
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('ZADD', KEYS[1], clock(), ARGV[2])
else
  redis.call('ZREM', KEYS[1], ARGV[2])
end
return 1
