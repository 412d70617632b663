"""A class hour, saved without a name, and replayed on the projector next year.

A folder with a Run of each endpoint (the hour's requests and events) and class.json: what the teacher
changed and when, and how the class answered.

Read next: pdflab/classroom/state.py.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from pdflab.analysis.run import Events, Run, Sends
from pdflab.classroom.press import Press
from pdflab.classroom.questions import Poll
from pdflab.classroom.script import ACTS
from pdflab.classroom.state import COUNTDOWN, ClassState, Options, Stage
from pdflab.errors import UsageError, require
from pdflab.jobs import Endpoint, JobEvent
from pdflab.lab import Lab

_BEGINNINGS = "act", "round", "reset"  # of an act, or of another time of it
_FILE, _ENDPOINTS = "class.json", (Endpoint.SYNCHRONOUS, Endpoint.QUEUED)
_SET = {field.name for field in fields(Stage)}  # controls that only set what the stage has


@dataclass(frozen=True, slots=True)
class Change:
    """A control that the teacher pressed at an instant, in seconds since the epoch."""

    at: float
    control: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A class hour. `joined` has the instant at which each phone joined, `polls` the answers, in order."""

    runs: Mapping[Endpoint, Run]
    changes: Sequence[Change]
    joined: Sequence[float]
    polls: Sequence[Mapping[str, Any]]
    options: Options
    began_at: float
    ended_at: float

    def run(self, act: str) -> Run:
        """Return the run of the last time that an act was played, at the endpoint where phones pressed first.

        Raises UsageError if nobody pressed in it.
        """
        for start, end in reversed(self._spans(act)):
            cuts = (_cut(run, start, end) for run in self.runs.values())
            if found := [run for run in cuts if len(run.sends)]:
                return min(found, key=lambda run: run.began_at)
        raise UsageError(f"Nobody pressed in the act {act!r} of this class.")

    def _spans(self, act: str) -> list[tuple[float, float]]:
        """Return when an act began and ended, each time; to begin again is another time."""
        begun = [(self.began_at, ACTS[0].name)]
        for change in self.changes:
            if change.control in _BEGINNINGS:
                begun.append((change.at, change.value or begun[-1][1]))
        ends = [*(at for at, _ in begun[1:]), math.inf]
        return [(at, end) for (at, name), end in zip(begun, ends, strict=True) if name == act]

    def save(self, folder: Path) -> None:
        """Write the recording into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for endpoint, run in self.runs.items():
            run.save(folder / f"{endpoint}.json")
        data = asdict(self) | {"runs": [*self.runs]}
        (folder / _FILE).write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Recording":
        """Return the recording of a folder. Raises UsageError if there is none."""
        try:
            data = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            runs = {Endpoint(name): Run.load(folder / f"{name}.json") for name in data.pop("runs")}
            changes = [Change(**change) for change in data.pop("changes")]
            return cls(runs, changes, options=Options(**data.pop("options")), **data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{folder} has no class that pdflab saved ({error}). Name its folder.") from None


def prepare_folder(folder: Path) -> None:
    """Make the folder of a class that is to be saved. Raises UsageError if it has one, or takes none."""
    require(not (folder / _FILE).exists(), f"{folder} has a class already; name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    require(os.access(folder, os.W_OK), f"Nothing can be written to {folder}; name another folder.")


def record_class(lab: Lab, state: ClassState, changes: Iterable[Mapping[str, Any]]) -> Recording:
    """Return the recording of a class that has just ended, from the logs of its lab, which may have more."""
    sends = [send for send in lab.sends() if send.intended_at in state.pressed_at]
    jobs, kept = {send.job_id for send in sends}, {"workers": lab.settings.workers}
    runs = {
        endpoint: Run(
            "a class",
            endpoint,
            sends=Sends.of(send for send in sends if send.endpoint == endpoint),
            events=Events.of(event for event in lab.events(endpoint) if event.job_id in jobs),
            settings=kept,
        )
        for endpoint in _ENDPOINTS
    }
    joined = [student.joined_at for student in state.students.all()]
    polls = [_plain(poll) for poll in state.polls]
    made = [Change(**change) for change in changes]
    return Recording(runs, made, joined, polls, state.options, state.began_at, state.clock())


def _plain(poll: Poll) -> dict[str, Any]:
    """Return the answers of a question without who gave them."""
    return {"answers": list(poll.answers.values()), "earlier": poll.earlier}


@dataclass(eq=False)
class _Clock:
    """Shows the time of the class while it is replayed, so many times as fast."""

    starts_at: float
    speed: float
    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.starts_at + self.speed * (time.monotonic() - self.began)


class Replay(ClassState):
    """A recorded class, in the state that it had at the instant of its clock."""

    def __init__(
        self, recording: Recording, *, speed: float = 1.0, clock: Callable[[], float] | None = None
    ) -> None:
        self._clock = clock or _Clock(recording.began_at, speed)
        self._at = recording.began_at
        super().__init__(recording.options, lambda: self._at)
        self.began_at, self._ends_at = recording.began_at, recording.ended_at
        self._joined = sorted(recording.joined)
        self._changes = sorted(recording.changes, key=lambda change: change.at)
        self._answers = [*recording.polls]
        self._coming = sorted(_presses(recording.runs.values()), key=lambda press: press.at)

    def look(self) -> None:
        """Let happen what has happened by now, in its order."""
        now = self._clock()
        self.is_over = now > self._ends_at
        while self._changes and self._changes[0].at <= now:
            change = self._changes.pop(0)
            self._press_until(change.at)
            self._at = change.at  # an act that ends is measured at its end, not when somebody looks
            self._apply(change)
        self._press_until(now)
        self._at = now
        while self._joined and self._joined[0] <= now:
            self.students.join(self.students.code, "", now=self._joined.pop(0))

    def _press_until(self, at: float) -> None:
        while self._coming and self._coming[0].at <= at:
            self.note_press(self._coming.pop(0))

    def _apply(self, change: Change) -> None:
        match change.control:
            case "act" | "round":
                self._begin(change)
            case "reset":
                self.begin_again()
            case "go" | "close":
                self.stage.opens_at = change.at + COUNTDOWN if change.control == "go" else None
            case "ask" if self.stage.act.question:
                self._ask()
            case "show" if self.poll:
                self.poll.is_shown = True
            case "kill" | "freeze":
                self.stage.status = f"The teacher pressed: {change.control}."
            case name:
                self._set(name, change.value)

    def _begin(self, change: Change) -> None:
        act = next((act for act in ACTS if act.name == change.value), self.stage.act)
        self.begin_act(act)
        for name, value in act.settings.items() if change.control == "act" else ():
            self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        if name == "workers":
            self.workers = value
        elif name in _SET:
            setattr(self.stage, name, value)

    def _ask(self) -> None:
        """Ask a question; its answers are there at once, because nobody noted when each was given."""
        self.ask()
        if self.poll and self.poll.number <= len(self._answers):
            answers = self._answers[self.poll.number - 1]
            rounds = [*map(_answers_of, answers["earlier"]), answers["answers"]]
            self.poll.answers = dict(enumerate(rounds[min(self.poll.round, len(rounds)) - 1]))


def _answers_of(counts: Mapping[str, int]) -> list[str]:
    return [letter for letter, count in counts.items() for _ in range(count)]


def _presses(runs: Iterable[Run]) -> Iterable[Press]:
    for run in runs:
        events = sorted(run.events, key=lambda event: event.job_id)  # sorting keeps the order of each job
        by_job: dict[str, list[JobEvent]] = {job: [*its] for job, its in groupby(events, lambda e: e.job_id)}
        for number, send in enumerate(run.sends):
            its = by_job.get(send.job_id or "", [])
            times = send.intended_at, send.job_id, send.answered_at, send.status, send.error
            yield Press(f"{run.endpoint}-{number}", send.seed or 0, run.endpoint, *times, events=its)


def _cut(run: Run, start: float, end: float) -> Run:
    """Return what was sent within a span, and what became of it."""
    sends = [send for send in run.sends if start <= send.intended_at < end]
    jobs = {send.job_id for send in sends}
    events = [event for event in run.events if event.job_id in jobs]
    return Run(run.name, run.endpoint, sends=Sends.of(sends), events=Events.of(events), settings=run.settings)
