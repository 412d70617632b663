-- Make a job ours. ARGV: offset, job_id, token, worker, lease. Answers the record, or nothing.
return claim(ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]))
