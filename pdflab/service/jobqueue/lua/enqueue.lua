-- Accept jobs, all or none. ARGV: offset, limit, key_ttl, then for each job:
-- job_id, kind, request, idempotency_key, retry_of.
-- Returns the ids; or how full the queue is, and what is needed to estimate when it will have room; or a used key.
local limit, key_ttl = tonumber(ARGV[2]), ARGV[3]

local accepted, fresh, batch_keys = {}, {}, {}
for i = 4, #ARGV, 5 do
  local job_id, _, request, key = unpack(ARGV, i, i + 3)
  local twin = batch_keys[key]  -- with the same key, in this batch
  local known = twin and twin.job_id or key ~= '' and redis.call('GET', 'pdf_jobs_key:' .. key)
  if known then
    local asked = twin and twin.request or redis.call('HGET', record(known), 'request')
    if asked and asked ~= request then return { 'reused', key } end
  elseif redis.call('EXISTS', record(job_id)) == 0 then
    fresh[#fresh + 1] = i
    if key ~= '' then batch_keys[key] = { job_id = job_id, request = request } end
  end
  accepted[#accepted + 1] = known or job_id
end

local waiting = redis.call('ZCARD', 'pdf_jobs_waiting')
if #fresh > 0 and waiting + #fresh > limit then
  local busy, completed = unpack(redis.call('HMGET', 'pdf_jobs_counts', 'busy', 'COMPLETED'))
  return { 'full', waiting, busy or '0', completed or '0', redis.call('ZCOUNT', 'pdf_jobs_workers', at, '+inf') }
end

for _, i in ipairs(fresh) do
  local job_id, kind, request, key, retry_of = unpack(ARGV, i, i + 4)
  local sequence = redis.call('INCR', 'pdf_jobs_sequence')
  if key ~= '' then redis.call('SET', 'pdf_jobs_key:' .. key, job_id, 'EX', key_ttl) end
  if retry_of ~= '' and redis.call('EXISTS', record(retry_of)) == 1 then
    redis.call('HSET', record(retry_of), 'retried_as', job_id)
  end
  redis.call('ZADD', 'pdf_jobs_waiting', sequence, job_id)
  transition({ id = job_id, kind = kind }, 'QUEUED', nil, nil, 'job_id', job_id, 'kind', kind, 'request', request,
    'queued_at', at, 'sequence', sequence, 'retry_of', retry_of)
  redis.call('LPUSH', 'pdf_jobs_queue', job_id)
end
return { 'accepted', accepted }
