-- End a job whose PDF is stored as COMPLETED, with facts about the PDF, and claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, result (JSON).
-- Returns the verdict on the token, and the next claimed job, if there is one.
local token, worker, lease, next_token = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local job = read(ARGV[2])
local verdict = check_token(job, token)
if verdict == 'fenced' then return { verdict } end
if verdict == 'replayed' then return { verdict, claimed_before(job, next_token) } end

local following = take_next(next_token)
finish(job, token, 'COMPLETED', nil, nil, 'result', ARGV[7], 'next', following and following.id or '')
count_busy(job)
return { verdict, following and claim(following, next_token, worker, lease) }
