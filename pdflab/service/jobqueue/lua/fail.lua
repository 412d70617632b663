-- End a claim without a PDF: the job is FAILED, or QUEUED again after `delay` seconds. And claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, cause, reason, delay ('' is: no other try), max_errors.
-- Returns what complete.lua returns.
local token, worker, lease, next_token = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local cause, reason, delay, max_errors = ARGV[7], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
local job = read(ARGV[2])
local verdict = check_token(job, token)
if verdict == 'fenced' then return { verdict } end
if verdict == 'replayed' then return { verdict, claimed_before(job, next_token) } end

local following, errors = take_next(next_token), job.errors + 1
local next_id = following and following.id or ''
if delay and errors < max_errors then
  local due = stamp(now + delay)
  redis.call('ZADD', 'pdf_jobs_delayed', due, job.id)
  end_claim(job, token, 'QUEUED', cause, reason, 'errors', errors, 'due_at', due, 'next', next_id)
else
  finish(job, token, 'FAILED', cause, reason, 'errors', errors, 'next', next_id)
end
return { verdict, following and claim(following, next_token, worker, lease) }
