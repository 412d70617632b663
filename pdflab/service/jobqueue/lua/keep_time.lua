-- Let the clock of the deadlines follow, although no worker may live to renew a lease. ARGV: offset, lease.
follow_clock(tonumber(ARGV[2]))
