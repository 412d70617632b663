-- Hand the job in hand back to the front of the line; the attempt does not count. ARGV: offset, job_id, token.
local job = read(ARGV[2])
local verdict = standing(job, ARGV[3])
if verdict ~= 'held' then return verdict end

job.attempt = job.attempt - 1
let_go(job, ARGV[3], 'QUEUED', 'released', 'handed back by a worker that was told to stop', 'attempt', job.attempt)
to_front(job.id)
return verdict
