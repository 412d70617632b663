-- Consistent statistics, in time that does not grow with the history. ARGV: offset, window in seconds.
local window = tonumber(ARGV[2])
local waiting = redis.call('ZCARD', 'pdf_jobs_waiting')
local oldest = redis.call('ZRANGE', 'pdf_jobs_waiting', 0, 0)[1]
local oldest_age = oldest and now - tonumber(redis.call('HGET', record(oldest), 'queued_at')) or 0
local finished = redis.call('ZCOUNT', 'pdf_jobs_completed', stamp(now - window), '+inf')
return {
  redis.call('HGETALL', 'pdf_jobs_counts'),
  waiting + redis.call('ZCARD', 'pdf_jobs_delayed'),
  redis.call('ZCARD', 'pdf_jobs_leases'),
  redis.call('LLEN', 'pdf_jobs_queue'),
  redis.call('ZCARD', 'pdf_jobs_completed'),
  redis.call('ZCOUNT', 'pdf_jobs_workers', at, '+inf'),
  stamp(oldest_age),
  stamp(finished / window),
}
