-- The PDF is stored: say so, with what was noticed about it, and claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, retention, result (JSON).
local token, worker, lease, next_token = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local job = read(ARGV[2])
local verdict = standing(job, token)
if verdict == 'stale' then return { verdict } end
if verdict == 'again' then return { verdict, claimed_before(job, next_token) } end

local following = next_free(next_token)
finish(job, token, 'COMPLETED', nil, nil, tonumber(ARGV[7]), 'result', ARGV[8],
  'next', following and following.id or '')
redis.call('HINCRBYFLOAT', 'pdf_jobs_counts', 'busy', stamp(now - job.started_at))
return { verdict, following and claim(following, next_token, worker, lease) }
