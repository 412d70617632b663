"""jobs.log: the recorder writes it; audits, charts and the lab read it."""
