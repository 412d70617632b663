-- Prepended to every script: the clocks, the record, and the one function that changes a job's state.
-- A script reads a job once, decides, and writes it once: each call costs Redis as much as a small command.
-- It writes nothing before all that it reads is known good: a script that fails has no half of it undone.
-- The scripts name their keys literally, so that a search for a key finds every use of it;
-- a Redis Cluster would want them passed as KEYS. ARGV[1] shifts both clocks: only tests do.

local time, offset = redis.call('TIME'), tonumber(ARGV[1])
local clock = tonumber(time[1]) + tonumber(time[2]) / 1e6

local function stamp(instant) return string.format('%.6f', instant) end
local at = stamp(clock + offset)  -- for people: events, records, the registry
local function record(job_id) return 'pdf_jobs:' .. job_id end

-- For deadlines: leases, retries, retention. Someone may set the clock of Redis; this one follows it, but between two
-- renewals (or calls of keep_time) neither back nor further ahead than `limit`, which is less than a lease has left.
local function deadline_clock()
  local saved = redis.pcall('HMGET', 'pdf_jobs_clock', 'seen', 'now', 'limit')
  local seen, base, limit = tonumber(saved[1]), tonumber(saved[2]), tonumber(saved[3])
  if seen and base and limit then return base + math.max(0, math.min(clock - seen, limit)) end
  if saved.err then redis.call('DEL', 'pdf_jobs_clock') end
  -- It is the first time, or the clock was damaged: the last sweep was not long ago.
  base = tonumber(redis.pcall('GET', 'pdf_jobs_swept_at')) or clock
  redis.call('HSET', 'pdf_jobs_clock', 'seen', stamp(clock), 'now', stamp(base), 'limit', 60)
  return base
end
local now = deadline_clock() + offset

local function follow_clock(lease)
  redis.call('HSET', 'pdf_jobs_clock', 'seen', stamp(clock), 'now', stamp(now - offset), 'limit', lease / 2)
end

local FIELDS = { 'state', 'token', 'settled', 'next', 'kind', 'request', 'queued_at', 'due_at', 'claimed_at',
  'attempt', 'crashes', 'errors', 'worker', 'cause', 'history', 'sequence', 'bytes' }

-- A whole number that is stored as a text; rubbish is 0.
local function whole(text) return text and #text < 16 and text:match('^-?%d+$') and tonumber(text) or 0 end

-- Read the fields that decisions need; one that the record does not have is false, a number that is none is 0.
-- A record that was deleted or overwritten from outside has no state.
local function read(job_id)
  local job, values = { id = job_id }, redis.pcall('HMGET', record(job_id), unpack(FIELDS))
  for i, name in ipairs(FIELDS) do job[name] = not values.err and values[i] end
  for _, name in ipairs({ 'attempt', 'crashes', 'errors', 'sequence', 'bytes' }) do job[name] = whole(job[name]) end
  return job
end

-- Whether the job can be rendered once more.
local function is_whole(job) return job.kind and job.request and job.request ~= '' and tonumber(job.queued_at) end
local function has_ended(job) return job.state == 'COMPLETED' or job.state == 'FAILED' end

local function count(what, difference) return redis.call('HINCRBY', 'pdf_jobs_counts', what, difference) end

local next_number, end_lost  -- are in damage.lua

-- Change a job's state and add the event, never one without the other. Programs read the cause (Cause in jobs.py),
-- people the reason. `...` are more fields that change with the state.
local function transition(job, state, cause, reason, ...)
  redis.call('XADD', 'pdf_jobs_events', 'MAXLEN', '~', '1000000', '*',
    'number', next_number(), 'job_id', job.id, 'state', state, 'at', at, 'kind', job.kind or 'unknown',
    'attempt', job.attempt or '0', 'worker', job.worker or '', 'cause', cause or '', 'reason', reason or '')
  job.state, job.history = state, (job.history or '') .. state .. ' ' .. at .. '\n'
  redis.call('HSET', record(job.id), 'state', state, 'cause', cause or '', 'reason', reason or '',
    'history', job.history, ...)
end

-- While the queue is paused, its list is empty: no worker finds a job.
local function paused() return redis.call('EXISTS', 'pdf_jobs_paused') == 1 end

-- Put a job at the front of the queue, with the sequence number that it got when it was accepted.
local function requeue_front(job)
  redis.call('HDEL', record(job.id), 'due_at')
  redis.call('ZADD', 'pdf_jobs_waiting', job.sequence, job.id)
  if not paused() then redis.call('RPUSH', 'pdf_jobs_queue', job.id) end
end

-- End a worker's claim with a new state. The token of an owner that ends its claim itself is kept as `settled`, so that
-- the same step is recognised when it is sent again because its answer was lost. It begins with ZREM: a Redis whose memory
-- is full lets a script go on that began with a command which needs none, and so jobs are finished when none is accepted.
local function end_claim(job, token, state, cause, reason, ...)
  redis.call('ZREM', 'pdf_jobs_leases', job.id)
  transition(job, state, cause, reason, 'token', '', 'settled', token or '', ...)
end

-- End a job for good. The request of a finished document is not needed again; that of a failed one is kept for a retry,
-- as long as there are not too many of them.
local function finish(job, token, state, cause, reason, ...)
  local kept = state == 'FAILED' and whole(redis.call('HGET', 'pdf_jobs_counts', 'kept'))
  if kept and kept + job.bytes <= 64e6 then
    end_claim(job, token, state, cause, reason, 'ended_at', at, ...)
    count('kept', job.bytes)
  else
    end_claim(job, token, state, cause, reason, 'ended_at', at, 'request', '', 'bytes', 0, ...)
  end
  count('bytes', 0 - job.bytes)
  redis.call('ZADD', state == 'COMPLETED' and 'pdf_jobs_completed' or 'pdf_jobs_failed', stamp(now), job.id)
  count(state, 1)
  if cause == 'cancelled' then count('cancelled', 1) end
end

local function leave_queue(job_id)
  for _, key in ipairs({ 'pdf_jobs_waiting', 'pdf_jobs_delayed', 'pdf_jobs_leases' }) do
    redis.call('ZREM', key, job_id)
  end
end

-- The compare-and-set: only a QUEUED job that is due can be claimed. A hint without a whole record may be old, or all
-- that is left of a job.
local function is_claimable(job)
  if job.state == 'QUEUED' and is_whole(job) then return (tonumber(job.due_at) or 0) <= now end
  if not has_ended(job) and redis.call('ZSCORE', 'pdf_jobs_waiting', job.id) then end_lost(job) end
  return false
end

-- The fields of a claimed job that its worker needs.
local function claimed_job(job)
  return { job.id, job.kind, job.request, job.queued_at, job.attempt, job.crashes, job.errors }
end

local function claim(job, token, worker, lease)
  redis.call('ZREM', 'pdf_jobs_waiting', job.id)
  if job.due_at then redis.call('ZREM', 'pdf_jobs_delayed', job.id) end
  redis.call('ZADD', 'pdf_jobs_leases', stamp(now + lease), job.id)
  job.worker, job.attempt = worker, job.attempt + 1
  transition(job, 'PROCESSING', nil, nil, 'token', token, 'worker', worker, 'attempt', job.attempt,
    'started_at', at, 'claimed_at', stamp(now))
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
  count('fenced', 1)
  return 'fenced'
end

-- The seconds that a worker has spent on a job, for an estimate of how long others wait.
local function count_busy(job)
  redis.call('HINCRBYFLOAT', 'pdf_jobs_counts', 'busy', stamp(math.max(0, now - (tonumber(job.claimed_at) or now))))
end
