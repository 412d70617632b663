"""Pictures that change while a load runs: the jobs, the charts beside them, and a GIF of both."""
