-- Hand the job in hand back to the front of the line; the attempt does not count. ARGV: offset, job_id, token.
local job_id = ARGV[2]
local verdict = standing(job_id, ARGV[3])
if verdict ~= 'held' then return verdict end

let_go(job_id, ARGV[3])
redis.call('HINCRBY', record(job_id), 'attempt', -1)
to_front(job_id)
enter(job_id, 'QUEUED', 'handed back by a worker that was told to stop')
return verdict
