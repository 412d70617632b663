"""The fault panel: buttons that kill, freeze and disconnect parts of a running lab, one after another.

A killed worker is replaced before the next fault begins, so that every fault meets a running process.

Read next: pdflab/notebook/lessons/questions.py.
"""

import html
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

from ipywidgets import HTML, Button, HBox, VBox

from pdflab.analysis.run import Send
from pdflab.child_process import wait_until
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab
from pdflab.notebook.panel import LogForwarder, make_button
from pdflab.notebook.task_queue import TaskQueue

_LEASES = 5 / 3  # for which a worker is frozen: long enough to lose its job
_POLL_INTERVAL = 0.02  # seconds
_TIMEOUT = 60.0  # seconds until a process that was killed runs again
_LINES = 400  # of a document: rendering takes some 30 ms, so that workers are almost always busy


class FaultPanel:
    """Buttons for faults: show it as the last line of a cell, or press them with `.click()`."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._sleep = _LEASES * lab.settings.lease
        self._done, self._impossible = Counter[str](), dict[str, str]()
        self._errors = list[Exception]()
        self._tasks = TaskQueue("fault panel", on_error=self._errors.append)
        self._turns = count()
        self.kill = self._button("Kill a worker", self._kill_worker)
        self.freeze = self._button(f"Freeze a worker, {self._sleep:g} s", self._freeze_worker)
        self.kill_others = self._button("Kill API and recorder", self._kill_others)
        self.cut = self._button("Cut all connections", lab.cut)
        self.kill_redis = self._button("Kill Redis", self._kill_redis)
        self._status, self._message = HTML("Nothing has happened yet."), HTML()
        self._log = LogForwarder(self._show_message)
        buttons = (self.kill, self.freeze, self.kill_others, self.cut, self.kill_redis)
        self.box = VBox([HBox(buttons), self._status, self._message])

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every fault is over; return a description of all since the last wait.

        Raises the first error of a fault, and TimeoutError.
        """
        self._tasks.wait(timeout)
        if self._errors:
            error = self._errors[0]
            self._errors.clear()
            raise error
        summary = self._summary()
        self._done.clear()
        self._impossible.clear()
        return summary

    def close(self) -> None:
        """End the thread when its faults are over; a second close does nothing."""
        self._tasks.close(wait=True)
        self._log.close()

    def _button(self, label: str, fault: Callable[[], object]) -> Button:
        task = partial(self._inject, label, fault)
        return make_button(label, "", 180, lambda: self._tasks.put(task))

    def _inject(self, label: str, fault: Callable[[], object]) -> None:
        try:
            fault()
            self._done[label] += 1
        except UsageError as error:  # such as a Redis that we did not start
            self._impossible[label] = str(error)
        finally:
            self._status.value = html.escape(self._summary())

    def _kill_worker(self) -> None:
        """Kill a worker, and wait until its successor is registered under a new id."""
        known = [status.worker for status in self._lab.workers()]
        self._lab.kill(next_worker(self._lab, self._turns))
        await_condition(lambda: [one for one in self._lab.workers() if one.worker not in known])

    def _freeze_worker(self) -> None:
        self._lab.freeze(self._sleep, next_worker(self._lab, self._turns))

    def _kill_others(self) -> None:
        self._lab.kill("api")
        self._lab.kill("recorder")

    def _kill_redis(self) -> None:
        self._lab.kill_redis()
        await_condition(self._lab.stats)

    def _show_message(self, text: str) -> None:
        self._message.value = html.escape(text)

    def _summary(self) -> str:
        done = ", ".join(f"{label}: {times}" for label, times in self._done.items()) or "nothing was done"
        return "; ".join([done, *(f"{label}: not here. {why}" for label, why in self._impossible.items())])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        text = f"The fault panel of {self._lab!r}: run the notebook to see and press its buttons."
        return {**self.box._repr_mimebundle_(**options), "text/plain": text}


def fill_queue(lab: Lab, n: int) -> list[Send]:
    """Send n large documents at once; return their sends as soon as all workers are busy."""
    before = len(lab.sends())
    lab.operate("batch", n=n, lines=_LINES)
    await_condition(lambda: len(lab.sends()) == before + n)
    await_condition(lambda: lab.stats().processing >= lab.settings.workers)
    return lab.sends()[before:]


def wait_until_idle(lab: Lab, *, seconds: float) -> None:
    """Wait until the queue is empty and no event has come for so many seconds."""
    seen, since = -1, time.monotonic()
    while seen < 0 or time.monotonic() - since < seconds:
        stats = lab.stats()
        if stats.events != seen or stats.queue_depth:
            seen, since = stats.events, time.monotonic()
        time.sleep(_POLL_INTERVAL)


def next_worker(lab: Lab, turns: Iterator[int]) -> str:
    """Return the process name of a worker, another one each time."""
    workers = [name for name in lab.process_names() if name.startswith("worker-")]
    return workers[next(turns) % len(workers)]


def await_condition(condition: Callable[[], object], *, timeout: float = _TIMEOUT) -> None:
    """Wait until a condition holds, even while Redis is down. Raises TimeoutError."""

    def holds() -> bool:
        with suppress(BrokerUnavailable):
            return bool(condition())
        return False

    if not wait_until(holds, timeout, interval=_POLL_INTERVAL):
        raise TimeoutError(f"It did not happen within {timeout:g} s; look at lab.stats(), and try again.")
