"""What became of jobs: which were accepted, which ended, which were lost, which came back.

Read next: charts/failures.py, which draws it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pdflab.analysis.run import Send
from pdflab.jobs import JobEvent


@dataclass(frozen=True, slots=True)
class Fates:
    """How many jobs clients were promised, and how many of those have ended."""

    accepted: int
    ended: int

    @property
    def lost(self) -> int:
        """How many have no ending; ask when nothing happens any more."""
        return self.accepted - self.ended


def count_fates(sends: Sequence[Send], events: Sequence[JobEvent]) -> Fates:
    """Count the jobs that were accepted among `sends`, and those of them that `events` see ending."""
    accepted = {send.job_id for send in sends if send.accepted}
    ended = {event.job_id for event in events if event.state.is_ending}
    return Fates(len(accepted), len(accepted & ended))


def came_back(events: Sequence[JobEvent]) -> list[str]:
    """Name the jobs that had to be taken more than once, in the order in which that happened."""
    return list(dict.fromkeys(event.job_id for event in events if event.attempt > 1))
