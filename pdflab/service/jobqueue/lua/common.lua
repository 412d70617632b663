-- Prepended to every script: the clock, the record, and the one function that changes a job's state.
-- A script reads a job once, decides, and writes it once: each call costs Redis as much as a small command.
-- The scripts name their keys literally, so that a search for a key finds every use of it;
-- a Redis Cluster would want them passed as KEYS. ARGV[1] shifts the clock: only tests do.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6 + tonumber(ARGV[1])

local function stamp(instant) return string.format('%.6f', instant) end
local at = stamp(now)
local function record(job_id) return 'pdf_jobs:' .. job_id end

local FIELDS = { 'state', 'token', 'settled', 'next', 'kind', 'request', 'queued_at', 'due_at', 'started_at', 'attempt',
  'crashes', 'errors', 'worker', 'cause', 'history' }

-- Read the fields that decisions need; a field that the record does not have is false.
local function read(job_id)
  local job = { id = job_id }
  for i, value in ipairs(redis.call('HMGET', record(job_id), unpack(FIELDS))) do job[FIELDS[i]] = value end
  return job
end

-- Change a job's state and add the event, never one without the other. Programs read the cause (Cause in jobs.py),
-- people the reason. `...` are more fields that change with the state.
local function transition(job, state, cause, reason, ...)
  job.state, job.history = state, (job.history or '') .. state .. ' ' .. at .. '\n'
  redis.call('HSET', record(job.id), 'state', state, 'cause', cause or '', 'reason', reason or '',
    'history', job.history, ...)
  local number = redis.call('HINCRBY', 'pdf_jobs_counts', 'events', 1)
  redis.call('XADD', 'pdf_jobs_events', 'MAXLEN', '~', '1000000', '*',
    'number', number, 'job_id', job.id, 'state', state, 'at', at, 'kind', job.kind,
    'attempt', job.attempt or '0', 'worker', job.worker or '', 'cause', cause or '', 'reason', reason or '')
end

-- Put a job at the front of the queue, with the sequence number that it got when it was accepted.
local function requeue_front(job_id)
  local key = record(job_id)
  redis.call('HDEL', key, 'due_at')
  redis.call('ZADD', 'pdf_jobs_waiting', redis.call('HGET', key, 'sequence'), job_id)
  redis.call('RPUSH', 'pdf_jobs_queue', job_id)
end

-- End a worker's claim with a new state. The token of an owner that ends its claim itself is kept as `settled`, so that
-- the same step is recognised when it is sent again because its answer was lost.
local function end_claim(job, token, state, cause, reason, ...)
  redis.call('ZREM', 'pdf_jobs_leases', job.id)
  transition(job, state, cause, reason, 'token', '', 'settled', token or '', ...)
end

-- End a job for good.
local function finish(job, token, state, cause, reason, retention, ...)
  end_claim(job, token, state, cause, reason, 'ended_at', at, ...)
  redis.call('ZADD', state == 'COMPLETED' and 'pdf_jobs_completed' or 'pdf_jobs_failed', at, job.id)
  redis.call('HINCRBY', 'pdf_jobs_counts', state, 1)
  -- The record outlives its place in the set of ended jobs a little, so that no set names a missing record.
  redis.call('EXPIRE', record(job.id), math.ceil(retention + math.min(retention, 60)))
end

-- The compare-and-set: only a QUEUED job that is due can be claimed.
local function is_claimable(job) return job.state == 'QUEUED' and tonumber(job.due_at or '0') <= now end

-- The fields of a claimed job that its worker needs.
local function claimed_job(job)
  return { job.id, job.kind, job.request, job.queued_at, job.attempt, job.crashes or 0, job.errors or 0 }
end

local function claim(job, token, worker, lease)
  redis.call('ZREM', 'pdf_jobs_waiting', job.id)
  if job.due_at then redis.call('ZREM', 'pdf_jobs_delayed', job.id) end
  redis.call('ZADD', 'pdf_jobs_leases', stamp(now + lease), job.id)
  job.worker, job.attempt = worker, (job.attempt or 0) + 1
  transition(job, 'PROCESSING', nil, nil, 'token', token, 'worker', worker, 'attempt', job.attempt, 'started_at', at)
  return claimed_job(job)
end

-- Take the next claimable job, skipping stale hints. A worker that is stopping has no token for it.
local function take_next(token)
  if token == '' then return false end
  for _ = 1, 100 do
    local job_id = redis.call('RPOP', 'pdf_jobs_queue')
    if not job_id then return false end
    local job = read(job_id)
    if is_claimable(job) then return job end
  end
  return false
end

-- The next job that this step claimed when it was first sent, if it did.
local function claimed_before(settled, token)
  local job = settled.next and read(settled.next)
  return job and job.state == 'PROCESSING' and job.token == token and claimed_job(job)
end

-- 'owned' if the token owns the claim, 'replayed' if it has ended the claim before, 'fenced' if it is stale.
local function check_token(job, token)
  if job.state == 'PROCESSING' and job.token == token then return 'owned' end
  if token ~= '' and job.settled == token then return 'replayed' end
  redis.call('HINCRBY', 'pdf_jobs_counts', 'fenced', 1)
  return 'fenced'
end
