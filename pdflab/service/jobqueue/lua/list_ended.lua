-- List jobs that ended longer than `age` seconds ago, up to `limit` of each ending. The caller deletes their files, then
-- forgets them. ARGV: offset, age, limit, states.
local INDEX = { COMPLETED = 'pdf_jobs_completed', FAILED = 'pdf_jobs_failed' }
local youngest = stamp(now - tonumber(ARGV[2]))
local ids = {}
for i = 4, #ARGV do
  for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', INDEX[ARGV[i]], '-inf', youngest, 'LIMIT', 0, ARGV[3])) do
    ids[#ids + 1] = job_id
  end
end
return ids
