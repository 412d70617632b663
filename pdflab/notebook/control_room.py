"""The control room: buttons and choices of a lab, its two endpoints, and a live chart of both.

A click never blocks: it puts a task into a queue. Faults have their own queue, because they take time.

Read next: pdflab/notebook/task_queue.py.
"""

import os
import threading
import time
from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

from pdflab.analysis.run import Run
from pdflab.charts.comparison import comparison_figure
from pdflab.charts.style import Picture
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.notebook import hints
from pdflab.notebook.actions import Actions
from pdflab.notebook.log_handler import LogForwarder
from pdflab.notebook.panel import Panel
from pdflab.notebook.poller import Poller
from pdflab.notebook.task_queue import TaskQueue
from pdflab.settings import PRESETS

_SEED = 1  # of every load: both endpoints get the same documents at the same instants


class ControlRoom:
    """The panel of a running lab: show it as the last line of a cell.

    `buttons` has a button for each of OPERATIONS, "kill", "freeze" and "reset"; press one with `.click()`.
    A document has `lines` lines, enough to keep two workers busy for seconds; a month lasts `month_seconds`.
    Raises UsageError when the lab does not run. Under pytest or with PDFLAB_HEADLESS only `wait` draws.
    """

    def __init__(self, lab: Lab, *, lines: int = 400, month_seconds: float = 20.0) -> None:
        _close_earlier(lab)
        self._name = repr(lab)
        self._error: Exception | None = None
        self._closed = False
        sizes: dict[str, dict[str, Any]] = {
            "batch": {"n": 50},
            "burst": {"n": 100},
            "month-end": {"seconds": month_seconds},
        }
        loads = {name: _defaults(one) | sizes.get(name, {}) for name, one in OPERATIONS.items()}
        self.panel = Panel(
            operations={name: _texts(OPERATIONS[name], load) for name, load in loads.items()},
            chosen={
                "workers": lab.settings.workers,
                "worker": lab.worker,
                "mode": lab.mode,
                "preset": lab.preset,
            },
            presets=tuple(PRESETS),
            press=self._press,
            choose=self._choose,
        )
        self.buttons, self.choices, self.endpoint = (
            self.panel.buttons,
            self.panel.choices,
            self.panel.endpoint,
        )
        watched = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        self._poller = Poller(lab, self.panel, owner=self, watched=watched)
        common = {"lines": lines, "seed": _SEED}
        sent = {name: load | common if load else {} for name, load in loads.items()}
        self._actions = Actions(lab, self.panel, self._poller, loads=sent)
        self._poller.refresh()
        self.panel.set_all_busy(False, in_threads=lab.mode == THREADS)
        self.panel.show_status(f"{lab.redis}; dashboard: {lab.url}")
        self._log = LogForwarder(self.panel.show_status)
        self._tasks = TaskQueue("control room", on_error=self._fail)
        self._faults = TaskQueue("control room faults", on_error=self._fail)
        self._poller.start()

    def __repr__(self) -> str:
        return f"ControlRoom({self._name})"

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every task is done and every job has ended; return a verdict for each endpoint.

        Raises the first error of a task, and TimeoutError.
        """
        deadline = time.monotonic() + timeout
        while not self._settled(deadline):
            pass  # the lab has been restarted meanwhile
        self._poller.refresh()
        return self._actions.verdicts()

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run of an endpoint since its latest load, or since the beginning."""
        return self._actions.run(endpoint)

    def figure(self, *, predicted: float | None = None) -> Picture:
        """Compare the latest loads of both endpoints.

        `predicted` is when the last PDF was expected, in seconds.
        """
        queued, synchronous = self.run(Endpoint.QUEUED), self.run(Endpoint.SYNCHRONOUS)
        return comparison_figure(queued, synchronous, predicted=predicted)

    def close(self) -> None:
        """End the threads; a second close does nothing. The lab continues."""
        self.end("This control room is closed.", None)
        for tasks in (self._tasks, self._faults):
            tasks.join(10.0)
        if self._poller is not threading.current_thread():
            self._poller.join(10.0)

    def end(self, reason: str, error: Exception | None) -> None:
        """Disable every control, and show why."""
        if self._closed:
            return
        self._closed, self._error = True, self._error or error
        for part in (self._poller, self._tasks, self._faults, self._log, self.panel):
            part.close()
        self.panel.show_status(reason, error=error is not None)

    # A click, on any thread

    def _press(self, name: str) -> None:
        actions, endpoint = self._actions, self.endpoint.value
        self.panel.set_busy(name, True)
        match name:
            case "kill":
                self._put(self._faults, name, actions.kill)
            case "freeze":
                self._put(self._faults, name, partial(actions.freeze, endpoint))
            case "reset":
                self._start_again()
            case _:
                self.panel.show_hint(hints.SENT[endpoint])
                self._put(self._tasks, name, partial(actions.operate, name, endpoint))

    def _choose(self, name: str, value: Any) -> None:
        if name in ("mode", "preset"):
            self._start_again(**{name: value})
            return
        actions: dict[str, Callable[[Any], None]] = {
            "workers": self._actions.scale,
            "worker": self._actions.set_worker_type,
            "projector": self._actions.set_large,
        }
        self._put(self._tasks, name, partial(actions[name], value))

    def _start_again(self, **changes: str) -> None:
        """Queue a restart that first waits for the faults: a frozen process cannot be stopped."""

        def task() -> None:
            self._faults.wait(60.0)
            self._actions.start_again(**changes)

        self._put(self._tasks, "reset", task)

    def _put(self, tasks: TaskQueue, name: str, action: Callable[[], object]) -> None:
        def task() -> None:
            try:
                action()
            finally:
                self.panel.set_busy(name, False)

        self.panel.show_status("")
        try:
            tasks.put(task)
        except UsageError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.panel.show_status(str(error) or type(error).__name__, error=True)

    def _settled(self, deadline: float) -> bool:
        for tasks in (self._tasks, self._faults):
            tasks.wait(max(0.0, deadline - time.monotonic()))
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
        text = f"The control room of {self._name}: run the notebook to see and press its buttons."
        return {**self.panel.box._repr_mimebundle_(**options), "text/plain": text}


def _defaults(operation: Operation) -> dict[str, Any]:
    """Return the default of each parameter of an operation."""
    parameters = signature(operation.plan).parameters
    return {name: parameters[name].default for name in operation.parameters}


def _texts(operation: Operation, load: dict[str, Any]) -> tuple[str, str]:
    """Return the title and the hint of an operation's button."""
    values = {name: f"{value:g}" for name, value in load.items()}
    return operation.title.format(**values), operation.hint.format(**values).capitalize()


def _close_earlier(lab: Lab) -> None:
    """Close an earlier room of this lab, so that a repeated cell does not draw twice."""
    for thread in threading.enumerate():
        if isinstance(thread, Poller) and thread.lab() is lab:
            thread.owner.close()
