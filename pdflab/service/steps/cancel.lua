-- End a job that is still QUEUED. ARGV: offset, job_id, retention, reason. Answers the state it found.
local job, reason = read(ARGV[2]), ARGV[4]
if job.state == 'FAILED' and job.reason == reason then return 'QUEUED' end  -- sent twice
if job.state ~= 'QUEUED' then return job.state end

redis.call('LREM', 'pdf_jobs_queue', 0, job.id)
redis.call('ZREM', 'pdf_jobs_waiting', job.id)
redis.call('ZREM', 'pdf_jobs_delayed', job.id)
finish(job, nil, 'FAILED', reason, tonumber(ARGV[3]))
return 'QUEUED'
