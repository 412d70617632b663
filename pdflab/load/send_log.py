"""What the load generators write down in a folder: each load, each send, and each job that was accepted.

Read next: pdflab/analysis/run.py.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pdflab.analysis.run import Send
from pdflab.jobs import Endpoint
from pdflab.load.batching import Requests
from pdflab.load.generator import Target
from pdflab.load.plan import Plan
from pdflab.service.eventlog.reader import Tail
from pdflab.settings import Settings


@dataclass(frozen=True, slots=True)
class LoadNote:
    """A line of loads.jsonl: a load began at an instant with a plan, or it ended (no plan).

    Until it ends, or until its last client has given up, its clients wait from their planned instants on.
    """

    load: str
    endpoint: Endpoint
    at: float
    plan: Plan | None = None
    timeout: float = 0.0

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Return the note of one line."""
        fields = json.loads(line)
        plan = fields.get("plan") and Plan.from_description(fields["plan"])
        return cls(**fields | {"endpoint": Endpoint(fields["endpoint"]), "plan": plan})

    @property
    def instants(self) -> list[float]:
        """The planned instant of each request, in seconds since the epoch: `intended_at` of its send."""
        return [self.at + at for block in self.plan.blocks() for at in block.at.tolist()] if self.plan else []

    @property
    def over_at(self) -> float:
        """The instant at which its last client has certainly given up."""
        return self.at + (self.plan.seconds if self.plan else 0.0) + self.timeout


class SendLog:
    """Writes each send as a line of one file, and before it each accepted job as a line of another.

    Each line is one unbuffered append, so that it survives a kill of this process. The audit reads both.
    """

    def __init__(self, settings: Settings, load: str | None = None) -> None:
        """`load` is the id of the load, where its starter knows it."""
        self._id = load or new_load_id()
        self._sends = settings.sends_file.open("ab", buffering=0)
        self._accepted = settings.accepted_file.open("ab", buffering=0)
        self._loads_file = settings.loads_file
        self._load: dict[str, object] = {}

    def begin(self, requests: Requests, target: Target, at: float) -> None:
        """Note that a plan begins; of a mere list of requests, only the sends are noted."""
        if isinstance(requests, Plan):
            self._load = {"load": self._id, "endpoint": target.endpoint}
            longest = target.retries.longest(target.timeout)
            self._note_load({"at": at, "plan": requests.describe(), "timeout": longest})

    def __call__(self, send: Send) -> None:
        """Append a send."""
        if send.status == 202 and send.job_id:
            accepted = {"job_id": send.job_id, "at": send.answered_at}
            self._accepted.write(f"{json.dumps(accepted)}\n".encode())
        self._sends.write(f"{send.to_json()}\n".encode())

    def close(self) -> None:
        """Note the end of the load, and close the files; a second close does nothing."""
        if self._load:
            self._note_load({"at": time.time()})
        self._load = {}
        self._sends.close()
        self._accepted.close()

    def _note_load(self, fields: dict[str, object]) -> None:
        _append(self._loads_file, self._load | fields)


def new_load_id() -> str:
    """Return an id that no other load of any process has."""
    return f"{os.getpid()}-{time.time_ns()}"


def note_end_of(load: str, loads_file: Path) -> None:
    """Note the end of a load that began, unless its generator has done so itself: it was killed."""
    notes = [note for note in Tail(loads_file, LoadNote.from_json).read() if note.load == load]
    if notes and notes[-1].plan:
        _append(loads_file, {"load": load, "endpoint": notes[-1].endpoint, "at": time.time()})


def _append(loads_file: Path, note: dict[str, object]) -> None:
    with loads_file.open("ab", buffering=0) as file:
        file.write(f"{json.dumps(note)}\n".encode())
