"""A log that several tests work out by hand: one job is tried twice, one fails, one still waits."""

from pdflab.jobs import JobEvent, JobState

QUEUED, PROCESSING, COMPLETED, FAILED = JobState


def event(job_id: str, state: JobState, at: float, worker: str | None = None) -> JobEvent:
    return JobEvent(job_id, state, at, "invoice", worker=worker)


RETRIED = [
    event("a", QUEUED, 0.0),
    event("b", QUEUED, 1.0),
    event("a", PROCESSING, 2.0),
    event("a", QUEUED, 3.0),
    event("b", PROCESSING, 4.0),
    event("b", FAILED, 5.0),
    event("a", PROCESSING, 6.0),
    event("a", COMPLETED, 8.0),
    event("c", QUEUED, 9.0),
]
