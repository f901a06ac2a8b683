#!lua
-- Put in front of every script by bot.store. Time is the store's own; nothing here writes.
-- With the first line the store refuses a script before its first command when it cannot write (full, read-only, no disk).

local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- bot.messages.RANK: a status replaces one of lower rank only.
local RANK = {
  queued = 0, attempted = 10, unknown = 15, sent = 20, failed = 25, dropped = 25, revoked = 25, delivered = 30,
  read = 40,
}

local function journal(prefix, entry)
  redis.call('XADD', prefix .. 'journal', '*', 'e', cjson.encode({ entry }))
end

local function stamped(now, body)
  return string.format('%.0f %s', now, body)
end

-- Put a stimulus into a mailbox and mark the contact; a claim's lease is never lowered.
local function post(prefix, contact, now, body)
  redis.call('RPUSH', prefix .. 'mail:' .. contact, stamped(now, body))
  redis.call('ZADD', prefix .. 'ready', 'NX', now, contact)
end

-- What a claim hands out: {contact, doc, ver, {mail…}, {ask, shown, …}, {field of who, value, …}}
local function handed(prefix, contact, state, items)
  return {
    contact, state[1] or '', state[2] or '0', items,
    redis.call('HGETALL', prefix .. 'shown:' .. contact), redis.call('HGETALL', prefix .. 'who:' .. contact),
  }
end

-- The ask of an outbound will not be seen: its conversation must know.
local function settle(prefix, contact, now, message, ask, say, outcome, reason)
  if ask and ask ~= '' then
    post(prefix, contact, now, cjson.encode({
      kind = 'settled', id = 'settled.' .. message, ask = ask, say = say or '', outcome = outcome, reason = reason,
    }))
  end
end

-- Put an outbound at the end of its person's queue, due now.
-- row: id kind thread ask say doc
local function enqueue(prefix, contact, now, ttl, row)
  local key = prefix .. 'msg:' .. row[1]
  redis.call('HSET', key, 'contact', contact, 'kind', row[2], 'thread', row[3], 'ask', row[4], 'say', row[5], 'doc', row[6],
    'status', 'queued', 'due', string.format('%.0f', now), 'n', '0')
  redis.call('EXPIRE', key, ttl)
  redis.call('RPUSH', prefix .. 'queue:' .. contact, row[1])
  redis.call('ZADD', prefix .. 'out:' .. row[2], 'LT', now, contact)
end

-- Take one that was not attempted out of the queue for good.
local function cancel(prefix, contact, id, why)
  redis.call('HSET', prefix .. 'msg:' .. id, 'status', 'dropped')
  redis.call('LREM', prefix .. 'queue:' .. contact, 1, id)
  redis.call('RPUSH', prefix .. 'done:' .. contact, id)
  journal(prefix, { t = 'status', contact = contact, id = id, status = 'dropped', why = why })
end

-- When an awaited message of this person is looked at next: the index of people follows their messages.
local function look_again(prefix, contact)
  local first
  for _, id in ipairs(redis.call('LRANGE', prefix .. 'awaited:' .. contact, 0, -1)) do
    local due = tonumber(redis.call('HGET', prefix .. 'msg:' .. id, 'due'))
    if due then first = math.min(first or due, due) end
  end
  if first then redis.call('ZADD', prefix .. 'recalls', first, contact)
  else redis.call('ZREM', prefix .. 'recalls', contact) end
end

-- Look at an RCS message at `due`, if it was not delivered by then.
local function await(prefix, contact, id, due)
  redis.call('HSET', prefix .. 'msg:' .. id, 'due', string.format('%.0f', due))
  redis.call('LREM', prefix .. 'awaited:' .. contact, 1, id)
  redis.call('RPUSH', prefix .. 'awaited:' .. contact, id)
  look_again(prefix, contact)
end

-- What `shown` keeps of an ask is "<first attempt ms> <delivered ms>", with 0 for what no receipt says, and ? while one is
-- sure to come or a text in its place. It is not any more: then it counts as shown by time, since `at` if that is given.
local function shown_by_time(prefix, contact, ask, at)
  local shown = ask and ask ~= '' and redis.call('HGET', prefix .. 'shown:' .. contact, ask)
  if shown and string.sub(shown, -2) == ' ?' then
    redis.call('HSET', prefix .. 'shown:' .. contact, ask, (at or string.sub(shown, 1, -3)) .. ' 0')
  end
end

-- Nothing more is done about an RCS message. later("1"): but should it turn out to have failed, its text goes.
local function awaited_no_more(prefix, contact, id, later)
  redis.call('HSET', prefix .. 'msg:' .. id, 'awaits', later)
  shown_by_time(prefix, contact, redis.call('HGET', prefix .. 'msg:' .. id, 'ask'))
  if redis.call('LREM', prefix .. 'awaited:' .. contact, 1, id) == 1 then
    redis.call('RPUSH', prefix .. 'done:' .. contact, id)
    look_again(prefix, contact)
  end
end

-- What a receipt says of an RCS message: what the phone can do, and whether its text is needed.
local function receive_rcs(prefix, now, contact, id, r, awaits)
  local who, rich = prefix .. 'who:' .. contact, 'rich:' .. r.account
  local until_s = string.format('%.0f', now / 1000 + (r.rich_s or 0))
  if r.status == 'failed' then
    if r.not_rcs then redis.call('HSET', who, rich, '0 ' .. until_s) else redis.call('HDEL', who, rich) end
    if awaits then await(prefix, contact, id, now) end
  elseif RANK[r.status] >= RANK.delivered then
    redis.call('HSET', who, rich, '1 ' .. until_s)
    if awaits then awaited_no_more(prefix, contact, id, '') end
    local text = redis.call('HGET', prefix .. 'msg:' .. id, 'instead')
    if text and redis.call('HGET', prefix .. 'msg:' .. text, 'status') == 'queued' then
      cancel(prefix, contact, text, 'what it stands for arrived after all')
    end
  end
end

-- Move an outbound forward by a receipt and journal it; true when it moved. Whoever delivered it, it is delivered; but
-- an account it was tried at before knows nothing of what another one made of it: that it failed there is no news.
-- What failed and has a text to fall back on is not told to its conversation: the text goes first.
local function receive(prefix, now, message, r)
  local key = prefix .. 'msg:' .. message
  local m = redis.call('HMGET', key, 'status', 'contact', 'ask', 'say', 'account', 'form', 'awaits')
  local contact, awaits = m[2] or '', m[7] == '1'
  local elsewhere = r.status == 'failed' and m[5] and r.account ~= m[5]
  local applied = false
  if m[1] and r.status ~= '' and RANK[r.status] > RANK[m[1]] and not elsewhere then
    applied = true
    redis.call('HSET', key, 'status', r.status)
    if m[3] and m[3] ~= '' then
      local shown = redis.call('HGET', prefix .. 'shown:' .. contact, m[3])
      local first = shown and string.match(shown, '^(%d+) [0?]$')
      if first and RANK[r.status] >= RANK.delivered then
        redis.call('HSET', prefix .. 'shown:' .. contact, m[3], string.format('%s %.0f', first, now))
      end
      if r.status == 'failed' and not awaits then
        settle(prefix, contact, now, message, m[3], m[4], 'failed', r.error)
      end
    end
    if m[6] == 'rbm' or r.not_rcs then receive_rcs(prefix, now, contact, message, r, awaits) end
  end
  journal(prefix, {
    t = 'receipt', contact = contact, id = message, account = r.account, status = r.status, raw = r.raw,
    error = r.error, provider_id = r.provider_id, at = r.at, applied = applied,
  })
  return applied
end
