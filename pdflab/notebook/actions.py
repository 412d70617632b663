"""The action of each control on the lab. None of this runs on the thread of a click.

Read next: pdflab/load/generator.py, where a pressed button becomes requests.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from weakref import ref

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobEvent
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.notebook import hints
from pdflab.notebook.panel import Panel
from pdflab.notebook.poller import Poller

_FREEZE_SECONDS = 1.4
_PROJECTOR_SCALE = 1.45  # as in panel.css
_RENDERERS = {
    Endpoint.QUEUED: ("worker-",),
    Endpoint.SYNCHRONOUS: ("sync-api-",),
    hints.BOTH: ("worker-", "sync-api-"),
}


class Actions:
    """Controls a lab, and remembers where each load began.

    `loads` has the parameters of each operation; one without parameters sends a single document. The
    reference to the lab is weak: the lab stops when its owner drops it.
    """

    def __init__(
        self, lab: Lab, panel: Panel, poller: Poller, *, loads: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._lab, self._panel, self._poller, self._loads = ref(lab), panel, poller, loads
        self._began: dict[Endpoint, tuple[int, int]] = {}  # sends and events before an endpoint's latest load
        self._unreported: dict[
            Endpoint, int
        ] = {}  # sends before an endpoint's first load since the last verdict
        self._turns = count()

    @property
    def lab(self) -> Lab:
        """Return the lab. Raises UsageError if it is gone."""
        if (lab := self._lab()) is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab(), lab.start(), ControlRoom(lab).")
        return lab

    def operate(self, name: str, endpoint: Endpoint) -> None:
        """Start an operation at an endpoint, or at both at the same time."""
        lab, load = self.lab, self._loads[name]
        for one in (Endpoint.QUEUED, Endpoint.SYNCHRONOUS) if endpoint == hints.BOTH else (endpoint,):
            sends = len(lab.sends())
            self._unreported.setdefault(one, sends)
            if load:
                self._began[one] = sends, len(_events(lab, one))
            lab.operate(name, endpoint=one, **load)

    def kill(self) -> None:
        """Kill one worker, another one each time."""
        lab = self.lab
        lab.kill(next_worker(lab, self._turns))
        self._panel.show_hint(hints.KILLED[lab.worker].format(lease=lab.settings.lease))

    def freeze(self, endpoint: Endpoint) -> None:
        """Freeze all processes that render for an endpoint, and wait until they continue."""
        self._panel.show_hint(hints.FROZEN[endpoint].format(seconds=_FREEZE_SECONDS))
        names = [name for name in self.lab.process_names() if name.startswith(_RENDERERS[endpoint])]
        self.lab.freeze(_FREEZE_SECONDS, *names)

    def scale(self, workers: int) -> None:
        """Run so many workers, and as many rendering servers."""
        self._panel.show_hint(hints.WORKERS)
        self.lab.scale(workers)

    def set_worker_type(self, worker: str) -> None:
        """Replace the workers by workers of another type."""
        self._panel.show_hint(hints.WORKER_TYPES[worker])
        self.lab.set_worker_type(worker)

    def set_large(self, large: bool) -> None:
        """Use the size of a projector, or of a desk."""
        self._panel.set_large(large)
        self._poller.set_scale(_PROJECTOR_SCALE if large else 1.0)

    def start_again(self, **changes: str) -> None:
        """Restart the lab, empty, optionally in another mode or with another preset."""
        lab = self.lab
        chosen = {"mode": lab.mode, "preset": lab.preset} | changes
        self._panel.show_hint(hints.STARTS.format(**chosen))
        self._panel.set_all_busy(True, in_threads=False)
        try:
            with self._poller.paused():
                lab.reset(**changes)
                self._began, self._unreported = {}, {}
        finally:
            self._panel.set_all_busy(False, in_threads=lab.mode == THREADS)
        self._panel.show_hint(hints.STARTED[lab.mode])
        self._panel.show_status(f"{lab.redis}; dashboard: {lab.url}")

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run of an endpoint since its latest load, or since the beginning."""
        lab = self.lab
        sends, events = self._began.get(endpoint, (0, 0))
        seen = Events.of(_events(lab, endpoint)[events:])
        return Run(endpoint, endpoint, sends=Sends.of(_at(endpoint, lab.sends()[sends:])), events=seen)

    def verdicts(self) -> str:
        """Return a line for each endpoint: whether it accepted what was sent since the last verdict."""
        sends, reported = self.lab.sends(), self._unreported
        self._unreported = {}
        lines = (_verdict(endpoint, _at(endpoint, sends[before:])) for endpoint, before in reported.items())
        return "\n".join(lines) or "nothing was asked for"


def next_worker(lab: Lab, turns: Iterator[int]) -> str:
    """Return the process name of a worker, another one each time."""
    workers = [name for name in lab.process_names() if name.startswith("worker-")]
    return workers[next(turns) % len(workers)]


def _events(lab: Lab, endpoint: Endpoint) -> list[JobEvent]:
    return lab.events() if endpoint == Endpoint.QUEUED else lab.sync_events()


def _at(endpoint: Endpoint, sends: list[Send]) -> list[Send]:
    return [send for send in sends if send.endpoint == endpoint]


def _verdict(endpoint: Endpoint, sends: list[Send]) -> str:
    accepted = sum(send.accepted for send in sends)
    did = "the queue accepted" if endpoint == Endpoint.QUEUED else "the synchronous endpoint answered"
    asked = f"all {len(sends):,}" if len(sends) > 1 else "it"
    return f"{did} {asked}: " + ("yes" if accepted == len(sends) > 0 else f"no, {accepted:,}")
