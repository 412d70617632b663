-- Return a claimed job to the front of the queue; the attempt does not count. ARGV: offset, job_id, token.
local job = read(ARGV[2])
local verdict = check_token(job, ARGV[3])
if verdict ~= 'owned' then return verdict end

job.attempt = job.attempt - 1
end_claim(job, ARGV[3], 'QUEUED', 'released', 'handed back by a worker that was asked to stop', 'attempt', job.attempt)
requeue_front(job)
return verdict
