#!lua
-- Put in front of every script by bot.store. Time is the store's own; nothing here writes.
-- With the first line the store refuses a script before its first command when it cannot write (full, read-only, no disk).

local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- bot.messages.RANK: a status replaces one of lower rank only.
local RANK = {
  queued = 0, attempted = 10, unknown = 15, sent = 20, failed = 25, dropped = 25, delivered = 30, read = 40,
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

-- Move an outbound forward by a receipt and journal it; true when it moved. Whoever delivered it, it is delivered; but
-- an account it was tried at before knows nothing of what another one made of it: that it failed there is no news.
local function receive(prefix, now, message, r)
  local key = prefix .. 'msg:' .. message
  local m = redis.call('HMGET', key, 'status', 'contact', 'ask', 'say', 'account')
  local contact = m[2] or ''
  local elsewhere = r.status == 'failed' and r.account ~= m[5]
  local applied = false
  if m[1] and r.status ~= '' and RANK[r.status] > RANK[m[1]] and not elsewhere then
    applied = true
    redis.call('HSET', key, 'status', r.status)
    if m[3] and m[3] ~= '' then
      local shown = redis.call('HGET', prefix .. 'shown:' .. contact, m[3])
      if shown and RANK[r.status] >= RANK.delivered and string.sub(shown, -2) == ' 0' then
        redis.call('HSET', prefix .. 'shown:' .. contact, m[3],
          string.format('%s %.0f', string.sub(shown, 1, -3), now))
      end
      if r.status == 'failed' then
        settle(prefix, contact, now, message, m[3], m[4], 'failed', r.error)
      end
    end
  end
  journal(prefix, {
    t = 'receipt', contact = contact, id = message, account = r.account, status = r.status, raw = r.raw,
    error = r.error, provider_id = r.provider_id, at = r.at, applied = applied,
  })
  return applied
end
