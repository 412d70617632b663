-- Requeue lost jobs and due retries. ARGV: offset, interval, max_crashes, retention.
-- However many workers sweep, it happens once an interval. Returns whether this call did it.
local interval, max_crashes, retention = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local swept_at = tonumber(redis.call('GET', 'pdf_jobs_swept_at') or '0')
if now - swept_at < interval then return 0 end
redis.call('SET', 'pdf_jobs_swept_at', at)

local recovered = {}

-- Expired leases: the worker died, or froze, or lost its connection to Redis.
for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'pdf_jobs_leases', '-inf', at, 'LIMIT', 0, 1000)) do
  local job, crashes = read(job_id), redis.call('HINCRBY', record(job_id), 'crashes', 1)
  if crashes >= max_crashes then
    local reason = 'its worker went silent ' .. crashes .. ' times while it was rendering this document'
    finish(job, nil, 'FAILED', 'worker_lost', reason, retention)
  else
    end_claim(job, nil, 'QUEUED', 'worker_lost', 'its worker went silent')
    recovered[#recovered + 1] = job_id
  end
end

-- Retries whose backoff is over.
for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'pdf_jobs_delayed', '-inf', at, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', 'pdf_jobs_delayed', job_id)
  recovered[#recovered + 1] = job_id
end

-- Jobs that were taken from the list and never claimed: they wait, yet the list is already past their sequence number.
-- One sweep suspects them (a worker may be about to claim them), the next requeues them.
local next_out = redis.call('LINDEX', 'pdf_jobs_queue', -1)
while next_out and not redis.call('ZSCORE', 'pdf_jobs_waiting', next_out) do
  redis.call('RPOP', 'pdf_jobs_queue')  -- a stale hint would hide the jobs behind it
  next_out = redis.call('LINDEX', 'pdf_jobs_queue', -1)
end
local edge = next_out and '(' .. redis.call('ZSCORE', 'pdf_jobs_waiting', next_out) or '+inf'
local suspects = {}
for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'pdf_jobs_waiting', '-inf', edge, 'LIMIT', 0, 1000)) do
  if redis.call('SISMEMBER', 'pdf_jobs_suspects', job_id) == 1 then
    recovered[#recovered + 1] = job_id
  else
    suspects[#suspects + 1] = job_id
  end
end
redis.call('DEL', 'pdf_jobs_suspects')
if #suspects > 0 then
  redis.call('SADD', 'pdf_jobs_suspects', unpack(suspects))
  redis.call('EXPIRE', 'pdf_jobs_suspects', 3600)
end

-- The oldest job is pushed last, and so comes out first.
local function sequence(job_id) return tonumber(redis.call('HGET', record(job_id), 'sequence')) end
table.sort(recovered, function(a, b) return sequence(a) > sequence(b) end)
for _, job_id in ipairs(recovered) do requeue_front(job_id) end

redis.call('ZREMRANGEBYSCORE', 'pdf_jobs_workers', '-inf', at)
return 1
