"""A finished run, or a simulated one, as scenes at any speed: what a running lab would have shown.

Read next: pdflab/charts/moving/animation.py.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush

from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.run import Run, Send
from pdflab.analysis.scene import Follower, KnownWorker, Scene
from pdflab.jobs import Endpoint, JobEvent, JobState

_TIMEOUT = 30.0  # seconds that a client waits for its answer, if the run does not have it
_NAMES = {Endpoint.QUEUED: "worker-", Endpoint.SYNCHRONOUS: "sync-api-"}


def scenes(
    runs: Sequence[Run], history: LoadHistory, *, frames_per_second: float, speed: float = 1.0
) -> Iterator[tuple[float, Scene]]:
    """Yield instants, in seconds since the first request, each with its scene; the history follows.

    Runs of both endpoints are shown as if they had begun together. At a speed of 2, a second of frames shows
    two seconds of the runs.
    """
    events: dict[Endpoint, list[JobEvent]] = {endpoint: [] for endpoint in Endpoint}
    events |= {run.endpoint: _events(run) for run in runs}
    sends = sorted((send for run in runs for send in _sends(run)), key=_end)
    workers = {word: worker for endpoint, rows in events.items() for word, worker in _workers(endpoint, rows)}
    follower = Follower()
    for endpoint in events:
        follower.expect(
            endpoint,
            endpoint,
            sorted(s.intended_at for s in sends if s.endpoint == endpoint and not s.retried),
        )
    history.begin(0.0)
    last = max([*map(_end, sends[-1:]), *(rows[-1].at for rows in events.values() if rows)], default=0.0)
    for frame in range(math.ceil(last * frames_per_second / speed) + 1):
        now = frame * speed / frames_per_second
        queued, synchronous = (rows[: bisect_right(rows, now, key=_at)] for rows in events.values())
        seen = {"queued": queued, "synchronous": synchronous}
        ended = sends[: bisect_right(sends, now, key=_end)]
        follower.follow(now, **seen, sends=ended)
        history.follow(now, **seen, sends=ended, follower=follower)
        yield now, follower.scene(now, workers)


def _sends(run: Run) -> Iterator[Send]:
    """Yield the sends in seconds since the run began; a client that gave up waited for its timeout."""
    zero, timeout = run.began_at, run.settings.get("timeout") or _TIMEOUT
    for send in run.sends:
        waited = timeout if send.error == "timeout" else 0.0
        ended_at = send.sent_at + waited if send.answered_at is None else send.answered_at
        intended_at, sent_at = send.intended_at - zero, send.sent_at - zero
        yield replace(send, intended_at=intended_at, sent_at=sent_at, answered_at=ended_at - zero)


def _events(run: Run) -> list[JobEvent]:
    """Return the events in the order of time, in seconds since the run began, each claim with its worker."""
    zero, rows, free, held = run.began_at, list[JobEvent](), list[int](), dict[str, int]()
    for event in sorted(run.events, key=lambda event: (event.at, not event.state.is_ending)):
        worker = event.worker
        if event.job_id in held:
            heappush(free, held.pop(event.job_id))
        if event.state is JobState.PROCESSING and worker is None:  # simulated workers have no names
            number = heappop(free) if free else len(held) + 1
            held[event.job_id], worker = number, f"{run.endpoint} {number}"
        rows.append(replace(event, at=event.at - zero, worker=worker))
    return rows


def _workers(endpoint: Endpoint, events: Sequence[JobEvent]) -> Iterator[tuple[str, KnownWorker]]:
    """Yield the workers that events name, numbered in the order of their first claims."""
    words = dict.fromkeys(event.worker for event in events if event.worker)
    for number, word in enumerate(words, 1):
        yield word, KnownWorker(f"{_NAMES[endpoint]}{number}", endpoint)


def _at(event: JobEvent) -> float:
    return event.at


def _end(send: Send) -> float:
    return send.intended_at if send.answered_at is None else send.answered_at
