-- De-duplicate, stamp, append, mark ready. One stimulus of one contact.
-- KEYS seen
-- ARGV prefix contact body seen_ttl_s mailbox_limit sealed contact_entry
-- -> 1 taken, 0 seen before, -1 the mailbox is full
local prefix, contact, body = ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if redis.call('LLEN', prefix .. 'mail:' .. contact) >= tonumber(ARGV[5]) then return -1 end
local now = clock()
redis.call('SET', KEYS[1], '1', 'EX', ARGV[4])
if ARGV[6] ~= '' and redis.call('HSETNX', prefix .. 'who:' .. contact, 'number', ARGV[6]) == 1 then
  redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[7])
end
post(prefix, contact, now, body)
return 1
