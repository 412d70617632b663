"""The audit of the promise: an answer 202 means exactly one ending, with a valid PDF or a reason.

It starts from the answers that clients received, and compares accepted.jsonl, jobs.log, the saved records and
the storage. A job of another client is only in the log; it counts only if something is wrong with it.

Read next: pdflab/lab/system.py.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from pdflab.errors import require
from pdflab.jobs import JobEvent, JobState
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.service.storage.base import Storage, is_whole
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import Settings


@dataclass(frozen=True, slots=True)
class Counts:
    """The endings of the accepted jobs, and what is wrong.

    `open` jobs have not ended yet, `lost` ones never will, `doubled` ones ended twice, and `invalid` ones
    have no valid PDF or no reason. The PDFs of `expired` ones have expired. `holes` are gaps in the
    numbering of jobs.log.
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
    """The counts, and a sentence for each finding."""

    counts: Counts
    findings: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether the promise was kept."""
        return not self.findings

    @property
    def summary(self) -> str:
        """The word "clean", or the first finding."""
        return "clean" if self.clean else self.findings[0]

    @property
    def text(self) -> str:
        """The counts in a line, and up to ten findings below it."""
        counts = ", ".join(f"{count:,} {name}" for name, count in asdict(self.counts).items())
        more = [f"… and {len(self.findings) - 10:,} more"] if len(self.findings) > 10 else []
        verdict = "clean: every accepted job has exactly one ending" if self.clean else "NOT CLEAN"
        return "\n".join([counts, verdict, *self.findings[:10], *more])


def audit(settings: Settings, *, now: float | None = None) -> Audit:
    """Audit the folder of a system. Raises UsageError when there is nothing to audit."""
    accepted = _job_ids(settings.accepted_file)
    require(
        bool(accepted) or settings.log_file.exists(),
        f"There is nothing to audit in {settings.folder}; run `pdflab demo` or `pdflab up` first.",
    )
    events = Tail(settings.log_file, read_event).read()
    endings: dict[str, list[JobEvent]] = {event.job_id: [] for event in events}
    for event in events:
        if event.state.is_ending:
            endings[event.job_id].append(event)
    kept_since = (time.time() if now is None else now) - _retention(settings)
    known = _job_ids(settings.records_file) if settings.records_file.exists() else set(endings)
    storage = configured_storage(settings)
    counts: dict[str, int] = defaultdict(int, accepted=len(accepted))
    findings = []
    for job_id in sorted(accepted | endings.keys()):
        verdict, finding = _judge(job_id, endings.get(job_id, []), storage, kept_since)
        if verdict == "open" and job_id not in known:
            verdict, finding = "lost", f"{job_id} was accepted, and has neither an ending nor a record"
        counts[verdict] += job_id in accepted or bool(finding)
        findings += [ascii(finding)[1:-1]] if finding else []  # another's file may hold escape sequences
    gaps = list(_gaps(events))
    return Audit(Counts(**counts, holes=len(gaps)), (*findings, *gaps))


def _retention(settings: Settings) -> float:
    """Return the retention that the system recorded; the auditor's settings may differ."""
    try:
        return float(settings.retention_file.read_text())
    except (OSError, ValueError):
        return settings.retention


def _judge(job_id: str, endings: list[JobEvent], storage: Storage, kept_since: float) -> tuple[str, str]:
    """Return the name of the count that a job belongs to, and its finding, if any."""
    if not endings:
        return "open", f"{job_id} has not ended yet"
    if len(endings) > 1:
        return "doubled", f"{job_id} ended {len(endings)} times: {', '.join(e.state for e in endings)}"
    [ending] = endings
    if ending.state is JobState.FAILED:
        return ("failed", "") if ending.reason else ("invalid", f"{job_id} failed without a reason")
    if ending.at <= kept_since and not storage.exists(job_id):
        return "expired", ""
    if not is_whole(storage.read(job_id) or b""):
        return "invalid", f"{job_id} is COMPLETED, and its PDF is not whole"
    return "completed", ""


def _gaps(events: list[JobEvent]) -> Iterator[str]:
    """Yield each gap in the numbering: an event is missing, or was written twice."""
    for before, after in pairwise(events):
        if after.number != before.number + 1:
            yield f"jobs.log goes from event {before.number} to {after.number}"


def _job_ids(path: Path) -> set[str]:
    return set(Tail(path, lambda line: str(json.loads(line)["job_id"])).read())
