-- End a QUEUED job as FAILED. ARGV: offset, job_id, retention. Returns the state that the job was found in.
local job = read(ARGV[2])
if job.state == 'FAILED' and job.cause == 'cancelled' then return 'QUEUED' end  -- sent twice
if job.state ~= 'QUEUED' then return job.state end

redis.call('LREM', 'pdf_jobs_queue', 0, job.id)
redis.call('ZREM', 'pdf_jobs_waiting', job.id)
redis.call('ZREM', 'pdf_jobs_delayed', job.id)
finish(job, nil, 'FAILED', 'cancelled', 'cancelled by the user', tonumber(ARGV[3]))
return 'QUEUED'
