-- What every step begins with: the clock, the record, and the one way to change a state.
-- A step reads a job once, decides, and writes it once: each call costs Redis as much as a small command.
-- The steps name their keys literally, so that a search for a key finds all who touch it;
-- a Redis Cluster would want them passed as KEYS. ARGV[1] shifts the clock: only tests do.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6 + tonumber(ARGV[1])

local function stamp(instant) return string.format('%.6f', instant) end
local at = stamp(now)
local function record(job_id) return 'pdf_jobs:' .. job_id end

local FIELDS = { 'state', 'token', 'settled', 'next', 'kind', 'request', 'queued_at', 'due_at', 'started_at', 'attempt',
  'crashes', 'errors', 'worker', 'cause', 'history' }

-- What a step decides by; a field that a record does not have is false.
local function read(job_id)
  local job = { id = job_id }
  for i, value in ipairs(redis.call('HMGET', record(job_id), unpack(FIELDS))) do job[FIELDS[i]] = value end
  return job
end

-- Change a job's state and tell it: never one without the other. Programs read the cause, a word of Cause in jobs.py,
-- and people the reason. `...` are more fields that change with it.
local function enter(job, state, cause, reason, ...)
  job.state, job.history = state, (job.history or '') .. state .. ' ' .. at .. '\n'
  redis.call('HSET', record(job.id), 'state', state, 'cause', cause or '', 'reason', reason or '',
    'history', job.history, ...)
  local number = redis.call('HINCRBY', 'pdf_jobs_counts', 'events', 1)
  redis.call('XADD', 'pdf_jobs_events', 'MAXLEN', '~', '1000000', '*',
    'number', number, 'job_id', job.id, 'state', state, 'at', at, 'kind', job.kind,
    'attempt', job.attempt or '0', 'worker', job.worker or '', 'cause', cause or '', 'reason', reason or '')
end

-- Into the line again, at the front: the job keeps the number it was given when it was accepted.
local function to_front(job_id)
  local key = record(job_id)
  redis.call('HDEL', key, 'due_at')
  redis.call('ZADD', 'pdf_jobs_waiting', redis.call('HGET', key, 'sequence'), job_id)
  redis.call('RPUSH', 'pdf_jobs_queue', job_id)
end

-- Take the job from whoever holds it, into a new state. A holder that lets go itself leaves its token behind
-- as `settled`, so that the same step, sent again because its answer was lost, is recognised.
local function let_go(job, token, state, cause, reason, ...)
  redis.call('ZREM', 'pdf_jobs_leases', job.id)
  enter(job, state, cause, reason, 'token', '', 'settled', token or '', ...)
end

-- End a job, for ever.
local function finish(job, token, state, cause, reason, retention, ...)
  let_go(job, token, state, cause, reason, 'ended_at', at, ...)
  redis.call('ZADD', state == 'COMPLETED' and 'pdf_jobs_completed' or 'pdf_jobs_failed', at, job.id)
  redis.call('HINCRBY', 'pdf_jobs_counts', state, 1)
  -- Kept a little longer than its place in the list of ended jobs, so that no list names a missing record.
  redis.call('EXPIRE', record(job.id), math.ceil(retention + math.min(retention, 60)))
end

-- The compare-and-set: only a QUEUED job that is due can be claimed.
local function is_free(job) return job.state == 'QUEUED' and tonumber(job.due_at or '0') <= now end

-- What a worker is told of the job that it has claimed.
local function in_hand(job)
  return { job.id, job.kind, job.request, job.queued_at, job.attempt, job.crashes or 0, job.errors or 0 }
end

local function claim(job, token, worker, lease)
  redis.call('ZREM', 'pdf_jobs_waiting', job.id)
  if job.due_at then redis.call('ZREM', 'pdf_jobs_delayed', job.id) end
  redis.call('ZADD', 'pdf_jobs_leases', stamp(now + lease), job.id)
  job.worker, job.attempt = worker, (job.attempt or 0) + 1
  enter(job, 'PROCESSING', nil, nil, 'token', token, 'worker', worker, 'attempt', job.attempt, 'started_at', at)
  return in_hand(job)
end

-- The next free job in the line, passing over hints that are stale. A worker that is stopping has no token for one.
local function next_free(token)
  if token == '' then return false end
  for _ = 1, 100 do
    local job_id = redis.call('RPOP', 'pdf_jobs_queue')
    if not job_id then return false end
    local job = read(job_id)
    if is_free(job) then return job end
  end
  return false
end

-- The job that this step claimed when it was first sent, if it did.
local function claimed_before(settled, token)
  local job = settled.next and read(settled.next)
  return job and job.state == 'PROCESSING' and job.token == token and in_hand(job)
end

-- Does this token hold the job ('held'), has it settled it already ('again'), or is it 'stale'?
local function standing(job, token)
  if job.state == 'PROCESSING' and job.token == token then return 'held' end
  if token ~= '' and job.settled == token then return 'again' end
  redis.call('HINCRBY', 'pdf_jobs_counts', 'fenced', 1)
  return 'stale'
end
