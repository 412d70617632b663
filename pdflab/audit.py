"""The audit of the promise: an answer 202 means exactly one ending, with a valid PDF or a reason.

It starts from the answers that our clients noted, adds the jobs that jobs.log names (those of curl, or whose
answer was lost), and compares both with the saved records and the storage.

Read next: pdflab/lab/system.py.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pdflab.errors import require
from pdflab.jobs import JobEvent, JobState
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.service.storage.base import Storage, is_whole
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import Settings

_Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """The endings of the accepted jobs, and what is wrong.

    `open` jobs have not ended yet, `lost` ones never will, `doubled` ones ended twice, and `invalid` ones
    have no valid PDF or no reason. The PDFs of `expired` ones have expired or were purged. `holes` are gaps
    in the numbering of jobs.log.
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
        if len(self.findings) == self.counts.open > 0:
            verdict += " yet: open jobs are done while `pdflab up` runs in this folder"
        return "\n".join([counts, verdict, *self.findings[:10], *more])


def audit(settings: Settings, *, now: float | None = None) -> Audit:
    """Audit the folder of a system. Raises UsageError when there is nothing to audit."""
    noted = _job_ids(settings.accepted_file)
    require(
        bool(noted) or settings.log_file.exists(),
        f"There is nothing to audit in {settings.folder}; run `pdflab demo` or `pdflab up` first.",
    )
    events = Tail(settings.log_file, read_event).read()
    endings: dict[str, list[JobEvent]] = {event.job_id: [] for event in events}
    for event in events:
        if event.state.is_ending:
            endings[event.job_id].append(event)
    accepted = noted | endings.keys()
    kept_since = _kept_since(settings, time.time() if now is None else now)
    records = _saved_records(settings, unsaved=accepted)
    storage = configured_storage(settings)
    counts: dict[str, int] = defaultdict(int, accepted=len(accepted))
    findings = []
    for job_id in sorted(accepted):
        record, ended = records.get(job_id), endings.get(job_id, [])
        verdict, finding = _judge(job_id, ended, record, storage, kept_since)
        counts[verdict] += 1
        findings += [ascii(finding)[1:-1]] if finding else []  # another's file may hold escape sequences
    gaps = list(_gaps(events))
    return Audit(Counts(**counts, holes=len(gaps)), (*findings, *gaps))


def _kept_since(settings: Settings, now: float) -> dict[JobState, float]:
    """Return since when jobs that ended in each state are kept: earlier ones are expired, or were purged."""
    since = dict.fromkeys(JobState, now - _retention(settings))
    for state, before in Tail(settings.purged_file, _purge).read():
        since[state] = max(since[state], before)
    return since


def _retention(settings: Settings) -> float:
    """Return the retention that the system recorded; the auditor's settings may differ."""
    try:
        return float(settings.retention_file.read_text())
    except (OSError, ValueError):
        return settings.retention


def _saved_records(settings: Settings, *, unsaved: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the record of each job; while the system runs, an empty one for each accepted job."""
    if not settings.records_file.exists():
        return {job_id: {} for job_id in unsaved}
    return {record["job_id"]: record for record in Tail(settings.records_file, _record).read()}


def _judge(
    job_id: str,
    endings: list[JobEvent],
    record: _Record | None,
    storage: Storage,
    kept_since: Mapping[JobState, float],
) -> tuple[str, str]:
    """Return the name of the count that a job belongs to, and its finding, if any."""
    if not endings:
        return _judge_open(job_id, record)
    if len(endings) > 1:
        return "doubled", f"{job_id} ended {len(endings)} times: {', '.join(e.state for e in endings)}"
    [ending] = endings
    recorded = (record or {}).get("state", ending.state)
    if recorded != ending.state:
        return "invalid", f"{job_id} is {ending.state} in jobs.log, and {recorded} in Redis"
    is_kept = ending.at > kept_since[ending.state]
    if record is None and is_kept:
        return "invalid", f"{job_id} is {ending.state} in jobs.log, and Redis has no record of it"
    if ending.state is JobState.FAILED:
        return ("failed", "") if ending.reason else ("invalid", f"{job_id} failed without a reason")
    # Whoever sets the clock of Redis back excuses no missing PDF: it is deleted together with the record.
    if not is_kept and not record and not storage.exists(job_id):
        return "expired", ""
    return _judge_pdf(job_id, storage.read(job_id) or b"", (record or {}).get("result"))


def _judge_open(job_id: str, record: _Record | None) -> tuple[str, str]:
    if record is None:
        return "lost", f"{job_id} was accepted, and has neither an ending nor a record"
    state = record.get("state")
    if state in (JobState.COMPLETED, JobState.FAILED):
        return "open", f"{job_id} is {state} in Redis, and jobs.log does not say so"
    return "open", f"{job_id} has not ended yet"


def _judge_pdf(job_id: str, pdf: bytes, result: object) -> tuple[str, str]:
    made = result.get("bytes", len(pdf)) if isinstance(result, dict) else len(pdf)
    if not is_whole(pdf):
        return "invalid", f"{job_id} is COMPLETED, and its PDF is not whole"
    if len(pdf) != made:
        return "invalid", f"{job_id} has a PDF of {len(pdf):,} bytes, and one of {made} bytes was made"
    return "completed", ""


def _gaps(events: list[JobEvent]) -> Iterator[str]:
    """Yield each gap in the numbering: an event is missing, or was written twice."""
    for before, after in pairwise(events):
        if after.number != before.number + 1:
            yield f"jobs.log goes from event {before.number} to {after.number}"


def _job_ids(path: Path) -> set[str]:
    return {record["job_id"] for record in Tail(path, _record).read()}


def _purge(line: str) -> tuple[JobState, float]:
    purge = json.loads(line)
    return JobState(purge["state"]), float(purge["before"])


def _record(line: str) -> dict[str, Any]:
    record = json.loads(line)
    return {**record, "job_id": str(record["job_id"])}
