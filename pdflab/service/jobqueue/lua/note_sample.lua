-- Add a sample to the history, of which the newest `limit` are kept. ARGV: offset, limit, sample (JSON).
redis.call('XADD', 'pdf_jobs_history', 'MAXLEN', ARGV[2], '*', 'at', at, 'sample', ARGV[3])
return 1
