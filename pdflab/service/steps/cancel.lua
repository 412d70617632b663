-- End a job that is still QUEUED. ARGV: offset, job_id, retention. Answers the state it found.
local CANCELLED = 'cancelled by the user'
local state, reason = unpack(redis.call('HMGET', record(ARGV[2]), 'state', 'reason'))
if state == 'FAILED' and reason == CANCELLED then return 'QUEUED' end  -- sent twice
if state == 'QUEUED' then
  redis.call('LREM', 'pdf_jobs_queue', 0, ARGV[2])
  finish(ARGV[2], 'FAILED', CANCELLED, tonumber(ARGV[3]))
end
return state
