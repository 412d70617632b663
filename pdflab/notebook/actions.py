"""What each click does to the lab. None of this runs on a click's own thread.

Read next: load/generator.py, where a pressed button becomes requests.
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
    """Does to a lab what was clicked, and remembers where each load began.

    The lab is held weakly: one that its owner has forgotten is to stop.
    """

    def __init__(
        self, lab: Lab, panel: Panel, watcher: Poller, *, loads: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._lab, self._panel, self._watcher, self._loads = ref(lab), panel, watcher, loads
        self._began: dict[
            Endpoint, tuple[int, int]
        ] = {}  # sends and events before the latest load at an endpoint
        self._asked: dict[
            Endpoint, int
        ] = {}  # sends before the first click at an endpoint since the last verdict
        self._turns = count()

    @property
    def lab(self) -> Lab:
        """The lab. Raises UsageError when it is gone."""
        if (lab := self._lab()) is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab(), lab.start(), ControlRoom(lab).")
        return lab

    def operate(self, name: str, endpoint: Endpoint) -> None:
        """Start one of the six operations at an endpoint, or at both at the same time."""
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
        self._panel.tell(hints.KILLED[lab.worker].format(lease=lab.settings.lease))

    def freeze(self, endpoint: Endpoint) -> None:
        """Freeze all who render behind an endpoint; it returns when they go on."""
        self._panel.tell(hints.FROZEN[endpoint].format(seconds=FREEZE))
        self.lab.freeze(
            FREEZE, *(name for name in self.lab.process_names() if name.startswith(_RENDERERS[endpoint]))
        )

    def scale(self, workers: int) -> None:
        """Run so many workers, and rendering servers."""
        self._panel.tell(hints.WORKERS)
        self.lab.scale(workers)

    def set_worker_type(self, worker: str) -> None:
        """Let workers of another kind go on with the line."""
        self._panel.tell(hints.KINDS[worker])
        self.lab.set_worker_type(worker)

    def enlarge(self, large: bool) -> None:
        """Make the panel as large as a projector wants it, or as a desk does."""
        self._panel.enlarge(large)
        self._watcher.enlarge(_LARGE if large else 1.0)

    def start_again(self, **changes: str) -> None:
        """Let the lab begin anew with nothing of before, perhaps in another mode or with another preset."""
        lab = self.lab
        words = {"mode": lab.mode, "preset": lab.preset} | changes
        self._panel.tell(hints.STARTS.format(**words))
        self._panel.rest_all(True, in_threads=False)
        try:
            with self._watcher.resting():
                lab.reset(**changes)
                self._began, self._asked = {}, {}
        finally:
            self._panel.rest_all(False, in_threads=lab.mode == hints.THREADS)
        self._panel.tell(hints.STARTED[lab.mode])
        self._panel.say(f"{lab.redis}; dashboard: {lab.url}")

    def run(self, endpoint: Endpoint) -> Run:
        """Return what was seen at an endpoint since its latest batch, burst or month, or since the
        beginning."""
        lab = self.lab
        sends, events = self._began.get(endpoint, (0, 0))
        seen = _events(lab, endpoint)[events:]
        return Run(
            endpoint, endpoint, sends=Sends.of(_at(endpoint, lab.sends()[sends:])), events=Events.of(seen)
        )

    def verdicts(self) -> str:
        """Say what became of what was asked for since the last verdict, a line an endpoint."""
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
