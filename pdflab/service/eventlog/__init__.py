"""jobs.log: written by the recorder, read by everybody."""
