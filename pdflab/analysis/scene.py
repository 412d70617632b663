"""Who waits, and for what, at one instant: the clients, the jobs in the queue, and each renderer.

The same scene is followed from a running lab, from a saved run, or from a simulation.

Read next: pdflab/charts/moving/picture.py.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pdflab.analysis.run import Send
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState

ENDPOINTS = (Endpoint.SYNCHRONOUS, Endpoint.QUEUED)
_OUTCOMES = {"refused": "refused", "timeout": "gave_up"}  # of a send with this error; others are errors


class RendererState(StrEnum):
    """What a renderer does: a killed one holds a job that it will never finish."""

    IDLE = "idle"
    RENDERING = "rendering"
    FROZEN = "frozen"
    STARTING = "starts"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Renderer:
    """A worker, or a rendering process of the synchronous endpoint; `seconds` at the oldest of its `jobs`."""

    name: str
    state: RendererState
    kind: str | None = None
    seconds: float = 0.0
    job_id: str | None = None
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Moves:
    """How many moved since the last look: into the queue, to a renderer, to the stored PDFs."""

    accepted: int = 0
    claimed: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class EndpointScene:
    """One endpoint at one instant.

    `clients` wait for an answer, the `longest` of them so many seconds. Of the others, some `gave_up`, were
    `refused`, or met another error (`errors`). `queued` jobs wait in the queue, `retrying` of them after a
    failed attempt, the `oldest` so many seconds; `failed` ones ended, `lost` ones never will: their naive
    worker was killed. `to_come` is still to be sent.
    """

    clients: int = 0
    longest: float = 0.0
    to_come: int = 0
    gave_up: int = 0
    refused: int = 0
    errors: int = 0
    failed: int = 0
    lost: int = 0
    queued: int = 0
    retrying: int = 0
    oldest: float = 0.0
    stored: int = 0
    renderers: Sequence[Renderer] = ()
    moves: Moves = Moves()

    @property
    def is_busy(self) -> bool:
        """Whether anybody waits, anything is to come, or a living renderer holds a job."""
        works = any(one.job_id and one.state is not RendererState.KILLED for one in self.renderers)
        return works or self.clients + self.to_come + self.queued > 0


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A renderer by its id in events: the `name` that a person reads, and its state apart from any job."""

    name: str
    endpoint: Endpoint = Endpoint.QUEUED
    state: RendererState = RendererState.IDLE


Scene = Mapping[Endpoint, EndpointScene]


class Follower:
    """Follows the growing lists of events and sends, each row once. Instants are seconds since the epoch."""

    def __init__(self) -> None:
        self._sides = {endpoint: _Side() for endpoint in ENDPOINTS}
        self._seen = Counter[str]()

    def expect(self, load: str, endpoint: Endpoint, instants: Iterable[float]) -> None:
        """Expect the requests of a load, at their intended instants in ascending order."""
        self._sides[endpoint].loads[load] = LoadClients(deque(instants))

    def end(self, load: str) -> None:
        """Expect nothing more of a load: whatever had no answer yet will have none."""
        for side in self._sides.values():
            side.loads.pop(load, None)

    def follow(
        self,
        now: float,
        *,
        queued: Sequence[JobEvent] = (),
        synchronous: Sequence[JobEvent] = (),
        sends: Sequence[Send] = (),
    ) -> None:
        """Read the new rows of growing lists, up to the present instant."""
        lists = {Endpoint.QUEUED: queued, Endpoint.SYNCHRONOUS: synchronous}
        for endpoint, events in lists.items():
            self._sides[endpoint].begin_look(now)
            for event in events[self._seen[endpoint] :]:
                self._sides[endpoint].note(event)
            self._seen[endpoint] = len(events)
        for send in sends[self._seen["sends"] :]:
            self._sides[send.endpoint].answer(send)
        self._seen["sends"] = len(sends)

    def waiting(self, endpoint: Endpoint) -> list[float]:
        """Return since when each client waits, in ascending order."""
        return sorted(at for load in self._sides[endpoint].loads.values() for at in load.waiting.elements())

    @property
    def settled(self) -> bool:
        """Whether nobody waits, nothing is to come, and no job is in the queue or claimed."""
        sides = self._sides.values()
        return not any(side.loads or side.queue or side.claimed for side in sides)

    def lose(self, renderers: Iterable[str]) -> None:
        """Forget the jobs of synchronous renderers that have died: no lease brings one back."""
        side, dead = self._sides[Endpoint.SYNCHRONOUS], set(renderers)
        side.claimed = {job_id: event for job_id, event in side.claimed.items() if event.worker not in dead}

    def holders(self) -> set[str]:
        """Return the id of each renderer that holds a job, a dead one's too."""
        return {event.worker or "" for side in self._sides.values() for event in side.claimed.values()}

    def scene(self, now: float, workers: Mapping[str, KnownWorker]) -> Scene:
        """Return both endpoints at an instant; `workers` has each id that events name, in a fixed order."""
        return {endpoint: side.scene(now, _of(endpoint, workers)) for endpoint, side in self._sides.items()}


@dataclass(slots=True)
class LoadClients:
    """The clients of one load: the instants of those to come, and how many wait since each instant."""

    coming: deque[float]
    waiting: Counter[float] = field(default_factory=Counter)

    def advance(self, now: float) -> None:
        """Let the clients begin to wait whose instants have come."""
        while self.coming and self.coming[0] <= now:
            self.waiting[self.coming.popleft()] += 1

    def answer(self, intended_at: float) -> bool:
        """Let one of this instant wait no longer; return whether there was one."""
        self.advance(intended_at)
        if self.waiting[intended_at] <= 1:
            return self.waiting.pop(intended_at, 0) > 0
        self.waiting[intended_at] -= 1
        return True


@dataclass(slots=True)
class _Side:
    """The present state of one endpoint."""

    loads: dict[str, LoadClients] = field(default_factory=dict)
    queue: dict[str, JobEvent] = field(default_factory=dict)
    claimed: dict[str, JobEvent] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)

    def begin_look(self, now: float) -> None:
        self.moves.clear()
        for load in self.loads.values():
            load.advance(now)

    def note(self, event: JobEvent) -> None:
        self.queue.pop(event.job_id, None)
        self.claimed.pop(event.job_id, None)
        match event.state:
            case JobState.QUEUED:
                self.queue[event.job_id] = event
                self.moves["accepted"] += 1
            case JobState.PROCESSING:
                self.claimed[event.job_id] = event
                self.moves["claimed"] += 1
            case JobState.COMPLETED:
                self.counts["stored"] += 1
                self.moves["completed"] += 1
            case _:
                self.counts["failed"] += event.cause is not Cause.CANCELLED

    def answer(self, send: Send) -> None:
        if send.retried:
            return  # its client still waits
        any(load.answer(send.intended_at) for load in self.loads.values())
        if send.error not in (None, "cancelled"):
            self.counts[_OUTCOMES.get(send.error, "errors")] += 1

    def scene(self, now: float, workers: Mapping[str, KnownWorker]) -> EndpointScene:
        since = [at for load in self.loads.values() for at in load.waiting]
        return EndpointScene(
            clients=sum(load.waiting.total() for load in self.loads.values()),
            longest=max(0.0, now - min(since, default=now)),
            to_come=sum(len(load.coming) for load in self.loads.values()),
            gave_up=self.counts["gave_up"],
            refused=self.counts["refused"],
            errors=self.counts["errors"],
            failed=self.counts["failed"],
            lost=sum(_is_lost(event.worker, workers) for event in self.claimed.values()),
            queued=len(self.queue),
            retrying=sum(event.attempt > 0 for event in self.queue.values()),
            oldest=max(0.0, now - min((event.at for event in self.queue.values()), default=now)),
            stored=self.counts["stored"],
            renderers=_renderers(self.claimed.values(), workers, now),
            moves=Moves(**self.moves),
        )


def _of(endpoint: Endpoint, workers: Mapping[str, KnownWorker]) -> dict[str, KnownWorker]:
    return {worker_id: worker for worker_id, worker in workers.items() if worker.endpoint == endpoint}


def _is_lost(worker_id: str | None, workers: Mapping[str, KnownWorker]) -> bool:
    """Return whether a worker with this job was killed, and was naive: no lease brings the job back."""
    worker = workers.get(worker_id or "")
    is_killed = worker is not None and worker.state is RendererState.KILLED
    return is_killed and str(worker_id).startswith("naive:")


def _renderers(claims: Iterable[JobEvent], workers: Mapping[str, KnownWorker], now: float) -> list[Renderer]:
    """Return a row for each living worker in its place, then one for each job that a killed worker holds."""
    held: dict[str, list[JobEvent]] = {}
    for event in claims:
        held.setdefault(event.worker or "?", []).append(event)
    rows = [_row(worker, held.get(worker_id, []), now) for worker_id, worker in workers.items()]
    rows += [_row(KnownWorker(one), held[one], now) for one in held.keys() - workers.keys()]
    places = {name: place for place, name in enumerate(dict.fromkeys(w.name for w in workers.values()))}

    def place(row: Renderer) -> tuple[bool, int]:
        return row.state is RendererState.KILLED, places.get(row.name, len(places))

    return sorted((row for row in rows if row.jobs or row.state is not RendererState.KILLED), key=place)


def _row(worker: KnownWorker, held: Sequence[JobEvent], now: float) -> Renderer:
    if not held:
        return Renderer(worker.name, worker.state)
    state = RendererState.RENDERING if worker.state is RendererState.IDLE else worker.state
    seconds = 0.0 if state is RendererState.KILLED else max(0.0, now - held[0].at)
    return Renderer(worker.name, state, held[0].kind, seconds, held[0].job_id, len(held))
