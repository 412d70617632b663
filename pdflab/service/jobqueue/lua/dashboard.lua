-- What the dashboard shows besides statistics: the newest jobs of each state, all that are PROCESSING, the workers.
-- ARGV: offset, how many jobs of each state, the longest request that is read for its title.
local newest, max_bytes = tonumber(ARGV[2]), tonumber(ARGV[3])

local jobs = {}
local function add(job_ids)
  for _, job_id in ipairs(job_ids) do
    local key = record(job_id)
    local job = redis.call('HMGET', key, 'job_id', 'kind', 'state', 'sequence', 'queued_at', 'started_at', 'ended_at',
      'worker', 'cause', 'reason', 'retried_as')
    job[#job + 1] = redis.call('HSTRLEN', key, 'request') <= max_bytes and redis.call('HGET', key, 'request') or ''
    if job[1] then jobs[#jobs + 1] = job end
  end
end
for _, key in ipairs({ 'pdf_jobs_waiting', 'pdf_jobs_delayed', 'pdf_jobs_completed', 'pdf_jobs_failed' }) do
  add(redis.call('ZREVRANGE', key, 0, newest - 1))
end
add(redis.call('ZRANGE', 'pdf_jobs_leases', 0, 99))

local workers = {}
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', 'pdf_jobs_workers', at, '+inf')) do
  workers[#workers + 1] = { worker, redis.call('GET', 'pdf_jobs_worker:' .. worker) or '{}' }
end
return { at, jobs, workers }
