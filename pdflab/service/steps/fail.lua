-- No PDF this time: FAILED, or QUEUED again after `delay` seconds. And claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, retention, reason, delay ('' is: never again), max_errors.
local job_id, token, worker, lease, next_token = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local retention, reason, delay, max_errors = tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
local verdict = standing(job_id, token)
if verdict == 'stale' then return { verdict } end
if verdict == 'again' then return { verdict, claimed_before(job_id, next_token) } end

local errors = redis.call('HINCRBY', record(job_id), 'errors', 1)
if delay and errors < max_errors then
  let_go(job_id, token)
  redis.call('HSET', record(job_id), 'due_at', stamp(now + delay))
  redis.call('ZADD', 'pdf_jobs_delayed', stamp(now + delay), job_id)
  enter(job_id, 'QUEUED', reason)
else
  finish(job_id, 'FAILED', reason, retention, token)
end
return { verdict, claim_next(job_id, next_token, worker, lease) }
