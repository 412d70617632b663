"""The promise, checked: answered 202 means exactly one ending, a valid PDF or a reason.

It starts from what clients were told, not from what the service believes: accepted.jsonl, jobs.log,
the saved records and pdf_storage/ are held against each other. A job that only the log names, because
somebody else's client asked for it, counts where something is wrong with it.

Read next: lab/system.py, which leaves them behind.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.service.storage.base import Storage
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import Settings


@dataclass(frozen=True, slots=True)
class Counts:
    """How the accepted jobs ended, and what is wrong.

    `open` jobs have no ending yet, `lost` ones never will; `doubled` ones have two, and `invalid` ones
    no valid PDF or no reason. `expired` ones were COMPLETED, and their PDF's time of keeping is over. `holes`
    are numbers that jobs.log lacks.
    """

    accepted: int = 0
    completed: int = 0
    failed: int = 0
    open: int = 0
    lost: int = 0
    doubled: int = 0
    invalid: int = 0
    expired: int = 0
    holes: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """The counts, and a sentence for each thing that is wrong."""

    counts: Counts
    findings: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Return whether the promise was kept."""
        return not self.findings

    @property
    def summary(self) -> str:
        """Say "clean", or what was found first."""
        return "clean" if self.clean else self.findings[0]

    @property
    def text(self) -> str:
        """Say the counts in a line, and up to ten findings below it."""
        counts = ", ".join(f"{count:,} {name}" for name, count in asdict(self.counts).items())
        more = [f"… and {len(self.findings) - 10:,} more"] if len(self.findings) > 10 else []
        verdict = "clean: every accepted job has exactly one ending" if self.clean else "NOT CLEAN"
        return "\n".join([counts, verdict, *self.findings[:10], *more])


def audit(settings: Settings, *, now: float | None = None) -> Audit:
    """Audit the folder that a system left behind. Raises UsageError when there is nothing to audit."""
    told = {line["job_id"] for line in _lines(settings.accepted_file)}
    if not told and not settings.log_file.exists():
        raise UsageError(
            f"There is nothing to audit in {settings.folder}; run `pdflab demo` or `pdflab up` first."
        )
    events = Tail(settings.log_file, read_event).read()
    endings, logged = _endings(events), {event.job_id for event in events}
    kept_since = (time.time() if now is None else now) - _retention(settings)
    records = (
        {line["job_id"] for line in _lines(settings.records_file)} if settings.records_file.exists() else None
    )
    storage = configured_storage(settings)
    tally: dict[str, int] = defaultdict(int, accepted=len(told))
    findings = []
    for job_id in sorted(told | logged):
        verdict, finding = _judge(job_id, endings.get(job_id, []), storage, kept_since)
        if verdict == "open" and not (job_id in records if records is not None else job_id in logged):
            verdict, finding = "lost", f"{job_id} was accepted and has left no trace that could still end"
        tally[verdict] += job_id in told or bool(finding)
        findings += [finding] if finding else []
    holes = list(_holes(events))
    return Audit(Counts(**tally, holes=len(holes)), (*findings, *holes))


def _retention(settings: Settings) -> float:
    """Return what the system itself had set, where it says so: an auditor may have set something else."""
    try:
        return float(settings.kept_file.read_text())
    except (OSError, ValueError):
        return settings.retention


def _judge(job_id: str, endings: list[JobEvent], storage: Storage, kept_since: float) -> tuple[str, str]:
    """Return the column that a job counts in, and what is wrong with it, if anything."""
    if not endings:
        return "open", f"{job_id} has no ending yet"
    if len(endings) > 1:
        return (
            "doubled",
            f"{job_id} ended {len(endings)} times: {', '.join(ending.state for ending in endings)}",
        )
    [ending] = endings
    if ending.state is JobState.FAILED:
        return ("failed", "") if ending.reason else ("invalid", f"{job_id} failed without a reason")
    if ending.at <= kept_since and not storage.exists(job_id):
        return "expired", ""
    if not _is_pdf(storage.read(job_id)):
        return "invalid", f"{job_id} is COMPLETED, and its PDF is not whole"
    return "completed", ""


def _endings(events: list[JobEvent]) -> dict[str, list[JobEvent]]:
    endings = defaultdict(list)
    for event in events:
        if event.state.is_ending:
            endings[event.job_id].append(event)
    return endings


def _holes(events: list[JobEvent]) -> Iterator[str]:
    """Say where the numbering does not go on: an event that is missing, or written twice."""
    for before, after in pairwise(events):
        if after.number != before.number + 1:
            yield f"jobs.log goes from event {before.number} to {after.number}"


def _is_pdf(data: bytes | None) -> bool:
    return bool(data and data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF"))


def _lines(path: Path) -> list[dict[str, Any]]:
    return Tail(path, json.loads).read()
