-- Mark FAILED jobs as dismissed: they are no dead letters any more. ARGV: offset, job_ids. Returns how many are FAILED.
local dismissed = 0
for i = 2, #ARGV do
  if redis.pcall('HGET', record(ARGV[i]), 'state') == 'FAILED' then
    redis.call('HSET', record(ARGV[i]), 'dismissed_at', at)
    dismissed = dismissed + 1
  end
end
return dismissed
