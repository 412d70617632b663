-- Remove what is of no use from the keys that all jobs share, after someone else has overwritten one: reindex.lua brings
-- back what they should hold. ARGV: offset.
local TYPES = { pdf_jobs_queue = 'list', pdf_jobs_waiting = 'zset', pdf_jobs_leases = 'zset', pdf_jobs_delayed = 'zset',
  pdf_jobs_completed = 'zset', pdf_jobs_failed = 'zset', pdf_jobs_workers = 'zset', pdf_jobs_suspects = 'set',
  pdf_jobs_events = 'stream', pdf_jobs_history = 'stream', pdf_jobs_counts = 'hash', pdf_jobs_sequence = 'string', pdf_jobs_swept_at = 'string' }
for key, wanted in pairs(TYPES) do
  local found = redis.call('TYPE', key)
  if (found.ok or found) ~= wanted then redis.call('DEL', key) end
end
local sequence = redis.call('GET', 'pdf_jobs_sequence')
if sequence and not (sequence:match('^%d+$') and #sequence < 16) then redis.call('DEL', 'pdf_jobs_sequence') end
local counts = redis.call('HGETALL', 'pdf_jobs_counts')
for i = 1, #counts, 2 do
  local pattern = counts[i] == 'busy' and '^-?%d+%.?%d*$' or '^-?%d+$'
  if not counts[i + 1]:match(pattern) or #counts[i + 1] > 25 or pattern == '^-?%d+$' and #counts[i + 1] > 15 then
    redis.call('HDEL', 'pdf_jobs_counts', counts[i])
  end
end
return 1
