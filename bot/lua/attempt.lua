-- Record an attempt before the carrier is called; consent and holds win races here. The lease starts anew: what went
-- before (asking what the phone can do) is not to shorten the time the carrier has.
-- KEYS msg who
-- ARGV prefix contact token epoch account ask marketing("1"|"") again("1"|"") journal lease_ms form awaits("1"|"")
-- -> "go" (also when this very attempt was recorded before), or why not: "lost" (lock), "status",
--    "void" (its question was closed), "epoch" (decide again), "mail" (marketing waits)
local prefix, contact, token = ARGV[1], ARGV[2], ARGV[3]
local now = clock()
local lock = redis.call('HGET', KEYS[2], 'sender') or ''
local held_by, lock_until = string.match(lock, '^(%S+) (%d+)$')
if held_by ~= token or tonumber(lock_until) <= now then return 'lost' end
local m = redis.call('HMGET', KEYS[1], 'status', 'tok', 'void')
local status = m[1]
if status == 'attempted' and m[2] == token then return 'go' end
if m[3] then return 'void' end
if status ~= 'queued' and not (ARGV[8] == '1' and status == 'attempted') then return 'status' end
if (redis.call('HGET', KEYS[2], 'epoch') or '0') ~= ARGV[4] then return 'epoch' end
if ARGV[7] == '1' and redis.call('EXISTS', prefix .. 'mail:' .. contact) == 1 then return 'mail' end
-- From here on the ask counts as shown; `first` remembers that it does by this attempt alone.
local first = ARGV[6] ~= '' and redis.call('HSETNX', prefix .. 'shown:' .. contact, ARGV[6],
  string.format('%.0f %s', now, ARGV[12] == '1' and '?' or '0')) or 0
redis.call('HSET', KEYS[1], 'status', 'attempted', 'account', ARGV[5], 'form', ARGV[11], 'tok', token, 'first', first,
  'tried', string.format('%.0f', now), 'awaits', ARGV[12])
redis.call('HSETNX', KEYS[1], 'since', string.format('%.0f', now))
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('HSET', KEYS[2], 'sender', string.format('%s %.0f', token, now + ARGV[10]),
  'last', ARGV[5] .. ' ' .. ARGV[11])
redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[9])
return 'go'
