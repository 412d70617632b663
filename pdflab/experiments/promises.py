"""Lesson 02's runs: requests for two APIs that are killed, one that answers first and one that stores first.

Read next: pdflab/experiments/kills.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from pdflab.analysis.run import Run
from pdflab.child_process import end, spawn
from pdflab.experiments.kills import observe
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.plan import steady
from pdflab.service.http.server import address, listen

RATE, SECONDS = 20.0, 8.0  # requests a second; seconds in which they come
_ALIVE = (1.2, 1.45, 1.7)  # seconds of answers before each kill: some time after a write, or just before one
_POLL_INTERVAL = 0.02
_LATEST = 20  # requests to look at
_GRACE = 5.0  # seconds for its last write
_LINES = 20  # of a document: the workers are mostly idle
_PROGRAM = "pdflab.experiments.buffering_api"


def promise_runs(**seconds: float) -> Mapping[str, tuple[str, Callable[[Lab], Run]]]:
    """Return the run `first`, which kills the lab's API, and one for each API that answers first.

    `seconds` are those between two of its writes, by a name such as `later`, which is on the button.
    """
    stored = {"first": ("Store first, then 202", _kill_storing)}
    return {
        name: (f"202 first, store {name}", partial(_kill_buffering, one)) for name, one in seconds.items()
    } | stored


def unanswered(run: Run) -> int:
    """Count the clients of a run that got no answer, and know it."""
    return int((~run.sends.accepted).sum())


def _kill_storing(lab: Lab) -> Run:
    return observe(lab, "store first", lambda: _send(lab, lab.url, lambda: lab.kill("api")))


def _kill_buffering(seconds: float, lab: Lab) -> Run:
    def act() -> None:
        with _buffering_api(lab, seconds) as (url, kill):
            _send(lab, url, kill)

    return observe(lab, "202 first", act)


def _send(lab: Lab, url: str, kill: Callable[[], object]) -> None:
    """Send the requests, and kill the API again and again, each time when it has answered for a while."""
    plan = replace(steady(RATE, seconds=SECONDS, seed=2), lines=_LINES)
    load = lab.send(plan, replace(lab.target(Endpoint.QUEUED), url=url))
    for seconds in _ALIVE:
        began_at = time.time()
        while load.poll() is None and not _answers_since(lab, began_at):
            time.sleep(_POLL_INTERVAL)
        time.sleep(seconds)
        kill()
    while load.poll() is None:
        time.sleep(_POLL_INTERVAL)


def _answers_since(lab: Lab, began_at: float) -> bool:
    """Return whether a request of after this instant was accepted."""
    return any(send.accepted and send.sent_at > began_at for send in lab.sends()[-_LATEST:])


@contextmanager
def _buffering_api(lab: Lab, seconds: float) -> Iterator[tuple[str, Callable[[], None]]]:
    """Run the API that answers first; yield its address, and what kills it and starts it again.

    At its end it writes what it still has: only kills cost anything.
    """
    sock = listen("127.0.0.1", 0, setting="port")
    words = [_PROGRAM, str(sock.fileno()), str(lab.broker.url), str(seconds)]
    start: Callable[[], Any] = partial(spawn, words, lab.folder / "logs" / "buffering-api.log", sock=sock)
    process = start()

    def kill() -> None:
        nonlocal process
        end(process, seconds=0)
        process = start()

    try:
        yield address(sock), kill
    finally:
        process.terminate()
        end(process, seconds=_GRACE)
        sock.close()
