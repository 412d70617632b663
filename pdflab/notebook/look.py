"""One look at a running lab: all that the parts of a room show, read once for all of them.

Read next: pdflab/notebook/room.py.
"""

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.scene import Follower, KnownWorker, RendererState, Scene
from pdflab.jobs import Endpoint, JobEvent, WorkerId
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.load.plan import Plan


@dataclass(frozen=True, slots=True)
class Look:
    """The lab at an instant; `names` are those of all its workers so far, by their ids in events."""

    events: Sequence[JobEvent]
    scene: Scene
    history: LoadHistory
    names: dict[str, str]
    plans: Sequence[Plan]  # that are being sent
    month: float | None  # how many seconds the month lasts that the history shows

    @property
    def is_busy(self) -> bool:
        """Whether anything goes on at either endpoint."""
        return any(side.is_busy for side in self.scene.values())


class Looker:
    """Looks at a lab again and again; each row of its logs is read once."""

    def __init__(self) -> None:
        self._follower = Follower()
        self._history = LoadHistory()
        self._month: float | None = None  # of the present load
        self._names: dict[str, str] = {}
        self._known: dict[str, KnownWorker] = {}
        self._seen_notes = 0
        self._running: dict[str, tuple[Plan, float]] = {}  # a load's plan, and when it is over at the latest

    def look(self, lab: Lab) -> Look:
        """Look once. Raises BrokerUnavailable, and UsageError when the lab does not run."""
        now = time.time()
        self._note_loads(lab, now)
        events, synchronous, sends = lab.events(), lab.events(Endpoint.SYNCHRONOUS), lab.sends()
        self._follower.follow(now, queued=events, synchronous=synchronous, sends=sends)
        self._history.follow(
            now, queued=events, synchronous=synchronous, sends=sends, follower=self._follower
        )
        self._note_workers(lab)
        return Look(
            events=events,
            scene=self._follower.scene(now, self._known),
            history=self._history,
            names=self._names,
            plans=[plan for plan, _ in self._running.values()],
            month=self._month,
        )

    def _note_loads(self, lab: Lab, now: float) -> None:
        notes = lab.loads()
        for note in notes[self._seen_notes :]:
            if note.plan:
                if not self._running and self._follower.settled:
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
        """Begin the history with a load: the days of a month begin before its first request."""
        self._month = plan.seconds if plan.name.startswith("a month") else None
        self._history.begin(at)

    def _note_workers(self, lab: Lab) -> None:
        """Name each renderer as its process, a killed one's too while it holds a job."""
        pids, frozen = lab.pids(), lab.frozen()
        registered = [status.worker for status in lab.workers()]
        living = _threads(registered) if lab.mode == THREADS else _processes(registered, pids)
        living |= {f"sync:{pid}": name for name, pid in pids.items() if name.startswith("sync-api")}
        self._names |= living
        known = {
            worker_id: KnownWorker(name, _endpoint(name), _state(name, frozen))
            for worker_id, name in living.items()
        }
        dead = self._follower.holders() - known.keys()
        self._follower.lose(dead)
        for worker_id in dead:
            name = self._names.get(worker_id, worker_id)
            known[worker_id] = KnownWorker(name, _endpoint(worker_id), RendererState.KILLED)
        missing = {name for name in pids if name.startswith("worker-")} - set(living.values())
        for name in missing if lab.mode != THREADS else ():
            known[name] = KnownWorker(name, Endpoint.QUEUED, RendererState.STARTING)
        self._known = dict(sorted(known.items(), key=lambda item: _place(item[1].name)))


def _threads(registered: Sequence[str]) -> dict[str, str]:
    return {worker: WorkerId.parse(worker).name for worker in registered}


def _processes(registered: Sequence[str], pids: dict[str, int]) -> dict[str, str]:
    """Return the name of each registered worker that runs: the registry keeps a dead one for a while."""
    names, here = {pid: name for name, pid in pids.items()}, socket.gethostname()
    found = {}
    for worker in registered:
        worker_id = WorkerId.parse(worker)
        if worker_id.host != here:
            found[worker] = f"{worker_id.host} {worker_id.pid}"
        elif worker_id.pid in names:
            found[worker] = names[worker_id.pid]
        elif _runs(worker_id.pid):  # started by somebody else
            found[worker] = f"process {worker_id.pid}"
    return found


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        pass
    return True


def _endpoint(name: str) -> Endpoint:
    return Endpoint.SYNCHRONOUS if name.startswith("sync") else Endpoint.QUEUED


def _state(name: str, frozen: frozenset[str]) -> RendererState:
    return RendererState.FROZEN if name in frozen else RendererState.IDLE


def _place(name: str) -> float:
    """Return the number of a renderer, for a fixed order."""
    number = name.rpartition("-")[2]
    return int(number) if number.isdecimal() else inf
