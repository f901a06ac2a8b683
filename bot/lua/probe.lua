-- May a send try a stopped account? Of all processes' sends one may, every pause_ms.
-- KEYS stopped
-- ARGV pause_ms
-- -> "started" (it is not stopped any more), "try", or "wait"
local probe = redis.call('HGET', KEYS[1], 'probe')
if not probe then return 'started' end
local now = clock()
if tonumber(probe) > now then return 'wait' end
redis.call('HSET', KEYS[1], 'probe', string.format('%.0f', now + ARGV[1]))
return 'try'
