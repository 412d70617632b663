-- No PDF this time: FAILED, or QUEUED again after `delay` seconds. And claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, retention, cause, reason, delay ('' is: never again),
-- max_errors.
local token, worker, lease, next_token = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local retention, cause, reason = tonumber(ARGV[7]), ARGV[8], ARGV[9]
local delay, max_errors = tonumber(ARGV[10]), tonumber(ARGV[11])
local job = read(ARGV[2])
local verdict = standing(job, token)
if verdict == 'stale' then return { verdict } end
if verdict == 'again' then return { verdict, claimed_before(job, next_token) } end

local following, errors = next_free(next_token), redis.call('HINCRBY', record(job.id), 'errors', 1)
local next_id = following and following.id or ''
if delay and errors < max_errors then
  redis.call('ZADD', 'pdf_jobs_delayed', stamp(now + delay), job.id)
  let_go(job, token, 'QUEUED', cause, reason, 'due_at', stamp(now + delay), 'next', next_id)
else
  finish(job, token, 'FAILED', cause, reason, retention, 'next', next_id)
end
return { verdict, following and claim(following, next_token, worker, lease) }
