-- Turn timers that came due into stimuli. The timer's id names the ask or call it guards; the engine judges.
-- KEYS timers
-- ARGV prefix n
-- -> how many came due
local prefix, now = ARGV[1], clock()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #due, 2 do
  local contact, timer = string.match(due[i], '^(%S+) (.*)$')
  post(prefix, contact, now, cjson.encode({ kind = 'elapsed', id = timer .. '@' .. due[i + 1], timer = timer }))
  redis.call('ZREM', KEYS[1], due[i])
end
return #due / 2
