-- Consistent statistics, in time that does not grow with the history. ARGV: offset, window in seconds.
local window = tonumber(ARGV[2])
local waiting = redis.call('ZCARD', 'pdf_jobs_waiting')
local oldest = redis.call('ZRANGE', 'pdf_jobs_waiting', 0, 0)[1]
local queued_at = oldest and tonumber(redis.pcall('HGET', record(oldest), 'queued_at'))
local finished = redis.call('ZCOUNT', 'pdf_jobs_completed', stamp(now - window), '+inf')
local expected = redis.pcall('GET', 'pdf_jobs_workers_expected')
local counts = redis.call('HMGET', 'pdf_jobs_counts', 'events', 'fenced', 'busy', 'COMPLETED', 'FAILED',
  'cancelled', 'refused', 'invalid', 'unavailable')
for i = 1, 9 do counts[i] = stamp(tonumber(counts[i]) or 0) end
return {
  counts,
  waiting + redis.call('ZCARD', 'pdf_jobs_delayed'),
  redis.call('ZCARD', 'pdf_jobs_leases'),
  paused() and waiting or redis.call('LLEN', 'pdf_jobs_queue'),
  redis.call('ZCARD', 'pdf_jobs_completed'),
  redis.call('ZCOUNT', 'pdf_jobs_workers', at, '+inf'),
  stamp(queued_at and math.max(0, clock + offset - queued_at) or 0),
  stamp(finished / window),
  type(expected) == 'string' and expected or '',
  paused() and 1 or 0,
}
