-- End a job whose PDF is stored as COMPLETED, with facts about the PDF, and claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, retention, result (JSON).
-- Returns the verdict on the token, and the next claimed job, if there is one.
local token, worker, lease, next_token = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local job = read(ARGV[2])
local verdict = check_token(job, token)
if verdict == 'fenced' then return { verdict } end
if verdict == 'replayed' then return { verdict, claimed_before(job, next_token) } end

local following = take_next(next_token)
finish(job, token, 'COMPLETED', nil, nil, tonumber(ARGV[7]), 'result', ARGV[8],
  'next', following and following.id or '')
redis.call('HINCRBYFLOAT', 'pdf_jobs_counts', 'busy', stamp(now - job.started_at))
return { verdict, following and claim(following, next_token, worker, lease) }
