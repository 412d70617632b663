"""A run: what was sent, what the clients heard, what the system did, and under which settings.

An experiment and a simulation both end in one, so that the same metrics and charts read both.

Read next: metrics.py.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from pdflab.jobs import JobEvent

QUEUED = "queued"
SYNCHRONOUS = "synchronous"


@dataclass(frozen=True, slots=True)
class Send:
    """One document asked for, as its client saw it. Instants are seconds since the epoch.

    `status` is the HTTP status, 0 without an answer; `error` says why there is no PDF to come.
    """

    door: str
    kind: str
    intended_at: float
    sent_at: float
    answered_at: float | None = None
    status: int = 0
    job_id: str | None = None
    error: str | None = None

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Read a send from one line of sends.jsonl."""
        return cls(**json.loads(line))

    @property
    def accepted(self) -> bool:
        """Tell whether the service said yes: 202 with a job, or 200 with the PDF itself."""
        return self.status in (200, 202)

    def to_json(self) -> str:
        """Give the send as one line of sends.jsonl, without its newline."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Run:
    """One plan against one door. `plan`, `settings` and `machine` are plain data, kept as they were told."""

    name: str
    door: str
    plan: Mapping[str, Any] = field(default_factory=dict)
    sends: tuple[Send, ...] = ()
    events: tuple[JobEvent, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a run that `save` has written."""
        data = json.loads(path.read_text(encoding="utf-8"))
        sends = tuple(Send(**fields) for fields in data.pop("sends"))
        events = tuple(JobEvent.from_fields(fields) for fields in data.pop("events"))
        return cls(sends=sends, events=events, **data)

    def save(self, path: Path) -> None:
        """Write the run as one JSON document."""
        plain = {name: getattr(self, name) for name in ("name", "door", "plan", "settings", "machine")}
        plain["sends"] = [asdict(send) for send in self.sends]
        plain["events"] = [event.to_dict() for event in self.events]
        path.write_text(json.dumps(plain, ensure_ascii=False, default=str), encoding="utf-8")
