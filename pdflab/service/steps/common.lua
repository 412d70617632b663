-- What every step begins with: the clock, the record, and the one way to change a state.
-- The steps name their keys literally, so that a search for a key finds all who touch it;
-- a Redis Cluster would want them passed as KEYS. ARGV[1] shifts the clock: only tests do.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6 + tonumber(ARGV[1])

local function stamp(instant) return string.format('%.6f', instant) end
local function record(job_id) return 'pdf_jobs:' .. job_id end

-- Change a job's state and tell it: never one without the other.
local function enter(job_id, state, reason)
  local key = record(job_id)
  local was, history, kind, attempt, worker =
    unpack(redis.call('HMGET', key, 'state', 'history', 'kind', 'attempt', 'worker'))
  redis.call('HSET', key, 'state', state, 'reason', reason or '',
    'history', (history or '') .. state .. ' ' .. stamp(now) .. '\n')
  if was then redis.call('HINCRBY', 'pdf_jobs_counts', was, -1) end
  redis.call('HINCRBY', 'pdf_jobs_counts', state, 1)
  local number = redis.call('HINCRBY', 'pdf_jobs_counts', 'events', 1)
  redis.call('XADD', 'pdf_jobs_events', 'MAXLEN', '~', '1000000', '*',
    'number', number, 'job_id', job_id, 'state', state, 'at', stamp(now), 'kind', kind,
    'attempt', attempt or '0', 'worker', worker or '', 'reason', reason or '')
end

-- Into the line again, at the front: the job keeps the number it was given when it was accepted.
local function to_front(job_id)
  local key = record(job_id)
  redis.call('HDEL', key, 'due_at')
  redis.call('ZADD', 'pdf_jobs_waiting', redis.call('HGET', key, 'sequence'), job_id)
  redis.call('RPUSH', 'pdf_jobs_queue', job_id)
end

-- Take the job from whoever holds it. A holder that lets go itself leaves its token behind as `settled`,
-- so that the same step, sent again because its answer was lost, is recognised.
local function let_go(job_id, token)
  redis.call('HSET', record(job_id), 'settled', token or '')
  redis.call('HDEL', record(job_id), 'token')
  redis.call('ZREM', 'pdf_jobs_leases', job_id)
end

-- End a job, for ever.
local function finish(job_id, state, reason, retention, token)
  let_go(job_id, token)
  redis.call('ZREM', 'pdf_jobs_waiting', job_id)
  redis.call('ZREM', 'pdf_jobs_delayed', job_id)
  redis.call('HSET', record(job_id), 'ended_at', stamp(now))
  redis.call('ZADD', state == 'COMPLETED' and 'pdf_jobs_completed' or 'pdf_jobs_failed', stamp(now), job_id)
  enter(job_id, state, reason)
  -- Kept a little longer than its place in the list of ended jobs, so that no list names a missing record.
  redis.call('EXPIRE', record(job_id), math.ceil(retention) + 60)
end

-- The compare-and-set: only a QUEUED job that is due is claimed, and the same token gets the same answer.
local function claim(job_id, token, worker, lease)
  local key = record(job_id)
  local state, holder, due_at = unpack(redis.call('HMGET', key, 'state', 'token', 'due_at'))
  if state == 'PROCESSING' and holder == token then return redis.call('HGETALL', key) end
  if state ~= 'QUEUED' or tonumber(due_at or '0') > now then return false end
  redis.call('ZREM', 'pdf_jobs_waiting', job_id)
  redis.call('ZREM', 'pdf_jobs_delayed', job_id)
  redis.call('HINCRBY', key, 'attempt', 1)
  redis.call('HSET', key, 'token', token, 'worker', worker, 'started_at', stamp(now))
  redis.call('ZADD', 'pdf_jobs_leases', stamp(now + lease), job_id)
  enter(job_id, 'PROCESSING')
  return redis.call('HGETALL', key)
end

-- Claim the next job in the line, passing over hints that are stale. A worker that is stopping sends no token.
local function claim_next(settled_id, token, worker, lease)
  if token == '' then return false end
  for _ = 1, 100 do
    local job_id = redis.call('RPOP', 'pdf_jobs_queue')
    if not job_id then return false end
    local job = claim(job_id, token, worker, lease)
    if job then
      redis.call('HSET', record(settled_id), 'next', job_id)
      return job
    end
  end
  return false
end

-- The job that this step claimed when it was first sent, if it did.
local function claimed_before(settled_id, token)
  local next_id = redis.call('HGET', record(settled_id), 'next')
  if not next_id or redis.call('HGET', record(next_id), 'token') ~= token then return false end
  return redis.call('HGETALL', record(next_id))
end

-- Does this token hold the job ('held'), has it settled it already ('again'), or is it 'stale'?
local function standing(job_id, token)
  local state, holder, settled = unpack(redis.call('HMGET', record(job_id), 'state', 'token', 'settled'))
  if state == 'PROCESSING' and holder == token then return 'held' end
  if token ~= '' and settled == token then return 'again' end
  redis.call('HINCRBY', 'pdf_jobs_counts', 'fenced', 1)
  return 'stale'
end
