-- Record a step of a recall. What the carrier said and the text that goes out for it are one step: whoever dies after
-- the carrier was asked leaves a message that is asked back again, never one that is taken back without a text.
-- KEYS msg who
-- ARGV prefix contact id token step(asked|wait|text|leave) due_in_ms said journal account lease_ms
--      then for a text: certain("1"|"") rich_field rich_value ttl_s id kind thread ask say doc
-- -> "lost" (another has it), "over" (it arrived, or its question was closed: ask nothing, send nothing), "done"
local prefix, contact, id, step = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local now = clock()
local m = redis.call('HMGET', KEYS[1], 'recaller', 'status', 'awaits')
if m[1] ~= ARGV[4] then return 'lost' end

-- What certainly did not arrive was not shown either, unless something else showed the same question.
local function unshow(ask)
  local shown = ask ~= '' and redis.call('HGET', prefix .. 'shown:' .. contact, ask)
  if not shown or string.sub(shown, -2) ~= ' 0' then return end
  for _, list in ipairs({ 'done:', 'awaited:', 'queue:' }) do
    for _, other in ipairs(redis.call('LRANGE', prefix .. list .. contact, 0, -1)) do
      local o = redis.call('HMGET', prefix .. 'msg:' .. other, 'ask', 'status')
      if other ~= id and o[1] == ask and RANK[o[2]] ~= RANK.queued and RANK[o[2]] ~= RANK.failed then return end
    end
  end
  redis.call('HDEL', prefix .. 'shown:' .. contact, ask)
end

local arrived = RANK[m[2]] >= RANK.delivered
local over = arrived or m[3] ~= '1'
if step == 'asked' then
  if over then
    redis.call('HDEL', KEYS[1], 'recaller')
    awaited_no_more(prefix, contact, id, '')
    return 'over'
  end
  redis.call('HSETNX', KEYS[1], 'asked', string.format('%.0f', now))
  redis.call('HSET', KEYS[1], 'due', string.format('%.0f', now + ARGV[10]))
  redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[8])
  look_again(prefix, contact)
  return 'done'
end

redis.call('HDEL', KEYS[1], 'recaller')
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'said', ARGV[7], 'said_at', string.format('%.0f', now)) end
if step == 'wait' and not over then
  redis.call('HSET', KEYS[1], 'due', string.format('%.0f', now + ARGV[6]))
  if ARGV[8] ~= '[]' then redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[8]) end
  look_again(prefix, contact)
  return 'done'
end
if step == 'text' and ARGV[11] == '1' and not arrived then
  if RANK.revoked > RANK[m[2]] then redis.call('HSET', KEYS[1], 'status', 'revoked') end
  redis.call('HSET', KEYS[2], ARGV[12], ARGV[13])
end
if over and step ~= 'leave' then
  awaited_no_more(prefix, contact, id, '')
  journal(prefix, {
    t = 'recall', contact = contact, id = id, account = ARGV[9], outcome = ARGV[7] ~= '' and ARGV[7] or m[2] == 'failed' and 'failed' or 'unclear',
    why = arrived and 'it arrived meanwhile: no text' or 'its question was closed: no text',
  })
  return 'over'
end
if step == 'text' and ARGV[11] ~= '1' then shown_by_time(prefix, contact, ARGV[18], string.format('%.0f', now)) end
awaited_no_more(prefix, contact, id, step == 'leave' and not over and '1' or '')
redis.call('XADD', prefix .. 'journal', '*', 'e', ARGV[8])
if step == 'text' then
  redis.call('HSET', KEYS[1], 'instead', ARGV[15])
  if ARGV[11] == '1' then unshow(ARGV[18]) end
  enqueue(prefix, contact, now, ARGV[14], { ARGV[15], ARGV[16], ARGV[17], ARGV[18], ARGV[19], ARGV[20] })
end
return 'done'
