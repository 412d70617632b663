"""The queue in Redis, between API and workers: no other package changes the state of a job.

Four rules make BRPOP lose nothing. The job's record is the truth. The list is only a hint. The claim is a
compare-and-set. Only the owner of the token can finish. So a lost or duplicate hint is harmless.

The keys:

    pdf_jobs_queue       list    job ids, pushed left, popped right: first in, first out
    pdf_jobs:<job_id>    hash    the record: state, request, attempt, token, instants, history, result
    pdf_jobs_waiting     zset    every QUEUED job, by the sequence number from its acceptance
    pdf_jobs_sequence    string  the last sequence number
    pdf_jobs_clock       hash    the clock of all deadlines: it follows Redis' clock, but never jumps
    pdf_jobs_leases      zset    PROCESSING jobs, by the instant their lease expires
    pdf_jobs_delayed     zset    jobs to be retried, by the instant they are due
    pdf_jobs_completed   zset    COMPLETED jobs that are still kept, by the instant they ended
    pdf_jobs_failed      zset    FAILED jobs that are still kept, by the instant they ended
    pdf_jobs_events      stream  every change of state, added in the step that made it
    pdf_jobs_counts      hash    COMPLETED and FAILED since the start, events, bytes of requests, seconds that
                                 COMPLETED jobs took (busy), refused completions (fenced), refused documents,
                                 and answers (invalid, unavailable)
    pdf_jobs_workers     zset    worker ids, by the instant their entry expires
    pdf_jobs_worker:<id> string  the status of a worker, as JSON; expires with its lease
    pdf_jobs_key:<key>   string  the job accepted with an idempotency key; kept as long as its record
    pdf_jobs_ping        string  written to see whether Redis takes writes; expires
    pdf_jobs_suspects    set     jobs that the last sweep found taken but not claimed; expires
    pdf_jobs_deployment  string  the id of the deployment, and the place of its PDFs
    pdf_jobs_swept_at    string  the instant of the last sweep
    pdf_jobs_paused      string  there while the queue is paused; the list is then empty
    pdf_jobs_workers_expected  string  how many workers the system runs, if it has said so
    pdf_jobs_history     stream  a sample a second of the last minutes, written by the recorder

Every step is one short Lua script in lua/, atomic in Redis and idempotent: the caller makes the ids and
tokens, and a repeated step returns the same result. (`naive_transition` is the counter-example.)

Read next: pdflab/service/jobqueue/producer.py.
"""

from pdflab.jobs import JobState
from pdflab.service.jobqueue.consumer import RedisConsumer
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.producer import RedisProducer


class JobQueue(RedisProducer, RedisConsumer, RedisMonitor):
    """All three interfaces over one connection: for a benchmark, a test, or the naive worker."""

    def naive_transition(self, job_id: str, state: JobState, worker: str) -> None:
        """Set a job's state without checking a token: only the naive worker does."""
        self._run("naive_transition", job_id, state, worker)
