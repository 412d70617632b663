-- Accept jobs, all or none. ARGV: offset, limit, byte_limit, then for each job: job_id, kind, request, title,
-- idempotency_key, fingerprint, retry_of. A retry copies kind, request and title from the job that FAILED.
-- Returns the ids; or how full the queue is, and what is needed to estimate when it will have room; or a used key;
-- or a job that cannot be retried.
local limit, byte_limit = tonumber(ARGV[2]), tonumber(ARGV[3])

-- The job that was accepted with a key before; one whose record was deleted or damaged has lost its key.
local function owner(key)
  local job_id = redis.pcall('GET', 'pdf_jobs_key:' .. key)
  if type(job_id) ~= 'string' then return false end
  local values = redis.pcall('HMGET', record(job_id), 'state', 'fingerprint', 'kind')
  local is_state = ({ QUEUED = true, PROCESSING = true, COMPLETED = true, FAILED = true })[values[1]]
  -- A record of an older version has no fingerprint: its key is answered without a comparison.
  return is_state and values[3] and { id = job_id, fingerprint = values[2] or nil }
end

local accepted, fresh, batch_keys, bytes = {}, {}, {}, 0
for i = 4, #ARGV, 7 do
  local job_id, kind, request, title, key, fingerprint, retry_of = unpack(ARGV, i, i + 6)
  local twin = batch_keys[key]  -- with the same key, in this batch
  local known = twin or key ~= '' and owner(key)
  if known and known.fingerprint and known.fingerprint ~= fingerprint then return { 'reused', key } end
  known = known and known.id
  if retry_of ~= '' then
    local old = redis.pcall('HMGET', record(retry_of), 'kind', 'request', 'title', 'retried_as')
    kind, request, title, known = old[1], old[2], old[3], old[4]
    if not known and (request or '') == '' then return { 'gone', retry_of } end
  end
  if not known and redis.call('EXISTS', record(job_id)) == 0 then
    bytes = bytes + #request
    fresh[#fresh + 1] = { id = job_id, kind = kind, request = request, title = title or '', key = key,
      fingerprint = fingerprint, retry_of = retry_of }
    if key ~= '' then batch_keys[key] = fresh[#fresh] end
  end
  accepted[#accepted + 1] = known or job_id
end

local waiting, held = redis.call('ZCARD', 'pdf_jobs_waiting'), redis.call('HGET', 'pdf_jobs_counts', 'bytes')
if #fresh > 0 and (waiting + #fresh > limit or whole(held) + bytes > byte_limit) then
  local busy, completed = unpack(redis.call('HMGET', 'pdf_jobs_counts', 'busy', 'COMPLETED'))
  count('refused', #fresh)
  local workers = redis.call('ZCOUNT', 'pdf_jobs_workers', at, '+inf')
  return { 'full', waiting, busy or '0', completed or '0', workers, held or '0' }
end

local is_paused = paused()
for _, job in ipairs(fresh) do
  local sequence = redis.call('INCR', 'pdf_jobs_sequence')
  if sequence == 1 then  -- the counter is new, or was lost while jobs waited
    local last = redis.call('ZREVRANGE', 'pdf_jobs_waiting', 0, 0, 'WITHSCORES')[2]
    if last then sequence = redis.call('INCRBY', 'pdf_jobs_sequence', last) end
  end
  if job.key ~= '' then redis.call('SET', 'pdf_jobs_key:' .. job.key, job.id) end
  if job.retry_of ~= '' then redis.call('HSET', record(job.retry_of), 'retried_as', job.id) end
  redis.call('ZADD', 'pdf_jobs_waiting', sequence, job.id)
  transition({ id = job.id, kind = job.kind }, 'QUEUED', nil, nil, 'job_id', job.id, 'kind', job.kind,
    'request', job.request, 'title', job.title, 'queued_at', at, 'sequence', sequence, 'retry_of', job.retry_of,
    'key', job.key, 'fingerprint', job.fingerprint, 'bytes', #job.request)
  if not is_paused then redis.call('LPUSH', 'pdf_jobs_queue', job.id) end
end
if bytes > 0 then count('bytes', bytes) end
return { 'accepted', accepted }
