-- End a job that is still QUEUED. ARGV: offset, job_id, retention. Answers the state it found.
local state = redis.call('HGET', record(ARGV[2]), 'state')
if state == 'QUEUED' then finish(ARGV[2], 'FAILED', 'cancelled by the user', tonumber(ARGV[3])) end
return state
