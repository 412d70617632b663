-- What the dashboard shows besides statistics: the jobs that workers have claimed, and the registry. ARGV: offset.
local claimed = {}
for _, job_id in ipairs(redis.call('ZRANGE', 'pdf_jobs_leases', 0, 99)) do
  local job = redis.pcall('HMGET', record(job_id), 'worker', 'job_id', 'title', 'kind', 'started_at')
  if not job.err and job[1] and job[2] then claimed[#claimed + 1] = job end
end

local workers = {}
local registry = redis.call('ZREVRANGE', 'pdf_jobs_workers', 0, 199, 'WITHSCORES')
for i = 1, #registry, 2 do
  local status = redis.pcall('GET', 'pdf_jobs_worker:' .. registry[i])
  workers[#workers + 1] = { registry[i], type(status) == 'string' and status or '{}', registry[i + 1] }
end
return { at, claimed, workers }
