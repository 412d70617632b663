-- End a pause: fill the list anew from pdf_jobs_waiting, which has every QUEUED job in its order. ARGV: offset.
if redis.call('DEL', 'pdf_jobs_paused') == 0 then return 0 end
redis.call('DEL', 'pdf_jobs_queue')
for first = 0, redis.call('ZCARD', 'pdf_jobs_waiting') - 1, 1000 do
  redis.call('LPUSH', 'pdf_jobs_queue', unpack(redis.call('ZRANGE', 'pdf_jobs_waiting', first, first + 999)))
end
return 1
