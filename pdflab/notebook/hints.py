"""What to look for after each click.

Read next: pdflab/notebook/parts/attack.py.
"""

from collections.abc import Mapping

from pdflab.jobs import Endpoint

BOTH = "both"  # endpoints at the same time

FIRST = "Press <b>{burst}</b> at the synchronous endpoint, then at the queued one. Who waits, and where?"
EMPTIED = "The lab starts again, empty …"
STARTS = "The lab starts again …"
HALTED = "The lab is stopped: nothing is accepted or rendered. <b>Start the lab</b> goes on where it was."
STOPPED = "Nothing more is sent. What the queue has accepted, the workers finish."
STEADY_LOAD = (
    "A steady load: choose another rate while it runs. <b>Does the queue grow?</b> Then it has no end."
)
WORKERS = "<b>PDFs a second:</b> more workers make more of them, until the cores are used up."
WORKER_TYPES = {
    "reliable": "Reliable workers: <b>kill one</b> while it renders; its job comes back.",
    "naive": "Naive workers, as most tutorials write them: <b>kill one</b> that renders. Who takes its job?",
}
FROZEN = {
    Endpoint.QUEUED: "<b>The workers stand still</b> for {seconds:g} s: no PDFs, while answers stay quick. "
    "Press a burst meanwhile.",
    Endpoint.SYNCHRONOUS: "<b>The servers stand still</b> for {seconds:g} s: whoever asks now waits for "
    "their end.",
    BOTH: "<b>Nothing is rendered</b> for {seconds:g} s at both endpoints. Whose clients notice?",
}
THAWED = "<b>They go on</b> after {seconds:g} s. Who noticed: clients, or only the queue?"
STARTED = {
    "processes": "The lab runs in processes: each worker can have a core of its own.",
    "threads": "The lab runs in threads of one process: they share one core, and cannot be killed or frozen. "
    "<b>PDFs a second:</b> does a second worker help?",
}
_SENT: Mapping[str, str] = {
    Endpoint.QUEUED: "<b>The blue dots:</b> each is a job that was answered with 202. The queue grows and "
    "drains; no client waits for it.",
    Endpoint.SYNCHRONOUS: "<b>The orange dots:</b> each is a client that waits for its PDF, and for all "
    "before it. They <i>are</i> the queue.",
    BOTH: "<b>Orange above, blue below:</b> both endpoints get the same documents at once. Who waits: the "
    "clients, or the jobs?",
}
RETURNED = "<b>The job of the killed worker is back</b> in the queue: its lease has expired. Nothing is lost."
SERVER_GONE = "<b>{name} was killed.</b> Did a client wait for it?"
SERVER_KILLED = "<b>{name} was killed:</b> the clients that it served get an error, and no PDF."
SERVER_DIED_IDLE = "<b>{name} was killed between two requests:</b> no client noticed. Kill one that renders."
KILLED = "<b>{name} was killed.</b> Did it hold a job?"
_DEAD = {
    "reliable": "{name} was killed, and its job stays in its box. After {lease:g} s of silence the lease "
    "expires, and another worker takes the job.",
    "naive": "{name} was killed, and its job stays in its box for ever: no other worker knows of it.",
}
_DIED_IDLE = "{name} was killed between two jobs: nothing was lost, whatever its type. Kill one that renders."


def sent(endpoint: str) -> str:
    """Return what to look for after a load."""
    return _SENT[endpoint]


def killed(name: str, worker_type: str | None, lease: float) -> str:
    """Return what to look for after a kill; `worker_type` is None if the worker held no job."""
    words = _DEAD[worker_type] if worker_type else _DIED_IDLE
    return f"<b>Look at its box:</b> {words.format(name=name, lease=lease)}"
