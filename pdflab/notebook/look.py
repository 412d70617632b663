"""One look at a running lab: all that the parts of a room show, read once for all of them.

Read next: pdflab/notebook/room.py.
"""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.run import Send
from pdflab.analysis.scene import Follower, KnownWorker, RendererState, Scene
from pdflab.jobs import Endpoint, JobEvent, WorkerId
from pdflab.lab import Lab, Stats
from pdflab.lab.system import THREADS
from pdflab.load.plan import Plan


@dataclass(frozen=True, slots=True)
class Look:
    """The lab at an instant, in seconds since the epoch; `names` are the workers' by their ids in events."""

    at: float
    stats: Stats
    events: Sequence[JobEvent]
    sends: Sequence[Send]
    scene: Scene
    history: LoadHistory
    names: dict[str, str]
    plans: Sequence[Plan]  # that are being sent
    month: float | None  # how many seconds the month lasts that the history shows
    settled: bool


class Looker:
    """Looks at a lab again and again; each row of its logs is read once."""

    def __init__(self) -> None:
        self._follower = Follower()
        self._history = LoadHistory()
        self._month: float | None = None
        self._known: dict[str, KnownWorker] = {}
        self._seen_notes = 0
        self._running: dict[str, tuple[Plan, float]] = {}  # a load's plan, and when it is over at the latest

    def look(self, lab: Lab) -> Look:
        """Look once. Raises BrokerUnavailable, and UsageError when the lab does not run."""
        stats, now = lab.stats(), time.time()
        self._note_loads(lab, now)
        events, synchronous, sends = lab.events(), lab.events(Endpoint.SYNCHRONOUS), lab.sends()
        self._follower.follow(now, queued=events, synchronous=synchronous, sends=sends)
        self._history.follow(
            now, queued=events, synchronous=synchronous, sends=sends, follower=self._follower
        )
        self._note_workers(lab)
        return Look(
            at=now,
            stats=stats,
            events=events,
            sends=sends,
            scene=self._follower.scene(now, self._known),
            history=self._history,
            names={worker_id: worker.name for worker_id, worker in self._known.items()},
            plans=[plan for plan, _ in self._running.values()],
            month=self._month,
            settled=self._follower.settled and stats.queued + stats.processing == 0,
        )

    def _note_loads(self, lab: Lab, now: float) -> None:
        notes = lab.loads()
        for note in notes[self._seen_notes :]:
            if note.plan:
                if not self._running:
                    self._begin(note.plan, note.at)
                self._follower.expect(note.load, note.endpoint, note.instants)
                self._running[note.load] = note.plan, note.over_at
            else:
                self._running[note.load] = self._running.get(note.load, (Plan("", (), {}), 0.0))[0], now
        self._seen_notes = len(notes)
        for load in [load for load, (_, over_at) in self._running.items() if over_at < now]:
            self._follower.end(load)
            del self._running[load]

    def _begin(self, plan: Plan, at: float) -> None:
        """Begin the days of a month with its plan: its first request comes later."""
        self._month = plan.seconds if plan.name.startswith("a month") else None
        if self._month:
            self._history.begin(at)

    def _note_workers(self, lab: Lab) -> None:
        """Name each renderer as its process, a killed one's too while it holds a job."""
        pids, frozen = lab.pids(), lab.frozen()
        registered = [status.worker for status in lab.workers()]
        living = _threads(registered) if lab.mode == THREADS else _processes(registered, pids)
        living |= {f"sync:{pid}": name for name, pid in pids.items() if name.startswith("sync-api")}
        known = {
            worker_id: KnownWorker(name, _endpoint(name), _state(name, frozen))
            for worker_id, name in living.items()
        }
        for worker_id in self._follower.holders() - known.keys():
            name = self._known[worker_id].name if worker_id in self._known else worker_id
            known[worker_id] = KnownWorker(name, _endpoint(worker_id), RendererState.KILLED)
        missing = {name for name in pids if name.startswith("worker-")} - set(living.values())
        for name in missing if lab.mode != THREADS else ():
            known[name] = KnownWorker(name, Endpoint.QUEUED, RendererState.STARTING)
        self._known = dict(sorted(known.items(), key=lambda item: _place(item[1].name)))


def _processes(registered: Sequence[str], pids: dict[str, int]) -> dict[str, str]:
    """Return the name of each registered worker whose process runs: the registry keeps a dead one a while."""
    names, here = {pid: name for name, pid in pids.items()}, socket.gethostname()
    ids = {worker: WorkerId.parse(worker) for worker in registered}
    by_id = {worker: names.get(i.pid) if i.host == here else f"{i.host} {i.pid}" for worker, i in ids.items()}
    return {worker: name for worker, name in by_id.items() if name}


def _threads(registered: Sequence[str]) -> dict[str, str]:
    return {worker: f"worker-{number}" for number, worker in enumerate(sorted(registered), 1)}


def _endpoint(name: str) -> Endpoint:
    return Endpoint.SYNCHRONOUS if name.startswith("sync") else Endpoint.QUEUED


def _state(name: str, frozen: frozenset[str]) -> RendererState:
    return RendererState.FROZEN if name in frozen else RendererState.IDLE


def _place(name: str) -> float:
    """Return the number of a renderer, for a fixed order."""
    number = name.rpartition("-")[2]
    return int(number) if number.isdecimal() else inf
