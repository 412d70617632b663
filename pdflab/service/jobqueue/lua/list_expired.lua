-- List jobs whose retention is over, up to `limit` of each ending. The caller deletes their files, then forgets them.
-- ARGV: offset, retention, limit.
local oldest_kept = stamp(now - tonumber(ARGV[2]))
local ids = {}
for _, key in ipairs({ 'pdf_jobs_completed', 'pdf_jobs_failed' }) do
  for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', oldest_kept, 'LIMIT', 0, ARGV[3])) do
    ids[#ids + 1] = job_id
  end
end
return ids
