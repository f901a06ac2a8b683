-- Take people with something to send: one message each, the one that may go now.
-- A person is locked (field `sender` of who) while an attempt is under way; order holds within a thread; a higher
-- kind or another thread passes one that is held or backing off, however many of those there are.
-- KEYS out:<kind> in order of precedence
-- ARGV prefix n lease_ms token floor
-- -> list of {contact, id, status, attempts, account, {who…}, doc, first attempt ms|"", text only("1"|""),
--    last attempt ms|"", provider id|""}
local prefix, lease, token = ARGV[1], tonumber(ARGV[3]), ARGV[4]
local now, taken = clock(), {}

local rank_of = {}
for i, key in ipairs(KEYS) do rank_of[string.sub(key, #prefix + 5)] = i end

-- The highest kind this person has anything of: the first message of that kind that may go is the one.
local function highest(contact)
  for i, key in ipairs(KEYS) do
    if redis.call('ZSCORE', key, contact) then return i end
  end
end

local function pick(contact)
  local top, best, best_rank, blocked = highest(contact), nil, 99, {}
  local later = {}
  for _, id in ipairs(redis.call('LRANGE', prefix .. 'queue:' .. contact, 0, -1)) do
    local m = redis.call('HMGET', prefix .. 'msg:' .. id, 'kind', 'thread', 'due', 'status')
    if not m[1] then
      redis.call('LREM', prefix .. 'queue:' .. contact, 1, id) -- outlived its time to live
    elseif m[4] ~= 'queued' and m[4] ~= 'attempted' then
      redis.call('LREM', prefix .. 'queue:' .. contact, 1, id) -- its sender died, and a receipt said what became of it
      redis.call('RPUSH', prefix .. 'done:' .. contact, id)
    else
      local rank, due = rank_of[m[1]], tonumber(m[3])
      if due > now then
        later[rank] = math.min(later[rank] or due, due)
        blocked[m[2]] = true
      elseif not blocked[m[2]] then
        if rank < best_rank then best, best_rank = id, rank end
        if best_rank == top then break end
        blocked[m[2]] = true
      end
    end
  end
  return best, later
end

for i, key in ipairs(KEYS) do
  local room = math.max(ARGV[2] - #taken, tonumber(ARGV[5]))
  for _, contact in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, room)) do
    local who = prefix .. 'who:' .. contact
    local lock = redis.call('HGET', who, 'sender')
    local lock_until = lock and tonumber(string.match(lock, ' (%d+)$')) or 0
    if lock_until > now then
      redis.call('ZADD', key, lock_until, contact)
    else
      local id, later = pick(contact)
      for rank, due in pairs(later) do redis.call('ZADD', KEYS[rank], due, contact) end
      if id then
        redis.call('ZADD', key, now + lease, contact)
        redis.call('HSET', who, 'sender', string.format('%s %.0f', token, now + lease))
        local m = redis.call('HMGET', prefix .. 'msg:' .. id, 'status', 'n', 'account', 'doc', 'since', 'as_text',
          'tried', 'pid')
        taken[#taken + 1] = {
          contact, id, m[1], m[2], m[3] or '', redis.call('HGETALL', who), m[4], m[5] or '', m[6] or '', m[7] or '',
          m[8] or '',
        }
      elseif not later[i] then
        redis.call('ZREM', key, contact)
      end
    end
  end
end
return taken
