"""Gaps to fill: the student writes a function, and a grader of ours runs it in a process of its own.

    grade("waited", waited)     # "yes", or "not yet: …", one sentence a finding

Read next: pdflab/notebook/lessons/order.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pdflab.errors import UsageError, require
from pdflab.notebook.lessons.graders.sandbox import run_apart
from pdflab.notebook.lessons.graders.student_code import pack

_GRADERS = {  # what the student writes, and the function that grades it
    "waited": "pdflab.notebook.lessons.graders.waiting:grade_waited",
    "admits": "pdflab.notebook.lessons.graders.admission:grade_admits",
    "workers_needed": "pdflab.notebook.lessons.graders.staffing:grade_workers_needed",
    "may_retry": "pdflab.notebook.lessons.graders.retries:grade_may_retry",
    "accept": "pdflab.notebook.lessons.graders.kills.accepting:grade_accept",
    "accept_again": "pdflab.notebook.lessons.graders.kills.accepting:grade_accept_again",
    "work_alone": "pdflab.notebook.lessons.graders.kills.lone_worker:grade_work_alone",
    "empty_after": "pdflab.notebook.lessons.graders.draining:grade_empty_after",
    "wanted": "pdflab.notebook.lessons.graders.scaling_rule:grade_wanted",
    "work": "pdflab.notebook.lessons.graders.kills.crashes:grade_work",
    "safe_work": "pdflab.notebook.lessons.graders.kills.crashes:grade_safe_work",
}
_ON_REDIS = ("accept", "accept_again", "work_alone", "work", "safe_work")
_MANY_TIMES = 12  # the limit, for a worker killed at each step: each attempt has one of its own


@dataclass(frozen=True, slots=True, repr=False)
class Grade:
    """Whether a function passes, what was found, a sentence each, and what it printed."""

    findings: tuple[str, ...]
    printed: str = ""

    @property
    def passes(self) -> bool:
        """Return whether nothing was found."""
        return not self.findings

    def __repr__(self) -> str:
        verdict = "not yet: " + "\n".join(self.findings) if self.findings else "yes"
        return f"{verdict}\n\nYour code printed:\n{self.printed}" if self.printed else verdict


def grade(
    name: str,
    function: Callable[..., Any] | dict[str, Any],
    *,
    redis: str | None = None,
    seconds: float = 10.0,
) -> Grade:
    """Grade the student's function, or packed code; `redis` is the URL of the lab's Redis.

    Raises UsageError for an unknown name, what is no function, and a Redis that another process cannot reach.
    """
    require(name in _GRADERS, f"There is no gap {name!r}: take one of {', '.join(_GRADERS)}.")
    given = {}
    if name in _ON_REDIS:
        if redis is None:
            raise UsageError("This needs the Redis of a lab in processes: lab = Lab(), lab.start().")
        given["redis"], seconds = redis, seconds * _MANY_TIMES
    code = function if isinstance(function, dict) else pack(function)
    found = run_apart(_GRADERS[name], code, seconds=seconds, **given)
    return Grade((found.trouble,) if found.trouble else found.findings, found.printed)
