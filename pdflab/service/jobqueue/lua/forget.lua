-- Remove ended jobs whose files have been deleted, each with its record and its idempotency key. ARGV: offset, job_ids.
for i = 2, #ARGV do
  local job_id, values = ARGV[i], redis.pcall('HMGET', record(ARGV[i]), 'key', 'bytes')
  local key, bytes = values[1], whole(values[2])
  local owner = key and redis.pcall('GET', 'pdf_jobs_key:' .. key)
  redis.call('ZREM', 'pdf_jobs_completed', job_id)
  redis.call('ZREM', 'pdf_jobs_failed', job_id)
  if owner == job_id then redis.call('DEL', 'pdf_jobs_key:' .. key) end
  redis.call('DEL', record(job_id))
  if bytes > 0 then count('kept', 0 - bytes) end
end
return #ARGV - 1
