-- Prepended to every script after common.lua: someone else has deleted or overwritten a key, and no other job suffers.

-- The number of the next event. Should the counter be lost, the stream knows it.
next_number = function()
  local number = count('events', 1)
  local last = number == 1 and redis.call('XREVRANGE', 'pdf_jobs_events', '+', '-', 'COUNT', 1)[1]
  return last and last[2][1] == 'number' and count('events', tonumber(last[2][2]) or 0) or number
end

-- End a job whose record was deleted or damaged from outside: it keeps its promise of one ending, and harms no other.
end_lost = function(job)
  leave_queue(job.id)
  if has_ended(job) then return end
  if redis.call('TYPE', record(job.id)).ok ~= 'hash' then redis.call('DEL', record(job.id)) end
  job.kind = job.kind or 'unknown'
  finish(job, nil, 'FAILED', 'record_lost', 'its record in Redis was deleted or damaged', 'job_id', job.id,
    'kind', job.kind, 'queued_at', tonumber(job.queued_at) and job.queued_at or at)
end
