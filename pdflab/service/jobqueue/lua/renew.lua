-- Renew a worker's leases and its entry in the registry, and let the clock of the deadlines follow.
-- ARGV: offset, lease, worker, its status (JSON), then pairs of job_id, token. Returns how many leases were renewed.
local lease, worker = tonumber(ARGV[2]), ARGV[3]
follow_clock(lease)
redis.call('ZADD', 'pdf_jobs_workers', stamp(clock + offset + lease), worker)
redis.call('SET', 'pdf_jobs_worker:' .. worker, ARGV[4], 'EX', math.ceil(lease))

local renewed = 0
for i = 5, #ARGV, 2 do
  local found = redis.pcall('HMGET', record(ARGV[i]), 'state', 'token')
  if found[1] == 'PROCESSING' and found[2] == ARGV[i + 1] then
    redis.call('ZADD', 'pdf_jobs_leases', stamp(now + lease), ARGV[i])
    renewed = renewed + 1
  end
end
return renewed
