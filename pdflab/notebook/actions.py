"""What each click does to the lab, on a thread of the control room.

Read next: pdflab/load/generator.py, where a pressed button becomes requests.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any
from weakref import ref

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobEvent
from pdflab.lab import Lab
from pdflab.notebook import hints
from pdflab.notebook.panel import Panel
from pdflab.notebook.poller import Poller

FREEZE = 1.4  # seconds
_LARGE = 1.45  # times: a projector's size, as panel.css has it
_RENDERERS = {
    Endpoint.QUEUED: ("worker-",),
    Endpoint.SYNCHRONOUS: ("sync-api-",),
    hints.BOTH: ("worker-", "sync-api-"),
}


class Actions:
    """Carries out what was clicked, and remembers where each load began.

    The lab is held weakly, so that a forgotten lab can stop.
    """

    def __init__(
        self, lab: Lab, panel: Panel, poller: Poller, *, loads: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._lab, self._panel, self._poller, self._loads = ref(lab), panel, poller, loads
        # Sends and events before the latest load; sends before the first click since the last verdict.
        self._began: dict[Endpoint, tuple[int, int]] = {}
        self._asked: dict[Endpoint, int] = {}
        self._turns = count()

    @property
    def lab(self) -> Lab:
        """The lab. Raises UsageError when it is gone."""
        if (lab := self._lab()) is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab(), lab.start(), ControlRoom(lab).")
        return lab

    def operate(self, name: str, endpoint: Endpoint) -> None:
        """Start an operation at an endpoint, or at both at the same time."""
        lab, load = self.lab, self._loads.get(name, {})
        for one in (Endpoint.QUEUED, Endpoint.SYNCHRONOUS) if endpoint == hints.BOTH else (endpoint,):
            sends = len(lab.sends())
            self._asked.setdefault(one, sends)
            if load:
                self._began[one] = sends, len(_events(lab, one))
            lab.operate(name, endpoint=one, **load)

    def kill(self) -> None:
        """Kill one worker, another one each time."""
        lab = self.lab
        workers = [name for name in lab.process_names() if name.startswith("worker-")]
        lab.kill(workers[next(self._turns) % len(workers)])
        self._panel.show_hint(hints.KILLED[lab.worker].format(lease=lab.settings.lease))

    def freeze(self, endpoint: Endpoint) -> None:
        """Freeze the renderers of an endpoint; return when they continue."""
        self._panel.show_hint(hints.FROZEN[endpoint].format(seconds=FREEZE))
        self.lab.freeze(
            FREEZE, *(name for name in self.lab.process_names() if name.startswith(_RENDERERS[endpoint]))
        )

    def scale(self, workers: int) -> None:
        """Set the number of workers, and of rendering servers."""
        self._panel.show_hint(hints.WORKERS)
        self.lab.scale(workers)

    def set_worker_type(self, worker: str) -> None:
        """Continue the queue with workers of another type."""
        self._panel.show_hint(hints.WORKER_TYPES[worker])
        self.lab.set_worker_type(worker)

    def enlarge(self, large: bool) -> None:
        """Switch to the size of a projector, or back to that of a desk."""
        self._panel.enlarge(large)
        self._poller.enlarge(_LARGE if large else 1.0)

    def restart(self, **changes: str) -> None:
        """Restart the lab empty, perhaps in another mode or with another preset."""
        lab = self.lab
        words = {"mode": lab.mode, "preset": lab.preset} | changes
        self._panel.show_hint(hints.STARTS.format(**words))
        self._panel.disable_all(True, in_threads=False)
        try:
            with self._poller.paused():
                lab.reset(**changes)
                self._began, self._asked = {}, {}
        finally:
            self._panel.disable_all(False, in_threads=lab.mode == hints.THREADS)
        self._panel.show_hint(hints.STARTED[lab.mode])
        self._panel.show_status(f"{lab.redis}; dashboard: {lab.url}")

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run at an endpoint since its latest batch, burst or month, else since the start."""
        lab = self.lab
        sends, events = self._began.get(endpoint, (0, 0))
        seen = _events(lab, endpoint)[events:]
        return Run(
            endpoint, endpoint, sends=Sends.of(_at(endpoint, lab.sends()[sends:])), events=Events.of(seen)
        )

    def verdicts(self) -> str:
        """Return the outcome of what was sent since the last call, one line per endpoint."""
        sends, asked = self.lab.sends(), self._asked
        self._asked = {}
        lines = (_verdict(endpoint, _at(endpoint, sends[before:])) for endpoint, before in asked.items())
        return "\n".join(lines) or "nothing was asked for"


def _events(lab: Lab, endpoint: Endpoint) -> list[JobEvent]:
    return lab.events() if endpoint == Endpoint.QUEUED else lab.sync_events()


def _at(endpoint: Endpoint, sends: list[Send]) -> list[Send]:
    return [send for send in sends if send.endpoint == endpoint]


def _verdict(endpoint: Endpoint, sends: list[Send]) -> str:
    accepted = sum(send.accepted for send in sends)
    did = "the queue accepted" if endpoint == Endpoint.QUEUED else "the synchronous endpoint answered"
    asked = f"all {len(sends):,}" if len(sends) > 1 else "it"
    return f"{did} {asked}: " + ("yes" if accepted == len(sends) > 0 else f"no, {accepted:,}")
