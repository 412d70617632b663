-- End QUEUED jobs as FAILED, oldest first, up to `limit` of those that were accepted up to a sequence number.
-- ARGV: offset, sequence, limit. Returns how many.
local newest, limit, cancelled = tonumber(ARGV[2]), tonumber(ARGV[3]), 0
local waiting = redis.call('ZRANGEBYSCORE', 'pdf_jobs_waiting', '-inf', newest, 'LIMIT', 0, limit)
local delayed = redis.call('ZRANGE', 'pdf_jobs_delayed', 0, limit - 1)
for _, ids in ipairs({ waiting, delayed }) do
  for _, job_id in ipairs(ids) do
    local job = read(job_id)
    if not job.state then
      end_lost(job)
    elseif job.state == 'QUEUED' and job.sequence <= newest and cancelled < limit then
      if ids == waiting then redis.call('LREM', 'pdf_jobs_queue', -1, job_id) end  -- found at once: it is the oldest
      leave_queue(job_id)
      finish(job, nil, 'FAILED', 'cancelled', 'cancelled by the user')
      cancelled = cancelled + 1
    end
  end
end
return cancelled
