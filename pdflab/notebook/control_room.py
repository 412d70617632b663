"""The control room: the lab's buttons and choices, and a live picture of both endpoints.

A click only puts a task on a queue, so that it never blocks: one queue for load and workers, in the order of
the clicks, and one for faults, which take longer. A third thread reads the lab and draws.

Read next: pdflab/notebook/actions.py.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pdflab.analysis.run import Run
from pdflab.charts.comparison import comparison_figure
from pdflab.charts.style import Picture
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.scenarios import OPERATIONS
from pdflab.notebook.actions import Actions
from pdflab.notebook.hints import ENDPOINT_HINTS, THREADS
from pdflab.notebook.log_handler import LogForwarder
from pdflab.notebook.panel import Panel
from pdflab.notebook.poller import Poller
from pdflab.notebook.task_queue import TaskQueue
from pdflab.settings import PRESETS

_SEED = 1  # of every load: both endpoints get the same documents at the same instants


class ControlRoom:
    """The panel of a running lab: show it as the last line of a cell, press its buttons with `.click()`.

    There is a button for each of load.scenarios.OPERATIONS. Documents have `lines` lines, so that two workers
    are busy for seconds; the month lasts `month_seconds`. Under pytest or with PDFLAB_HEADLESS only `wait`
    draws. Raises UsageError when the lab does not run.
    """

    def __init__(self, lab: Lab, *, lines: int = 400, month_seconds: float = 20.0) -> None:
        _close_earlier(lab)
        self._name = repr(lab)
        self._error: Exception | None = None
        self._ended = False
        chosen = {
            "workers": lab.settings.workers,
            "worker": lab.worker,
            "mode": lab.mode,
            "preset": lab.preset,
        }
        loads = _loads(lines, month_seconds)
        self.panel = Panel(
            loads=_button_words(loads),
            chosen=chosen,
            presets=tuple(PRESETS),
            press=self._press,
            choose=self._choose,
        )
        self._name_controls()
        watching = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        self._poller = Poller(lab, self.panel, owner=self, watching=watching)
        self._actions = Actions(lab, self.panel, self._poller, loads=loads)
        self._poller.look()
        self.panel.disable_all(False, in_threads=lab.mode == THREADS)
        self.panel.show_status(f"{lab.redis}; dashboard: {lab.url}")
        self._log = LogForwarder(self.panel.show_status)
        self._tasks = TaskQueue("control room", failed=self._fail)
        self._faults = TaskQueue("control room faults", failed=self._fail)
        self._poller.start()

    def __repr__(self) -> str:
        return f"ControlRoom({self._name})"

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every task is done and every job has ended; return the outcome since the last wait.

        Raises the error of a task, and TimeoutError.
        """
        deadline = time.monotonic() + timeout
        while not self._settled(deadline):
            pass  # the lab was restarted meanwhile
        self._poller.look()
        return self._actions.verdicts()

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run at an endpoint since its latest batch, burst or month, else since the start."""
        return self._actions.run(endpoint)

    def figure(self, *, predicted: float | None = None) -> Picture:
        """Compare the latest load at each endpoint; `predicted` is the expected makespan in seconds."""
        return comparison_figure(
            self.run(Endpoint.QUEUED), self.run(Endpoint.SYNCHRONOUS), predicted=predicted
        )

    def close(self) -> None:
        """End the threads; a second close does nothing. The lab goes on."""
        self.end("This control room is closed.", None)
        for queue in (self._tasks, self._faults):
            queue.join(10.0)
        if self._poller is not threading.current_thread():
            self._poller.join(10.0)

    def end(self, words: str, error: Exception | None) -> None:
        """Disable every button, and show why."""
        if self._ended:
            return
        self._ended, self._error = True, self._error or error
        for part in (self._poller, self._tasks, self._faults, self._log, self.panel):
            part.close()
        self.panel.show_status(words, trouble=error is not None)

    def _name_controls(self) -> None:
        loads, choices = self.panel.loads, self.panel.choices
        self.custom, self.invoice, self.report = loads["custom"], loads["invoice"], loads["report"]
        self.batch, self.burst, self.month_end = loads["batch"], loads["burst"], loads["month-end"]
        self.kill, self.freeze = self.panel.faults["kill"], self.panel.faults["freeze"]
        self.reset, self.endpoint, self.workers = self.panel.restart, self.panel.endpoint, choices["workers"]
        self.worker, self.mode, self.preset = choices["worker"], choices["mode"], choices["preset"]
        self.projector = choices["projector"]

    # A click, on whatever thread it arrives

    def _press(self, name: str) -> None:
        actions, endpoint = self._actions, self.endpoint.value
        self.panel.disable(name, True)
        match name:
            case "kill":
                self._put(self._faults, name, actions.kill)
            case "freeze":
                self._put(self._faults, name, partial(actions.freeze, endpoint))
            case "reset":
                self._restart()
            case _:
                self.panel.show_hint(ENDPOINT_HINTS[endpoint])
                self._put(self._tasks, name, partial(actions.operate, name, endpoint))

    def _choose(self, name: str, value: Any) -> None:
        if name in ("mode", "preset"):
            self._restart(**{name: value})
            return
        actions: dict[str, Callable[[Any], None]] = {
            "workers": self._actions.scale,
            "worker": self._actions.set_worker_type,
            "projector": self._actions.enlarge,
        }
        self._put(self._tasks, name, partial(actions[name], value))

    def _restart(self, **changes: str) -> None:
        """Restart the lab. A fault that runs has to end first."""

        def task() -> None:
            self._faults.wait(60.0)
            self._actions.restart(**changes)

        self._put(self._tasks, "reset", task)

    def _put(self, queue: TaskQueue, name: str, action: Callable[[], object]) -> None:
        def task() -> None:
            try:
                action()
            finally:
                self.panel.disable(name, False)

        self.panel.show_status("")
        try:
            queue.put(task)
        except UsageError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.panel.show_status(str(error) or type(error).__name__, trouble=True)

    def _settled(self, deadline: float) -> bool:
        for queue in (self._tasks, self._faults):
            queue.wait(max(0.0, deadline - time.monotonic()))
        error, self._error = self._error, None
        if error:
            raise error
        try:
            self._actions.lab.wait(max(0.0, deadline - time.monotonic()))
        except UsageError:
            if not self._tasks.busy:
                raise
            return False
        return True

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        words = f"The control room of {self._name}: run the notebook to see and press its buttons."
        return {**self.panel.box._repr_mimebundle_(**options), "text/plain": words}


def _loads(lines: int, month_seconds: float) -> dict[str, dict[str, Any]]:
    """Return the parameters of each operation: single documents keep their usual size."""
    loads: dict[str, dict[str, Any]] = {}
    for name, operation in OPERATIONS.items():
        sizes = {"n": 100 if name == "burst" else 50, "seconds": month_seconds}
        chosen = {key: value for key, value in sizes.items() if key in operation.parameters}
        loads[name] = {"lines": lines, "seed": _SEED} | chosen if chosen else {}
    return loads


def _button_words(loads: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    return {
        name: (OPERATIONS[name].title.format(**load), OPERATIONS[name].hint.format(**load).capitalize())
        for name, load in loads.items()
    }


def _close_earlier(lab: Lab) -> None:
    """Close the room that this lab has already: a cell that is run again must not draw twice."""
    for thread in threading.enumerate():
        if isinstance(thread, Poller) and thread.lab() is lab:
            thread.owner.close()
