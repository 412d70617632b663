-- Claim a job; repeated with the same token, return the same claim. ARGV: offset, job_id, token, worker, lease.
-- Returns the claimed job, or nothing.
local job, token = read(ARGV[2]), ARGV[3]
if job.state == 'PROCESSING' and job.token == token then return claimed_job(job) end
if paused() then return false end  -- it was taken before the pause, and is still in waiting
return is_claimable(job) and claim(job, token, ARGV[4], tonumber(ARGV[5]))
