-- One claim's turns, all or nothing, guarded by claim and version.
-- Where the sender is at hand, their only message is attempted in the same go: as take.lua and attempt.lua would,
-- if nothing else of this person waits or is under way, and consent and hold are as it was decided with.
-- KEYS talk
-- ARGV prefix contact token ver doc consumed journal msg_ttl_s held(or "=")
--   epoch("" = nothing is attempted) account attempt_entry lease_ms form awaits("1"|""), via("" = as before),
--   then counted lists:
--   timers set (id, due ms), timers cleared (id), asks closed, asks forgotten, consent (topic, "1"|""),
--   outbound (id, kind, thread, ask, say, doc), outcomes (json)
-- -> "done" (also when this very commit was applied before), "more" when mail is left, or "lost";
--    with " go" behind it when the message is attempted: the carrier is to be called
local prefix, contact, token = ARGV[1], ARGV[2], ARGV[3]
local state = redis.call('HMGET', KEYS[1], 'ver', 'claim', 'last', 'left')
if state[2] ~= token then
  if state[3] == token then return state[4] end
  return 'lost'
end
if (state[1] or '0') ~= ARGV[4] then return 'lost' end

local now = clock()
local at = 17
local function list(width)
  local n = tonumber(ARGV[at])
  local rows = {}
  for i = 1, n do
    local row = {}
    for j = 1, width do row[j] = ARGV[at + (i - 1) * width + j] end
    rows[i] = row
  end
  at = at + n * width + 1
  return rows
end
local set, cleared, closed, forgotten = list(2), list(1), list(1), list(1)
local consent, outbound, outcomes = list(2), list(6), list(1)
local who, queue = prefix .. 'who:' .. contact, prefix .. 'queue:' .. contact
local timers, shown = prefix .. 'timers', prefix .. 'shown:' .. contact

for _, row in ipairs(cleared) do redis.call('ZREM', timers, contact .. ' ' .. row[1]) end
for _, row in ipairs(set) do redis.call('ZADD', timers, row[2], contact .. ' ' .. row[1]) end

for _, row in ipairs(forgotten) do redis.call('HDEL', shown, row[1]) end

local changed = #consent > 0
for _, row in ipairs(consent) do
  if row[2] == '1' then redis.call('HDEL', who, 'stop:' .. row[1])
  else redis.call('HSET', who, 'stop:' .. row[1], string.format('%.0f', now)) end
end
if ARGV[9] ~= '=' then
  changed = true
  redis.call('HSET', who, 'held', ARGV[9])
  for _, id in ipairs(redis.call('LRANGE', queue, 0, -1)) do -- what the hold kept back is decided again
    local kind = redis.call('HGET', prefix .. 'msg:' .. id, 'kind')
    if kind then
      redis.call('HSET', prefix .. 'msg:' .. id, 'due', string.format('%.0f', now))
      redis.call('ZADD', prefix .. 'out:' .. kind, 'LT', now, contact)
    end
  end
end
if changed then redis.call('HINCRBY', who, 'epoch', 1) end
if ARGV[16] ~= '' then -- where they wrote last: the phone is back there. Consent does not hang on it
  redis.call('HSET', who, 'via', ARGV[16])
  redis.call('HDEL', who, 'rich:' .. ARGV[16])
end

local go = ''
if ARGV[10] ~= '' and not changed and redis.call('EXISTS', queue) == 0 then
  local w = redis.call('HMGET', who, 'epoch', 'sender')
  local lock_until = w[2] and tonumber(string.match(w[2], ' (%d+)$')) or 0
  if (w[1] or '0') == ARGV[10] and lock_until <= now then go = ' go' end
end
local stamp = string.format('%.0f', now)
for _, row in ipairs(outbound) do
  enqueue(prefix, contact, now, ARGV[8], row)
end
local entries = ARGV[7]
if go ~= '' then
  local row = outbound[1]
  local lease = string.format('%.0f', now + ARGV[13])
  local first = row[4] ~= '' and redis.call('HSETNX', shown, row[4], stamp .. (ARGV[15] == '1' and ' ?' or ' 0')) or 0
  redis.call('HSET', prefix .. 'msg:' .. row[1], 'status', 'attempted', 'account', ARGV[11], 'form', ARGV[14], 'tok', token,
    'first', first, 'n', '1', 'since', stamp, 'tried', stamp,
    'awaits', ARGV[15])
  redis.call('HSET', who, 'sender', token .. ' ' .. lease, 'last', ARGV[11] .. ' ' .. ARGV[14])
  redis.call('ZADD', prefix .. 'out:' .. row[2], lease, contact)
  entries = string.sub(entries, 1, -2) .. ',' .. string.sub(ARGV[12], 2)
end
for _, row in ipairs(outcomes) do
  redis.call('RPUSH', prefix .. 'outcomes:' .. contact, row[1])
  redis.call('ZADD', prefix .. 'outcomes_due', 'NX', now, contact)
end

redis.call('XADD', prefix .. 'journal', '*', 'e', entries)

-- What a closed or replaced ask left unsent is cancelled here, so no attempt can start after this commit. That goes
-- for what earlier turns of this very claim say, too. An attempt under way is the last one: `void`; no text follows it.
if #closed > 0 then
  local gone = {}
  for _, row in ipairs(closed) do gone[row[1]] = true end
  for _, id in ipairs(redis.call('LRANGE', queue, 0, -1)) do
    local key = prefix .. 'msg:' .. id
    local m = redis.call('HMGET', key, 'ask', 'status', 'kind')
    if m[1] and gone[m[1]] and m[2] == 'queued' then
      cancel(prefix, contact, id, 'its question was closed')
    elseif m[1] and gone[m[1]] and m[2] == 'attempted' then
      redis.call('HSET', key, 'void', '1', 'awaits', '', 'due', string.format('%.0f', now))
      redis.call('ZADD', prefix .. 'out:' .. m[3], 'LT', now, contact)
    end
  end
  for _, id in ipairs(redis.call('LRANGE', prefix .. 'awaited:' .. contact, 0, -1)) do -- no text for it any more
    if gone[redis.call('HGET', prefix .. 'msg:' .. id, 'ask') or ''] then awaited_no_more(prefix, contact, id, '') end
  end
end

redis.call('LTRIM', prefix .. 'mail:' .. contact, ARGV[6], -1)
local left = 'done'
if redis.call('EXISTS', prefix .. 'mail:' .. contact) == 1 then
  left = 'more'
  redis.call('ZADD', prefix .. 'ready', now, contact)
else
  redis.call('ZREM', prefix .. 'ready', contact)
end
left = left .. go
redis.call('HDEL', KEYS[1], 'claim', 'tries')
redis.call('HSET', KEYS[1], 'doc', ARGV[5], 'ver', string.format('%.0f', ARGV[4] + 1), 'last', token, 'left', left)
return left
