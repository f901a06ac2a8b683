-- A receipt: find its outbound by our id or by the provider's, and move it forward.
-- KEYS pid (or msg when our id is given)
-- ARGV prefix message("" when unknown) receipt_json pid_ttl_s
-- -> "moved", "kept" (not newer, or the store has forgotten it), "parked" (its id is not known yet)
local prefix, message = ARGV[1], ARGV[2]
local now = clock()
if message == '' then
  local kind = redis.call('TYPE', KEYS[1])['ok']
  if kind ~= 'string' then
    redis.call('RPUSH', KEYS[1], ARGV[3])
    redis.call('LTRIM', KEYS[1], -16, -1)
    redis.call('EXPIRE', KEYS[1], ARGV[4])
    return 'parked'
  end
  message = string.sub(redis.call('GET', KEYS[1]), 2)
end
return receive(prefix, now, message, cjson.decode(ARGV[3])) and 'moved' or 'kept'
