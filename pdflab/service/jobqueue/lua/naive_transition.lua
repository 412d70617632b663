-- What the naive worker does instead of claim and complete: set a state, even if another worker owns the job,
-- with no token and with a lease that never runs out. ARGV: offset, job_id, state, worker.
local job, state = read(ARGV[2]), ARGV[3]
if not job.state then return 0 end
redis.call('ZREM', 'pdf_jobs_waiting', job.id)
job.worker = ARGV[4]
if state == 'PROCESSING' then
  job.attempt = job.attempt + 1
  redis.call('ZADD', 'pdf_jobs_leases', '+inf', job.id)
  transition(job, state, nil, nil, 'worker', job.worker, 'attempt', job.attempt, 'started_at', at, 'claimed_at', stamp(now))
else
  finish(job, nil, state)
  count_busy(job)
end
return 1
