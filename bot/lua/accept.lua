-- De-duplicate, stamp, append, mark ready. One stimulus of one contact.
-- Who brings a token claims the person with it, unless somebody else has them or something of theirs waits.
-- KEYS seen
-- ARGV prefix contact body seen_ttl_s mailbox_limit sealed contact_entry token("" = no claim) lease_ms
-- -> 1 taken, 0 seen before, -1 the mailbox is full; taken and claimed: a row as claim.lua returns them
local prefix, contact, token = ARGV[1], ARGV[2], ARGV[8]
local mail = prefix .. 'mail:' .. contact
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if redis.call('LLEN', mail) >= tonumber(ARGV[5]) then return -1 end
local now = clock()
redis.call('SET', KEYS[1], '1', 'EX', ARGV[4])
if ARGV[6] ~= '' and redis.call('HSETNX', prefix .. 'who:' .. contact, 'number', ARGV[6]) == 1 then
  redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[7])
end
if token == '' then
  post(prefix, contact, now, ARGV[3])
  return 1
end
local item = stamped(now, ARGV[3])
redis.call('RPUSH', mail, item)
if redis.call('ZADD', prefix .. 'ready', 'NX', now + ARGV[9], contact) == 0 then return 1 end
local talk = prefix .. 'talk:' .. contact
redis.call('HSET', talk, 'claim', token, 'tries', 1)
return handed(prefix, contact, redis.call('HMGET', talk, 'doc', 'ver'), { item })
