-- What the dashboard shows besides statistics: the newest jobs of each state, all that are PROCESSING, the workers.
-- ARGV: offset, how many jobs of each state.
local newest = tonumber(ARGV[2])

local jobs = {}
local function add(job_ids)
  for _, job_id in ipairs(job_ids) do
    local job = redis.pcall('HMGET', record(job_id), 'job_id', 'kind', 'state', 'sequence', 'queued_at', 'started_at',
      'ended_at', 'worker', 'cause', 'reason', 'retried_as', 'title')
    if not job.err and job[1] and job[2] and job[3] then jobs[#jobs + 1] = job end
  end
end
for _, key in ipairs({ 'pdf_jobs_waiting', 'pdf_jobs_delayed', 'pdf_jobs_completed', 'pdf_jobs_failed' }) do
  add(redis.call('ZREVRANGE', key, 0, newest - 1))
end
add(redis.call('ZRANGE', 'pdf_jobs_leases', 0, 99))

local workers = {}
local registry = redis.call('ZREVRANGE', 'pdf_jobs_workers', 0, 199, 'WITHSCORES')
for i = 1, #registry, 2 do
  local status = redis.pcall('GET', 'pdf_jobs_worker:' .. registry[i])
  workers[#workers + 1] = { registry[i], type(status) == 'string' and status or '{}', registry[i + 1] }
end
return { at, jobs, workers }
