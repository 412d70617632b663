-- Accept jobs, all or none. ARGV: offset, limit, key_ttl, then for each job:
-- job_id, kind, request, idempotency_key, retry_of. Answers the ids, or how full the line is.
local limit, key_ttl = tonumber(ARGV[2]), ARGV[3]

local accepted, fresh = {}, {}
for i = 4, #ARGV, 5 do
  local job_id, key = ARGV[i], ARGV[i + 3]
  local known = key ~= '' and redis.call('GET', 'pdf_jobs_key:' .. key)
  accepted[#accepted + 1] = known or job_id
  if not known and redis.call('EXISTS', record(job_id)) == 0 then fresh[#fresh + 1] = i end
end

local waiting = redis.call('ZCARD', 'pdf_jobs_waiting')
if #fresh > 0 and waiting + #fresh > limit then return { 'full', waiting } end

for _, i in ipairs(fresh) do
  local job_id, kind, request, key, retry_of = unpack(ARGV, i, i + 4)
  local sequence = redis.call('INCR', 'pdf_jobs_sequence')
  redis.call('HSET', record(job_id), 'job_id', job_id, 'kind', kind, 'request', request,
    'queued_at', stamp(now), 'sequence', sequence, 'retry_of', retry_of)
  if key ~= '' then redis.call('SET', 'pdf_jobs_key:' .. key, job_id, 'EX', key_ttl) end
  redis.call('ZADD', 'pdf_jobs_waiting', sequence, job_id)
  enter(job_id, 'QUEUED')
  redis.call('LPUSH', 'pdf_jobs_queue', job_id)
end
return { 'accepted', accepted }
