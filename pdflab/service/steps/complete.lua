-- The PDF is stored: say so, with what was noticed about it, and claim the next job.
-- ARGV: offset, job_id, token, worker, lease, next_token, retention, result (JSON).
local job_id, token, worker, lease, next_token = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local verdict = standing(job_id, token)
if verdict == 'stale' then return { verdict } end
if verdict == 'again' then return { verdict, claimed_before(job_id, next_token) } end

redis.call('HSET', record(job_id), 'result', ARGV[8])
finish(job_id, 'COMPLETED', nil, tonumber(ARGV[7]), token)
return { verdict, claim_next(job_id, next_token, worker, lease) }
