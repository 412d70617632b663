"""The queue in Redis, where API and workers meet: no other place changes the state of a job.

Four ideas make BRPOP lose nothing. The job record is the truth; the list is a hint; the claim is a
compare-and-set; the finisher holds a token. A hint that is lost or doubled is then harmless.

The keys:

    pdf_jobs_queue       list    job ids, pushed left, popped right: first in, first out
    pdf_jobs:<job_id>    hash    the record: state, request, attempt, token, instants, history, result
    pdf_jobs_waiting     zset    every job in the line, by the number it was given when it was accepted
    pdf_jobs_sequence    string  the last such number
    pdf_jobs_leases      zset    jobs that are PROCESSING, by the instant their lease runs out
    pdf_jobs_delayed     zset    jobs that will be tried again, by the instant they are due
    pdf_jobs_completed   zset    ended jobs that are still kept, by the instant they ended
    pdf_jobs_failed      zset    the same for jobs that FAILED
    pdf_jobs_events      stream  every change of state, written in the step that made it
    pdf_jobs_counts      hash    COMPLETED and FAILED since the beginning, events, seconds that completed jobs
                                 took (busy), refused completions (fenced)
    pdf_jobs_workers     zset    worker ids, by the instant they count as gone
    pdf_jobs_worker:<id> string  what a worker does and since when, as JSON; expires with its lease
    pdf_jobs_key:<key>   string  the job that an idempotency key was answered with; expires
    pdf_jobs_suspects    set     jobs that the last sweep found taken and not claimed; expires
    pdf_jobs_swept_at    string  the instant of the last sweep

Every step is one short Lua script in lua/, atomic in Redis, and may be sent twice without harm:
ids and tokens are made by the caller, and a step that is repeated answers as it did the first time.
(`mark`, the naive worker's, is the counter-example.)

Read next: service/jobqueue/lua/common.lua, then service/jobqueue/producer.py.
"""

from pdflab.jobs import JobState
from pdflab.service.jobqueue.consumer import RedisConsumer
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.producer import RedisProducer


class JobQueue(RedisProducer, RedisConsumer, RedisMonitor):
    """All three interfaces over one connection: for a lesson, a benchmark, or the naive worker."""

    def mark(self, job_id: str, state: JobState, worker: str) -> None:
        """Set a job's state without checking any token: only the naive worker does."""
        self._run("mark", job_id, state, worker, self._settings.retention)
