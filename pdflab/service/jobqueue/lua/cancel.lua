-- End a QUEUED job as FAILED. ARGV: offset, job_id. Returns the state that the job was found in.
local job = read(ARGV[2])
if job.state == 'FAILED' and job.cause == 'cancelled' then return 'QUEUED' end  -- sent twice
if job.state ~= 'QUEUED' then return job.state end

redis.call('LREM', 'pdf_jobs_queue', 0, job.id)
leave_queue(job.id)
finish(job, nil, 'FAILED', 'cancelled', 'cancelled by the user')
return 'QUEUED'
