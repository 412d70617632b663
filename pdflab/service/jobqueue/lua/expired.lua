-- What has been kept long enough, up to `limit` of each ending: its file is removed first, and only then is it
-- forgotten. ARGV: offset, retention, limit.
local kept_since = stamp(now - tonumber(ARGV[2]))
local ids = {}
for _, key in ipairs({ 'pdf_jobs_completed', 'pdf_jobs_failed' }) do
  for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', kept_since, 'LIMIT', 0, ARGV[3])) do
    ids[#ids + 1] = job_id
  end
end
return ids
