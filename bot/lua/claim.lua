-- Claim the contacts whose mail waits longest: lease them, count the try, return all a turn needs.
-- A stimulus that failed max_tries claims is set aside and the next one goes on.
-- KEYS ready
-- ARGV prefix n lease_ms token mail max_tries
-- -> list of what `handed` returns
local prefix, token, max_tries = ARGV[1], ARGV[4], tonumber(ARGV[6])
local now = clock()
local claimed = {}
for _, contact in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local talk, mail = prefix .. 'talk:' .. contact, prefix .. 'mail:' .. contact
  local state = redis.call('HMGET', talk, 'doc', 'ver', 'tries')
  local tries = (tonumber(state[3]) or 0) + 1
  if tries > max_tries then
    local item = redis.call('LPOP', mail)
    if item then
      redis.call('RPUSH', prefix .. 'parked:' .. contact, item)
      journal(prefix, { t = 'parked', contact = contact, mail = item })
    end
    tries = 1
  end
  local items = redis.call('LRANGE', mail, 0, tries == 1 and ARGV[5] - 1 or 0)
  if #items == 0 then
    redis.call('ZREM', KEYS[1], contact)
    redis.call('HDEL', talk, 'claim', 'tries')
  else
    redis.call('ZADD', KEYS[1], now + ARGV[3], contact)
    redis.call('HSET', talk, 'claim', token, 'tries', tries)
    claimed[#claimed + 1] = handed(prefix, contact, state, items)
  end
end
return claimed
