-- Take people with an RCS message that is due to be looked at: one message each, leased. Of one thread no second one is
-- taken while the first is under way, so that their texts keep the order.
-- KEYS recalls
-- ARGV prefix n lease_ms token
-- -> list of {contact, id, status, account, sent ms, asked ms|"", said, said ms|"", number, provider id|"", doc}
local prefix, now, taken = ARGV[1], clock(), {}
local lease = string.format('%.0f', now + ARGV[3])

local function pick(contact)
  local blocked = {}
  for _, id in ipairs(redis.call('LRANGE', prefix .. 'awaited:' .. contact, 0, -1)) do
    local m = redis.call('HMGET', prefix .. 'msg:' .. id, 'thread', 'due', 'recaller')
    if not m[1] then
      redis.call('LREM', prefix .. 'awaited:' .. contact, 1, id) -- outlived its time to live
    elseif tonumber(m[2]) > now then
      if m[3] then blocked[m[1]] = true end
    elseif not blocked[m[1]] then
      return id
    end
  end
end

for _, contact in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local id = pick(contact)
  if id then
    local key = prefix .. 'msg:' .. id
    redis.call('HSET', key, 'recaller', ARGV[4], 'due', lease)
    local m = redis.call('HMGET', key, 'status', 'account', 'sent', 'asked', 'said', 'said_at', 'doc', 'pid')
    taken[#taken + 1] = {
      contact, id, m[1], m[2], m[3] or lease, m[4] or '', m[5] or '', m[6] or '',
      redis.call('HGET', prefix .. 'who:' .. contact, 'number') or '', m[8] or '', m[7],
    }
  end
  look_again(prefix, contact)
end
return taken
