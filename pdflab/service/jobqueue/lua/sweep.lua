-- Requeue lost jobs and due retries. ARGV: offset, interval, max_crashes.
-- However many workers sweep, it happens once an interval. Returns whether this call did it.
local interval, max_crashes = tonumber(ARGV[2]), tonumber(ARGV[3])
local swept_at = tonumber(redis.call('GET', 'pdf_jobs_swept_at')) or 0
if now >= swept_at and now - swept_at < interval then return 0 end
-- All that several jobs share is read before anything is written.
local expired = redis.call('ZRANGEBYSCORE', 'pdf_jobs_leases', '-inf', stamp(now), 'LIMIT', 0, 1000)
local due = redis.call('ZRANGEBYSCORE', 'pdf_jobs_delayed', '-inf', stamp(now), 'LIMIT', 0, 1000)
local suspected = redis.call('SMEMBERS', 'pdf_jobs_suspects')
redis.call('LLEN', 'pdf_jobs_queue')
redis.call('ZCARD', 'pdf_jobs_waiting')
redis.call('XLEN', 'pdf_jobs_events')
redis.call('SET', 'pdf_jobs_swept_at', stamp(now))

local recovered = {}
-- An index may name a job whose record is gone, or says something else: that job is ended, or leaves the index.
local function recover(job)
  if job.state == 'QUEUED' and is_whole(job) then recovered[#recovered + 1] = job else end_lost(job) end
end

-- Expired leases: the worker died, or froze, or lost its connection to Redis.
for _, job_id in ipairs(expired) do
  local job = read(job_id)
  local crashes = job.crashes + 1
  if job.state ~= 'PROCESSING' or not is_whole(job) then
    redis.call('ZREM', 'pdf_jobs_leases', job_id)
    recover(job)
  elseif crashes >= max_crashes then
    local reason = 'its worker went silent ' .. crashes .. ' times while it was rendering this document'
    finish(job, nil, 'FAILED', 'worker_lost', reason, 'crashes', crashes)
  else
    end_claim(job, nil, 'QUEUED', 'worker_lost', 'its worker went silent', 'crashes', crashes)
    recover(job)
  end
end

-- Retries whose backoff is over.
for _, job_id in ipairs(due) do
  redis.call('ZREM', 'pdf_jobs_delayed', job_id)
  recover(read(job_id))
end

-- Jobs that were taken from the list and never claimed: they wait, yet the list is already past their sequence number.
-- One sweep suspects them (a worker may be about to claim them), the next requeues them, unless they are there again.
local next_out = redis.call('LINDEX', 'pdf_jobs_queue', -1)
while next_out and not redis.call('ZSCORE', 'pdf_jobs_waiting', next_out) do
  redis.call('RPOP', 'pdf_jobs_queue')  -- a stale hint would hide the jobs behind it
  next_out = redis.call('LINDEX', 'pdf_jobs_queue', -1)
end
local edge = next_out and '(' .. redis.call('ZSCORE', 'pdf_jobs_waiting', next_out) or '+inf'
local suspects = {}
for _, job_id in ipairs(suspected) do suspects[job_id] = 'before' end
for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'pdf_jobs_waiting', '-inf', edge, 'LIMIT', 0, 1000)) do
  suspects[job_id] = suspects[job_id] or 'now'
end
redis.call('DEL', 'pdf_jobs_suspects')
for job_id, seen in pairs(suspects) do
  if seen == 'now' then
    redis.call('SADD', 'pdf_jobs_suspects', job_id)
  elseif redis.call('ZSCORE', 'pdf_jobs_waiting', job_id)
    and not redis.call('LPOS', 'pdf_jobs_queue', job_id, 'RANK', -1, 'MAXLEN', 1000) then
    recover(read(job_id))
  end
end
redis.call('EXPIRE', 'pdf_jobs_suspects', 3600)

-- The oldest job is pushed last, and so comes out first.
table.sort(recovered, function(a, b) return a.sequence > b.sequence end)
for _, job in ipairs(recovered) do requeue_front(job) end

-- A worker that has gone silent is shown for two more leases.
redis.call('ZREMRANGEBYSCORE', 'pdf_jobs_workers', '-inf', stamp(clock + offset - 12 * interval))
-- Later than a lease (six intervals) from now: the clock was set back since then. A worker that lives adds itself again.
redis.call('ZREMRANGEBYSCORE', 'pdf_jobs_workers', stamp(clock + offset + 8 * interval), '+inf')
local open = redis.call('ZCARD', 'pdf_jobs_waiting') + redis.call('ZCARD', 'pdf_jobs_leases')
  + redis.call('ZCARD', 'pdf_jobs_delayed')
if open == 0 then redis.call('HSET', 'pdf_jobs_counts', 'bytes', 0) end  -- a deleted record gave none back
return 1
