-- A permit to send from an account: GCRA, shared by all processes.
-- KEYS rate (a string: the theoretical arrival time of the next send, in µs)
-- ARGV interval_us burst_us
-- -> 0 taken, else ms to wait
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local next_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = next_at - now - ARGV[2]
if wait > 0 then return math.ceil(wait / 1000) end
redis.call('SET', KEYS[1], string.format('%.0f', next_at + ARGV[1]), 'PX', math.ceil((next_at - now + ARGV[1]) / 1000) + 1000)
return 0
