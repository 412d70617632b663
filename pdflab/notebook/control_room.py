"""The control room: buttons and choices of a lab, its two endpoints, and a live chart of both.

A click never blocks: it puts a task into a queue. Faults have their own queue, because they take time.

Read next: pdflab/load/generator.py, where a pressed button becomes requests.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from inspect import signature
from itertools import count
from typing import Any
from weakref import ref

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.scenarios import OPERATIONS
from pdflab.notebook import hints
from pdflab.notebook.fault_panel import next_worker
from pdflab.notebook.panel import LogForwarder, Panel
from pdflab.notebook.poller import Poller, close_earlier
from pdflab.notebook.task_queue import TaskQueue

_SEED = 1  # of every load: both endpoints get the same documents at the same instants
_FREEZE_SECONDS = 1.4
_PROJECTOR_SCALE = 1.45  # as in panel.css
_RENDERERS = {
    Endpoint.QUEUED: ("worker-",),
    Endpoint.SYNCHRONOUS: ("sync-api-",),
    hints.BOTH: ("worker-", "sync-api-"),
}


class ControlRoom:
    """The panel of a running lab: show it as the last line of a cell.

    `buttons` has a button for each of OPERATIONS, "kill", "freeze" and "reset"; press one with `.click()`.
    A document has `lines` lines, enough to keep two workers busy for seconds; a month lasts `month_seconds`.
    Raises UsageError when the lab does not run. Under pytest or with PDFLAB_HEADLESS only `wait` draws.
    """

    def __init__(self, lab: Lab, *, lines: int = 400, month_seconds: float = 20.0) -> None:
        close_earlier(lab)
        self._name, self._lab = repr(lab), ref(lab)  # weak: the lab stops when its owner drops it
        self._error: Exception | None = None
        self._closed = False
        self._began: dict[Endpoint, tuple[int, int]] = {}  # sends and events before an endpoint's latest load
        self._unreported: dict[Endpoint, int] = {}  # sends before its first operation since the last verdict
        self._turns = count()
        self._loads = _loads(lines, month_seconds)
        self.panel = Panel(lab, self._loads, use=self._use)
        self.buttons, self.choices = self.panel.buttons, self.panel.choices
        self.endpoint = self.panel.endpoint
        watched = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        self._poller = Poller(lab, self.panel, owner=self, watched=watched)
        self._poller.refresh()
        self._log = LogForwarder(self.panel.show_status)
        self._tasks = TaskQueue("control room", on_error=self._fail)
        self._faults = TaskQueue("control room faults", on_error=self._fail)
        self._poller.start()

    @property
    def lab(self) -> Lab:
        """Return the lab. Raises UsageError if it is gone."""
        if (lab := self._lab()) is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab(), lab.start(), ControlRoom(lab).")
        return lab

    def operate(self, name: str, endpoint: Endpoint) -> None:
        """Start an operation at an endpoint, or at both at the same time."""
        lab, load = self.lab, self._loads[name]
        for one in Endpoint if endpoint == hints.BOTH else (endpoint,):
            sends = len(lab.sends())
            self._unreported.setdefault(one, sends)
            if load:
                self._began[one] = sends, len(lab.events(one))
            lab.operate(name, endpoint=one, **load)

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every task is done and every job has ended; return a verdict for each endpoint.

        Raises the first error of a task, and TimeoutError.
        """
        self._settle(time.monotonic() + timeout)
        self._poller.refresh()
        sends, reported = self.lab.sends(), self._unreported
        self._unreported = {}
        lines = (_verdict(endpoint, sends[before:]) for endpoint, before in reported.items())
        return "\n".join(lines) or "nothing was asked for"

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run of an endpoint since its latest load, or since the beginning."""
        lab = self.lab
        sends, events = self._began.get(endpoint, (0, 0))
        sent = [send for send in lab.sends()[sends:] if send.endpoint == endpoint]
        seen = Events.of(lab.events(endpoint)[events:])
        return Run(endpoint, endpoint, sends=Sends.of(sent), events=seen)

    def close(self) -> None:
        """End the threads; a second close does nothing. The lab continues."""
        self.end("This control room is closed.", None)
        for tasks in (self._tasks, self._faults):
            tasks.close(wait=True)
        self._poller.join(10.0)

    def end(self, reason: str, error: Exception | None) -> None:
        """Disable every control, and show why."""
        if self._closed:
            return
        self._closed, self._error = True, self._error or error
        for part in (self._poller, self._tasks, self._faults, self._log, self.panel):
            part.close()
        self.panel.show_status(reason, error=error is not None)

    def _use(self, name: str, value: Any = None) -> None:
        """Queue the task of a button, or of a choice with its new value. A click calls it on any thread."""
        endpoint, tasks = self.endpoint.value, self._tasks
        action: Callable[[], None]
        match name:
            case "kill":
                tasks, action = self._faults, self._kill
            case "freeze":
                tasks, action = self._faults, partial(self._freeze, endpoint)
            case "reset":
                action = self._start_again
            case "workers" | "worker" | "projector":
                action = partial(self._choose, name, value)
            case _:
                action = partial(self.operate, name, endpoint)
                self.panel.show_hint(hints.SENT[endpoint])
        self.panel.set_busy(name, True)
        self.panel.show_status("")
        tasks.put(partial(self._run, name, action))

    # Tasks: none of these runs on the thread of a click

    def _run(self, name: str, action: Callable[[], None]) -> None:
        try:
            action()
        finally:
            self.panel.set_busy(name, False)

    def _kill(self) -> None:
        lab = self.lab
        lab.kill(next_worker(lab, self._turns))
        self.panel.show_hint(hints.KILLED[lab.worker].format(lease=lab.settings.lease))

    def _freeze(self, endpoint: Endpoint) -> None:
        """Freeze all processes that render for an endpoint, and wait until they continue."""
        self.panel.show_hint(hints.FROZEN[endpoint].format(seconds=_FREEZE_SECONDS))
        names = [name for name in self.lab.process_names() if name.startswith(_RENDERERS[endpoint])]
        self.lab.freeze(_FREEZE_SECONDS, *names)

    def _choose(self, name: str, value: Any) -> None:
        """Change the number of workers, their type, or the size of the panel."""
        match name:
            case "workers":
                self.panel.show_hint(hints.WORKERS)
                self.lab.scale(value)
            case "worker":
                self.panel.show_hint(hints.WORKER_TYPES[value])
                self.lab.set_worker_type(value)
            case "projector":
                self.panel.set_large(value)
                self._poller.set_scale(_PROJECTOR_SCALE if value else 1.0)

    def _start_again(self) -> None:
        self._faults.wait(60.0)  # a frozen process cannot be stopped
        lab = self.lab
        self.panel.show_hint(hints.STARTS)
        self.panel.set_all_busy(True)
        try:
            with self._poller.lock:
                lab.reset()
                self._began, self._unreported = {}, {}
                self._poller.begin()
                self._poller.refresh()
        finally:
            self.panel.set_all_busy(False)
        self.panel.show_hint(hints.STARTED[lab.mode])
        self.panel.show_address(lab)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.panel.show_status(str(error) or type(error).__name__, error=True)

    def _settle(self, deadline: float) -> None:
        for tasks in (self._tasks, self._faults):
            tasks.wait(max(0.0, deadline - time.monotonic()))
        error, self._error = self._error, None
        if error:
            raise error
        try:
            self.lab.wait(max(0.0, deadline - time.monotonic()))
        except UsageError:
            if not self._tasks.busy:
                raise
            self._settle(deadline)  # the lab is being restarted

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        text = f"The control room of {self._name}: run the notebook to see and press its buttons."
        return {**self.panel.box._repr_mimebundle_(**options), "text/plain": text}


def _loads(lines: int, month_seconds: float) -> dict[str, dict[str, Any]]:
    """Return the parameters of each operation; one without parameters sends a single document."""
    sizes: dict[str, dict[str, Any]] = {"batch": {"n": 50}, "burst": {"n": 100}}
    sizes["month-end"] = {"seconds": month_seconds}
    loads: dict[str, dict[str, Any]] = {}
    for name, operation in OPERATIONS.items():
        defaults = signature(operation.plan).parameters
        load = {parameter: defaults[parameter].default for parameter in operation.parameters}
        loads[name] = load | sizes.get(name, {}) | {"lines": lines, "seed": _SEED} if load else {}
    return loads


def _verdict(endpoint: Endpoint, sends: list[Send]) -> str:
    accepted = [send.accepted for send in sends if send.endpoint == endpoint]
    did = "the queue accepted" if endpoint == Endpoint.QUEUED else "the synchronous endpoint answered"
    asked = f"all {len(accepted):,}" if len(accepted) > 1 else "it"
    return f"{did} {asked}: " + ("yes" if accepted and all(accepted) else f"no, {sum(accepted):,}")
