-- Make a job ours; with the same token it is ours already. ARGV: offset, job_id, token, worker, lease.
-- Answers what the worker has to know of it, or nothing.
local job, token = read(ARGV[2]), ARGV[3]
if job.state == 'PROCESSING' and job.token == token then return in_hand(job) end
return is_free(job) and claim(job, token, ARGV[4], tonumber(ARGV[5]))
