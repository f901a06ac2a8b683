-- De-duplicate, stamp, append, mark ready. One stimulus of one contact.
-- Who brings a token claims the person with it, unless somebody else has them or something of theirs waits.
-- Where nothing but a person's words tells a repeat (window_s is given), `seen` holds the ask that was shown last when
-- they came: the same words after the same ask are a repeat; after another ask they are taken, marked `again` for the
-- engine to judge. The mail's id is made here then, because such words may well be said twice.
-- KEYS seen
-- ARGV prefix contact body seen_ttl_s mailbox_limit sealed contact_entry token("" = no claim) lease_ms
--      window_s("" = the mail's id tells a repeat)
-- -> 1 taken, 0 seen before, -1 the mailbox is full; taken and claimed: a row as claim.lua returns them
local prefix, contact, body, token, window = ARGV[1], ARGV[2], ARGV[3], ARGV[8], ARGV[10]
local mail = prefix .. 'mail:' .. contact

local function last_shown()
  local last, newest = '', -1
  local shown = redis.call('HGETALL', prefix .. 'shown:' .. contact)
  for i = 1, #shown, 2 do
    local at = tonumber(string.match(shown[i + 1], '^%d+'))
    if at > newest or (at == newest and shown[i] > last) then last, newest = shown[i], at end
  end
  return last
end

local before = redis.call('GET', KEYS[1])
local mark = window == '' and '1' or last_shown()
if before == mark then return 0 end
if redis.call('LLEN', mail) >= tonumber(ARGV[5]) then return -1 end
local now = clock()
if window ~= '' then
  local said = cjson.decode(body)
  said.id = string.format('%s.%.0f.%s', said.id, now, mark)
  if before then said.again = true end
  body = cjson.encode(said)
end
redis.call('SET', KEYS[1], mark, 'EX', window == '' and ARGV[4] or window)
if ARGV[6] ~= '' and redis.call('HSETNX', prefix .. 'who:' .. contact, 'number', ARGV[6]) == 1 then
  redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[7])
end
if token == '' then
  post(prefix, contact, now, body)
  return 1
end
local item = stamped(now, body)
redis.call('RPUSH', mail, item)
if redis.call('ZADD', prefix .. 'ready', 'NX', now + ARGV[9], contact) == 0 then return 1 end
local talk = prefix .. 'talk:' .. contact
redis.call('HSET', talk, 'claim', token, 'tries', 1)
return handed(prefix, contact, redis.call('HMGET', talk, 'doc', 'ver'), { item })
