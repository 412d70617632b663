"""The fault panel: buttons that kill, freeze and cut, for a running lab.

Faults run one after another on a thread of their own: a click never blocks, and a killed process is back at
work before the next fault, so that every fault hits something alive.

Read next: pdflab/chaos/faults.py.
"""

import html
import time
from collections import Counter, deque
from collections.abc import Callable
from itertools import count
from typing import Any

from ipywidgets import HTML, Button, HBox, Layout, VBox

from pdflab.analysis.run import Send
from pdflab.child_process import wait_until
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab
from pdflab.notebook.log_handler import LogForwarder
from pdflab.notebook.panel import answer_during_cells
from pdflab.notebook.task_queue import TaskQueue

_POLL_INTERVAL = 0.02  # seconds
_TIMEOUT = 60.0  # seconds that a process may take to be at work again
_LINES = 400  # of a document: some thirty milliseconds of rendering, hardly one between two documents


class FaultPanel:
    """Buttons for faults: show it as the last line of a cell, or press them with `.click()`.

    A frozen worker sleeps for `leases` leases: long enough to count as dead.
    """

    def __init__(self, lab: Lab, *, leases: float = 5 / 3) -> None:
        self._lab = lab
        self._sleep = leases * lab.settings.lease
        self._done: Counter[str] = Counter()
        self._impossible: dict[str, str] = {}
        self._errors: list[Exception] = []
        self._tasks = TaskQueue("fault panel", failed=self._errors.append)
        self._turns = count()
        self.kill = self._button("Kill a worker", self._kill_worker)
        self.freeze = self._button(f"Freeze a worker, {self._sleep:g} s", self._freeze_worker)
        self.kill_others = self._button("Kill API and recorder", self._kill_others)
        self.cut = self._button("Cut all connections", lab.cut)
        self.kill_redis = self._button("Kill Redis", self._kill_redis)
        self._status = HTML("Nothing has happened yet.")
        self._messages, self._lines = HTML(), deque[str](maxlen=4)
        self._log = LogForwarder(self._show)
        buttons = (self.kill, self.freeze, self.kill_others, self.cut, self.kill_redis)
        self.box = VBox([HBox(buttons), self._status, self._messages])

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every fault is over; return what was done since the last wait.

        Raises the error of a fault, and TimeoutError.
        """
        self._tasks.wait(timeout)
        if self._errors:
            raise self._errors.pop()
        done = self._summary()
        self._done.clear()
        self._impossible.clear()
        return done

    def close(self) -> None:
        """End the thread after the faults that it has; a second close does nothing."""
        self._tasks.close()
        self._tasks.join(_TIMEOUT)
        self._log.close()

    def _button(self, label: str, fault: Callable[[], object]) -> Button:
        button = Button(description=label, layout=Layout(width="180px"))
        button.on_click(lambda _: self._tasks.put(lambda: self._inject(label, fault)))
        answer_during_cells(button)
        return button

    def _inject(self, label: str, fault: Callable[[], object]) -> None:
        try:
            fault()
            self._done[label] += 1
        except UsageError as error:  # not our Redis, or no redis-server
            self._impossible[label] = str(error)
        finally:
            self._status.value = html.escape(self._summary())

    def _kill_worker(self) -> None:
        """Kill a worker, and wait until its successor is in the registry with an id of its own."""
        known = self._at_work()
        self._lab.kill(self._next_worker())
        await_condition(lambda: self._at_work() - known)

    def _freeze_worker(self) -> None:
        self._lab.freeze(self._sleep, self._next_worker())

    def _kill_others(self) -> None:
        self._lab.kill("api")
        self._lab.kill("recorder")

    def _kill_redis(self) -> None:
        self._lab.kill_redis()
        await_condition(self._lab.stats)

    def _next_worker(self) -> str:
        workers = [name for name in self._lab.process_names() if name.startswith("worker-")]
        return workers[next(self._turns) % len(workers)]

    def _at_work(self) -> set[str]:
        return {status.worker for status in self._lab.workers()}

    def _show(self, message: str) -> None:
        self._lines.append(html.escape(message))
        self._messages.value = "<br>".join(self._lines)

    def _summary(self) -> str:
        done = ", ".join(f"{label}: {times}" for label, times in self._done.items()) or "nothing was done"
        return "; ".join([done, *(f"{label}: not here. {why}" for label, why in self._impossible.items())])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        words = f"The fault panel of {self._lab!r}: run the notebook to see and press its buttons."
        return {**self.box._repr_mimebundle_(**options), "text/plain": words}


def fill_queue(lab: Lab, n: int) -> list[Send]:
    """Send n large documents at once; return the sends when all workers are busy."""
    before = len(lab.sends())
    lab.operate("batch", n=n, lines=_LINES)
    await_condition(lambda: len(lab.sends()) == before + n)
    await_condition(lambda: lab.stats().processing >= lab.settings.workers)
    return lab.sends()[before:]


def wait_until_idle(lab: Lab, *, seconds: float) -> None:
    """Wait until the queue is empty and nothing has happened for `seconds`."""
    seen, since = -1, time.monotonic()
    while seen < 0 or time.monotonic() - since < seconds:
        stats = lab.stats()
        if stats.events != seen or stats.queue_depth:
            seen, since = stats.events, time.monotonic()
        time.sleep(_POLL_INTERVAL)


def await_condition(condition: Callable[[], object], *, timeout: float = _TIMEOUT) -> None:
    """Wait until a condition holds; Redis may be away meanwhile. Raises TimeoutError."""

    def holds() -> bool:
        try:
            return bool(condition())
        except BrokerUnavailable:
            return False

    if not wait_until(holds, timeout, interval=_POLL_INTERVAL):
        raise TimeoutError(f"This did not happen within {timeout:g} s; look at lab.stats(), and try again.")
