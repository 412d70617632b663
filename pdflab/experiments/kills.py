"""Kills: workers of one type have jobs all the time, some of them are killed, and the rest is awaited.

Read next: pdflab/charts/failures.py.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from pdflab.analysis.run import Events, Run, Sends
from pdflab.child_process import wait_until
from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Endpoint, WorkerId
from pdflab.lab import Lab

KILLS = 5
_BATCH, _LINES = (
    60,
    400,
)  # large documents: some 30 ms each, so that workers are almost always busy
_EMAIL_BATCH, _EMAIL_LINES = 8, 20  # small ones: a worker mostly waits for the receiver of its e-mail
_PAUSE = 0.3  # seconds that a worker is seen at work before it is killed
_QUIET = 2.0  # seconds without an event, after which naive workers have no job
_TIMEOUT = 60.0  # seconds until a process that was killed runs again
_POLL_INTERVAL = 0.02


def kill_runs(*workers: str) -> dict[str, tuple[str, Callable[[Lab], Run]]]:
    """Return a run for each type of worker, as RunPart takes them."""
    return {one: (f"Kill {KILLS} {one} workers", partial(kill_workers, worker=one)) for one in workers}


def kill_workers(lab: Lab, worker: str, *, kills: int = KILLS) -> Run:
    """Kill so many workers of a type while they work; return the run of the jobs that were sent meanwhile."""
    lab.set_worker_type(worker)
    if worker != "naive":
        lab.wait()  # for jobs that naive workers have lost: they go first
    jobs, lines = _batch_for(worker)

    def kill_all() -> None:
        for _ in range(kills):
            lab.kill(_await_busy(lab, jobs, lines))

    return observe(lab, f"{kills} kills of {worker} workers", kill_all)


def send_for_faults(lab: Lab) -> Run:
    """Send jobs while the reader injects faults, and return their run."""
    jobs, lines = _batch_for(lab.worker)
    return observe(lab, "jobs for faults", lambda: fill_queue(lab, 5 * jobs, lines=lines))


def fill_queue(lab: Lab, jobs: int, *, lines: int = _LINES) -> None:
    """Send so many documents at once, large ones by default; return when they are accepted."""
    before = len(lab.sends())
    lab.operate("batch", n=jobs, lines=lines)
    await_condition(lambda: len(lab.sends()) >= before + jobs)


def second_emails(lab: Lab, run: Run) -> int:
    """Count the e-mails of a run that were sent once more."""
    return lab.emails({send.job_id for send in run.sends}).doubled


def observe(lab: Lab, name: str, act: Callable[[], object]) -> Run:
    """Act, wait until no job can end any more, and return the run of the jobs that were sent meanwhile."""
    sends, events = len(lab.sends()), len(lab.events())
    act()
    if lab.worker == "naive":
        _await_quiet(lab)
    else:
        lab.wait()
    sent = lab.sends()[sends:]
    ours = {send.job_id for send in sent}
    seen = (event for event in lab.events()[events:] if event.job_id in ours)
    return Run(name, Endpoint.QUEUED, sends=Sends.of(sent), events=Events.of(seen))


def await_condition(condition: Callable[[], object], *, timeout: float = _TIMEOUT) -> None:
    """Wait until a condition holds, even while Redis is down. Raises TimeoutError."""

    def holds() -> bool:
        with suppress(BrokerUnavailable):
            return bool(condition())
        return False

    if not wait_until(holds, timeout, interval=_POLL_INTERVAL):
        raise TimeoutError(f"It did not happen within {timeout:g} s; look at lab.stats(), and try again.")


def _batch_for(worker: str) -> tuple[int, int]:
    """Return how many documents of how many lines keep workers of a type busy for some seconds."""
    return (_EMAIL_BATCH, _EMAIL_LINES) if worker.startswith("email") else (_BATCH, _LINES)


def _keep_busy(lab: Lab, jobs: int, lines: int) -> None:
    """Send a batch, unless half of one still waits."""
    if lab.stats().queue_depth < jobs / 2:
        fill_queue(lab, jobs, lines=lines)


def _await_busy(lab: Lab, jobs: int, lines: int) -> str:
    """Return the name of a worker that has had jobs for a while, and has one now; send more if needed."""
    before, busy = set[int](), dict[int, str]()
    while not before & busy.keys():
        _keep_busy(lab, jobs, lines)
        before = set(busy)
        time.sleep(_PAUSE)
        names = {pid: name for name, pid in lab.pids().items()}
        pids = (WorkerId.parse(status.worker).pid for status in lab.workers() if status.job_id)
        busy = {pid: names[pid] for pid in pids if pid in names}
    return busy[min(before & busy.keys())]


def _await_quiet(lab: Lab) -> None:
    """Wait until the queue is empty and no event has come for a while: lost jobs never end."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET:
        stats = lab.stats()
        if stats.events != seen or stats.queue_depth:
            seen, since = stats.events, time.monotonic()
        time.sleep(_POLL_INTERVAL)
