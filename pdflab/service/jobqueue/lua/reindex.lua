-- Put jobs back into the index of their state, where someone else has removed them; end those with a damaged record.
-- ARGV: offset, lease, job_ids.
local INDEX = { QUEUED = 'pdf_jobs_waiting', PROCESSING = 'pdf_jobs_leases', COMPLETED = 'pdf_jobs_completed',
  FAILED = 'pdf_jobs_failed' }
local lease = tonumber(ARGV[2])
for i = 3, #ARGV do
  local state = redis.pcall('HGET', record(ARGV[i]), 'state')
  local index = type(state) == 'string' and INDEX[state]
  local is_there = redis.call('EXISTS', record(ARGV[i])) == 1  -- it may have been forgotten meanwhile
  if is_there and (not index or not redis.call('ZSCORE', index, ARGV[i])) then
    local job = read(ARGV[i])
    local waits = job.state == 'QUEUED' or job.state == 'PROCESSING'
    if not has_ended(job) and not (waits and is_whole(job)) then
      end_lost(job)
    elseif job.state == 'QUEUED' and job.due_at then
      redis.call('ZADD', 'pdf_jobs_delayed', 'NX', tonumber(job.due_at) or stamp(now), job.id)
    elseif job.state == 'QUEUED' then
      redis.call('ZADD', index, job.sequence, job.id)
    else
      redis.call('ZADD', index, stamp(job.state == 'PROCESSING' and now + lease or now), job.id)
    end
  end
end
return #ARGV - 2
