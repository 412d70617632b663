"""A run: the requests, their answers, the events of the system, and its settings.

Experiments and simulations both return one, so that the same metrics and charts read both. It is stored in
columns: ten million jobs are a dozen arrays. Send and JobEvent are single rows of them.

Read next: pdflab/analysis/queue_metrics.py.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Categorical, Floats, Integers, from_plain, to_plain
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState

STATES = tuple(JobState)  # the code of a state is its index


@dataclass(frozen=True, slots=True)
class Send:
    """One request, from its client's view. Instants are seconds since the epoch.

    `intended_at` is when its client first meant to send, whatever the attempt; `retried` says that another
    attempt follows. `status` is the HTTP status, 0 without an answer; `error` is the reason why there is no
    PDF, "refused" if the service asks to come again later; `seed` made the document, if it came from a plan.
    """

    endpoint: Endpoint
    kind: str
    intended_at: float
    sent_at: float
    answered_at: float | None = None
    status: int = 0
    job_id: str | None = None
    error: str | None = None
    seed: int | None = None
    attempt: int = 1
    retried: bool = False

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Return the send of one line of sends.jsonl."""
        fields = json.loads(line)
        return cls(**fields | {"endpoint": Endpoint(fields["endpoint"])})

    @property
    def accepted(self) -> bool:
        """Return whether the answer was 202 with a job, or 200 with the PDF itself."""
        return self.status in (200, 202)

    def to_json(self) -> str:
        """Return the send as one line of sends.jsonl, without its newline."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True, eq=False)
class Sends:
    """Sends as columns, one row each, in any order. `answered_at` is nan without an answer."""

    endpoint: Categorical
    kind: Categorical
    intended_at: Floats
    sent_at: Floats
    answered_at: Floats
    status: Integers
    job_id: Categorical
    error: Categorical | None = None
    seed: Integers | None = None  # -1 for a document that no plan made
    attempt: Integers | None = None
    retried: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, sends: "Iterable[Send] | Sends") -> "Sends":
        """Return sends as columns; columns are returned unchanged."""
        if isinstance(sends, Sends):
            return sends
        rows = tuple(sends)
        return cls(
            **_texts(rows, "endpoint", "kind", "job_id", "error"),
            intended_at=_floats(row.intended_at for row in rows),
            sent_at=_floats(row.sent_at for row in rows),
            answered_at=_floats(row.answered_at for row in rows),
            status=_integers(row.status for row in rows),
            seed=_integers(-1 if row.seed is None else row.seed for row in rows),
            attempt=_integers(row.attempt for row in rows),
            retried=np.array([row.retried for row in rows], dtype=np.bool_),
        )

    def __len__(self) -> int:
        return len(self.intended_at)

    def __iter__(self) -> Iterator[Send]:
        return (Send(**row | {"endpoint": Endpoint(row["endpoint"])}) for row in _rows(self))

    @property
    def clients(self) -> "Sends":
        """The last request of each client: all, where nobody retried."""
        if self.retried is None or not self.retried.any():
            return self
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return Sends(**{name: _where(column, ~self.retried) for name, column in columns.items()})

    @property
    def accepted(self) -> NDArray[np.bool_]:
        """A mask of the accepted sends."""
        return np.isin(self.status, (200, 202))


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Changes of state as columns, one row each. Each job's own rows are in order.

    `state` indexes STATES. An optional column may be None.
    """

    job_id: Categorical
    state: Integers
    at: Floats
    kind: Categorical
    number: Integers | None = None
    event_id: Categorical | None = None
    attempt: Integers | None = None
    worker: Categorical | None = None
    reason: Categorical | None = None
    cause: Categorical | None = None

    @classmethod
    def of(cls, events: "Iterable[JobEvent] | Events") -> "Events":
        """Return events as columns, in the order of the log; columns are returned unchanged."""
        if isinstance(events, Events):
            return events
        rows = tuple(events)
        return cls(
            **_texts(rows, "job_id", "kind", "event_id", "worker", "reason", "cause"),
            state=_integers(STATES.index(row.state) for row in rows),
            at=_floats(row.at for row in rows),
            number=_integers(row.number for row in rows),
            attempt=_integers(row.attempt for row in rows),
        )

    def __len__(self) -> int:
        return len(self.at)

    def __iter__(self) -> Iterator[JobEvent]:
        for row in _rows(self):
            cause = row.get("cause")
            yield JobEvent(**row | {"state": STATES[row["state"]], "cause": Cause(cause) if cause else None})

    def is_in(self, *states: JobState) -> NDArray[np.bool_]:
        """Return a mask of the rows that lead to one of these states."""
        return np.isin(self.state, [STATES.index(state) for state in states])


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One plan at one endpoint. The mappings are plain data."""

    name: str
    endpoint: Endpoint
    plan: Mapping[str, Any] = field(default_factory=dict)
    sends: Sends = field(default_factory=lambda: Sends.of(()))
    events: Events = field(default_factory=lambda: Events.of(()))
    settings: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)

    @property
    def began_at(self) -> float:
        """The first intended send or event, in seconds since the epoch."""
        instants = self.sends.intended_at if len(self.sends) else self.events.at
        return float(instants.min()) if len(instants) else 0.0

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the run from a file that `save` has written."""
        data = json.loads(path.read_text(encoding="utf-8"))
        sends, columns = Sends(**from_plain(data.pop("sends"))), from_plain(data.pop("events"))
        events = Events(**columns | {"state": columns["state"].codes_in(STATES)})
        return cls(endpoint=Endpoint(data.pop("endpoint")), sends=sends, events=events, **data)

    def save(self, path: Path) -> None:
        """Write the run as one JSON document of columns."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        states = {"words": list(STATES), "codes": self.events.state.tolist()}  # a file holds names
        plain |= {"sends": to_plain(self.sends), "events": to_plain(self.events) | {"state": states}}
        path.write_text(json.dumps(plain, ensure_ascii=False, default=str), encoding="utf-8")


def _rows(table: Sends | Events) -> Iterator[dict[str, Any]]:
    """Return the rows as arguments of Send and JobEvent; a column that is None is left to their defaults."""
    columns = {f.name: getattr(table, f.name) for f in fields(table)}
    known = {name: column.tolist() for name, column in columns.items() if column is not None}
    if "seed" in known:
        known["seed"] = [None if seed < 0 else seed for seed in known["seed"]]
    for row in zip(*known.values(), strict=True):  # nan, an instant that never came, differs from itself
        yield {name: value if value == value else None for name, value in zip(known, row, strict=True)}


def _where(column: Any, rows: NDArray[np.bool_]) -> Any:
    if isinstance(column, Categorical):
        return Categorical(column.codes[rows], column.categories)
    return None if column is None else column[rows]


def _floats(values: Iterable[float | None]) -> Floats:
    return np.array(list(values), dtype=np.float64)  # None becomes nan


def _texts(rows: Sequence[Send] | Sequence[JobEvent], *names: str) -> dict[str, Any]:
    return {name: Categorical.of(getattr(row, name) for row in rows) for name in names}


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, dtype=np.int64)
