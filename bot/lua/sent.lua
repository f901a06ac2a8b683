-- What became of a taken message: settle it or put it back, release the person, set what is due next.
-- KEYS msg who queue done pid(or msg again when there is no provider id)
-- ARGV prefix contact id token verdict(sent|unknown|failed|dropped|queued|again|released) due_in_ms provider_id journal
--      settled(""|dropped|failed|expired) reason kept pid_ttl_s epoch patience_ms("" = none) as_text("1"|"")
--      kinds… (in order of precedence)
-- -> "lost" when the lease is another's, else ms until something of this person is due ("" = nothing)
local prefix, contact, id, token, verdict = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lock = redis.call('HGET', KEYS[2], 'sender') or ''
if string.match(lock, '^(%S+) ') ~= token then return 'lost' end
local now = clock()
local m = redis.call('HMGET', KEYS[1], 'status', 'ask', 'say', 'first', 'tok', 'void', 'awaits', 'form')
local open = m[1] and RANK[m[1]] <= RANK.attempted -- no receipt was faster

-- What is known not to have been sent was not shown either, unless an attempt before this one may have been sent.
local unsent = open and m[5] == token and (verdict == 'queued' or verdict == 'failed')
if unsent and m[4] == '1' then redis.call('HDEL', prefix .. 'shown:' .. contact, m[2]) end

local back = open and (verdict == 'queued' or verdict == 'again')
local void = back and m[6] -- not again: its question was closed meanwhile
if void then verdict = unsent and 'dropped' or 'unknown' end
if back and not void then
  if unsent then redis.call('HSET', KEYS[1], 'status', 'queued') end
  -- Consent or a hold changed since it was decided: then what was decided need not hold any more.
  local decided = (redis.call('HGET', KEYS[2], 'epoch') or '0') == ARGV[13]
  redis.call('HSET', KEYS[1], 'due', string.format('%.0f', decided and now + ARGV[6] or now))
  if ARGV[15] == '1' then redis.call('HSET', KEYS[1], 'as_text', '1') end
elseif verdict ~= 'released' and m[1] then
  local further = (RANK[verdict] or 0) > RANK[m[1]]
  if further then redis.call('HSET', KEYS[1], 'status', verdict) end
  if redis.call('LREM', KEYS[3], 1, id) == 1 then
    if further and ARGV[14] ~= '' and m[7] == '1' then
      redis.call('HSET', KEYS[1], 'sent', string.format('%.0f', now))
      await(prefix, contact, id, now + ARGV[14])
    elseif m[7] ~= '1' or m[1] ~= 'failed' then -- a failure that came first awaits its text already
      redis.call('RPUSH', KEYS[4], id)
      if m[8] == 'rbm' or not unsent then shown_by_time(prefix, contact, m[2], string.format('%.0f', now)) end
    end
  end
end
if ARGV[8] ~= '[]' then redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[8]) end
if void then
  journal(prefix, { t = 'status', contact = contact, id = id, status = verdict, why = 'its question was closed' })
end
if ARGV[9] ~= '' then settle(prefix, contact, now, id, m[2], m[3], ARGV[9], ARGV[10]) end

-- Receipts that came before the provider's id was known wait under it.
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[1], 'pid', ARGV[7])
  local kind = redis.call('TYPE', KEYS[5])['ok']
  local parked = kind == 'list' and redis.call('LRANGE', KEYS[5], 0, -1) or {}
  redis.call('SET', KEYS[5], 'm' .. id, 'EX', ARGV[12])
  for _, receipt in ipairs(parked) do receive(prefix, now, id, cjson.decode(receipt)) end
end

-- Finished messages beyond `kept` leave the store; the ledger has them.
while redis.call('LLEN', KEYS[4]) > tonumber(ARGV[11]) do
  local old = redis.call('LPOP', KEYS[4])
  local o = redis.call('HMGET', prefix .. 'msg:' .. old, 'account', 'pid')
  if o[1] and o[2] then redis.call('DEL', prefix .. 'pid:' .. contact .. ':' .. o[1] .. ':' .. o[2]) end
  redis.call('DEL', prefix .. 'msg:' .. old)
end

redis.call('HDEL', KEYS[2], 'sender')
local due = {}
for _, other in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  local o = redis.call('HMGET', prefix .. 'msg:' .. other, 'kind', 'due')
  if o[1] then due[o[1]] = math.min(due[o[1]] or math.huge, tonumber(o[2])) end
end
local first = math.huge
for i = 16, #ARGV do
  local kind = ARGV[i]
  if due[kind] then
    redis.call('ZADD', prefix .. 'out:' .. kind, due[kind], contact)
    first = math.min(first, due[kind])
  else
    redis.call('ZREM', prefix .. 'out:' .. kind, contact)
  end
end
return first < math.huge and string.format('%.0f', math.max(0, first - now)) or ''
