"""The control room: the lab's buttons and choices, its two endpoints, and a live picture of both.

A click only puts an order on a lane, so that it never blocks: one lane for load and staff, in the order of
the clicks, and one for attacks, which take their time. A third thread looks and paints.

Read next: notebook/actions.py, what each click does; load/generator.py, where a pressed button becomes
requests.
"""

import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from pdflab.analysis.run import Run
from pdflab.charts.comparison import comparison_figure
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.notebook.actions import Actions
from pdflab.notebook.hints import THREADS
from pdflab.notebook.log_handler import LogForwarder
from pdflab.notebook.panel import Panel
from pdflab.notebook.poller import Poller
from pdflab.notebook.task_queue import TaskQueue
from pdflab.settings import PRESETS

_SEED = 1  # of every load: both endpoints get the same documents at the same instants


class ControlRoom:
    """The panel of a running lab: show it as the last line of a cell, press its buttons with `.click()`.

    Its loads ask for documents of so many `lines`, so that two workers are busy for seconds; its month
    lasts `month_seconds`. Raises UsageError when the lab does not run. Where nobody watches, under pytest or
    with PDFLAB_HEADLESS, only `wait` paints.
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
        self.panel = Panel(chosen=chosen, presets=tuple(PRESETS), press=self._press, choose=self._choose)
        self._name_controls()
        watching = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        self._watcher = Poller(lab, self.panel, owner=self, watching=watching)
        self._actions = Actions(lab, self.panel, self._watcher, loads=_loads(lines, month_seconds))
        self._watcher.look()
        self.panel.rest_all(False, in_threads=lab.mode == THREADS)
        self.panel.say(f"{lab.redis}; dashboard: {lab.url}")
        self._news = LogForwarder(self.panel.say)
        self._orders = TaskQueue("control room", failed=self._fail)
        self._attacks = TaskQueue("control room attacks", failed=self._fail)
        self._watcher.start()

    def __repr__(self) -> str:
        return f"ControlRoom({self._name})"

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every order was carried out and every job has ended; say what became of what was asked
        for since the last wait. Raises what went wrong in an order, and TimeoutError.
        """
        deadline = time.monotonic() + timeout
        while not self._settled(deadline):
            pass  # the lab was started again meanwhile
        self._watcher.look()
        return self._actions.verdicts()

    def run(self, endpoint: Endpoint) -> Run:
        """Return what was seen at an endpoint since its latest batch, burst or month, or since the
        beginning."""
        return self._actions.run(endpoint)

    def figure(self, *, predicted: float | None = None) -> Figure:
        """Compare the latest load at each endpoint; `predicted` is when the last PDF was expected, in
        seconds."""
        return comparison_figure(
            self.run(Endpoint.QUEUED), self.run(Endpoint.SYNCHRONOUS), predicted=predicted
        )

    def close(self) -> None:
        """End the threads; a second close does nothing. The lab goes on."""
        self.end("This control room is closed.", None)
        for lane in (self._orders, self._attacks):
            lane.join(10.0)
        if self._watcher is not threading.current_thread():
            self._watcher.join(10.0)

    def end(self, words: str, error: Exception | None) -> None:
        """Let nothing be pressed any more, and say why."""
        if self._ended:
            return
        self._ended, self._error = True, self._error or error
        for part in (self._watcher, self._orders, self._attacks, self._news, self.panel):
            part.close()
        self.panel.say(words, trouble=error is not None)

    def _name_controls(self) -> None:
        loads, choices = self.panel.loads, self.panel.choices
        self.custom, self.invoice, self.report = loads["custom"], loads["invoice"], loads["report"]
        self.batch, self.burst, self.month_end = loads["batch"], loads["burst"], loads["month-end"]
        self.kill, self.freeze = self.panel.attacks["kill"], self.panel.attacks["freeze"]
        self.reset, self.endpoint, self.workers = self.panel.restart, self.panel.endpoint, choices["workers"]
        self.worker, self.mode, self.preset = choices["worker"], choices["mode"], choices["preset"]
        self.projector = choices["projector"]

    # A click, on whatever thread it arrives

    def _press(self, name: str) -> None:
        actions, endpoint = self._actions, self.endpoint.value
        self.panel.rest(name, True)
        match name:
            case "kill":
                self._put(self._attacks, name, actions.kill)
            case "freeze":
                self._put(self._attacks, name, partial(actions.freeze, endpoint))
            case "reset":
                self._start_again()
            case _:
                self.panel.look_for(endpoint)
                self._put(self._orders, name, partial(actions.operate, name, endpoint))

    def _choose(self, name: str, value: Any) -> None:
        if name in ("mode", "preset"):
            self._start_again(**{name: value})
            return
        actions: dict[str, Callable[[Any], None]] = {
            "workers": self._actions.scale,
            "worker": self._actions.set_worker_type,
            "projector": self._actions.enlarge,
        }
        self._put(self._orders, name, partial(actions[name], value))

    def _start_again(self, **changes: str) -> None:
        """Attacks come first: what they have begun has to end before the lab stops."""

        def order() -> None:
            self._attacks.wait(60.0)
            self._actions.start_again(**changes)

        self._put(self._orders, "reset", order)

    def _put(self, lane: TaskQueue, name: str, deed: Callable[[], object]) -> None:
        def order() -> None:
            try:
                deed()
            finally:
                self.panel.rest(name, False)

        self.panel.say("")
        try:
            lane.put(order)
        except UsageError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.panel.say(str(error) or type(error).__name__, trouble=True)

    def _settled(self, deadline: float) -> bool:
        for lane in (self._orders, self._attacks):
            lane.wait(max(0.0, deadline - time.monotonic()))
        error, self._error = self._error, None
        if error:
            raise error
        try:
            self._actions.lab.wait(max(0.0, deadline - time.monotonic()))
        except UsageError:
            if not self._orders.busy:
                raise
            return False
        return True

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        words = f"The control room of {self._name}: run the notebook to see and press its buttons."
        return {**self.panel.box._repr_mimebundle_(**options), "text/plain": words}


def _loads(lines: int, month_seconds: float) -> dict[str, dict[str, Any]]:
    load = {"lines": lines, "seed": _SEED}
    return {
        "batch": load | {"n": 50},
        "burst": load | {"n": 100},
        "month-end": load | {"seconds": month_seconds},
    }


def _close_earlier(lab: Lab) -> None:
    """Close the room that this lab has already: a cell that is run again must not paint twice."""
    for thread in threading.enumerate():
        if isinstance(thread, Poller) and thread.lab() is lab:
            thread.owner.close()
