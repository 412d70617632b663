"""A classroom: a class of phones beside a running lab. What they press is sent to the lab for them.

    classroom = Classroom(lab, Options())
    classroom.students.join(…); await classroom.press(student, key); classroom.view_of(student)

All of it runs on one event loop.

Read next: pdflab/classroom/teacher.py.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pdflab.classroom.document import document_for
from pdflab.classroom.gateway import EventFeed, Gateway, QueueView
from pdflab.classroom.press import LEFT, OPEN, Figures, Press, figures
from pdflab.classroom.questions import Poll
from pdflab.classroom.script import ACTS, Act
from pdflab.classroom.students import NotAllowed, Student, Students, new_code
from pdflab.errors import require
from pdflab.jobs import Endpoint, JobEvent
from pdflab.lab import Lab

COUNTDOWN = 3.0  # seconds between Go and the moment at which all buttons wake
_FULL_CLASS = 40  # phones for which a document takes as long as chosen; with fewer, more
_MOST_WORK = 2.0  # seconds of a document in a small class


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a class. `largest` is how many seconds the largest document takes on this machine."""

    phones: int = 200  # at most
    patience: float = 10.0  # seconds that a phone waits for an answer
    work: float = 0.5  # seconds that a document takes
    largest: float = 0.5

    def __post_init__(self) -> None:
        require(self.patience > 0 and self.work > 0, "Patience and work are more than 0 seconds.")


@dataclass(slots=True)
class Stage:
    """What is set at present. `opens_at` is when the buttons of the phones wake, None while they sleep."""

    act: Act = ACTS[0]
    endpoint: Endpoint = Endpoint.SYNCHRONOUS
    opens_at: float | None = None
    work: float = 0.5
    worker_type: str = "reliable"
    limit: int = 0
    retries: bool = False
    names: bool = True
    status: str = ""  # what happened last, for the teacher
    measured: dict[str, float] = field(default_factory=dict)  # the median wait in each act that was played


class Classroom:
    """A class beside a lab. Create it on a running event loop."""

    def __init__(
        self, lab: Lab, options: Options = Options(), *, clock: Callable[[], float] = time.time
    ) -> None:
        self.lab, self.options, self.clock = lab, options, clock
        self.students = Students(new_code(), limit=options.phones)
        self.stage = Stage(work=options.work)
        self.presses: dict[str, Press] = {}  # of the present act, by key
        self.poll: Poll | None = None
        self.began_at = clock()
        self.series: deque[tuple[float, int, float, int]] = deque(maxlen=240)  # instant, depth, age, in time
        self.queue = QueueView(options.work)
        self._gateway = Gateway(lab)
        self._feed = EventFeed(lab.settings)
        self._by_job: dict[str, Press] = {}
        self._by_student: dict[int, list[Press]] = {}
        self._early: dict[str, list[JobEvent]] = {}  # events of jobs whose answer is still on its way
        self._sending: dict[str, asyncio.Task[bytes]] = {}

    # What a phone does

    async def press(self, student: Student, key: str) -> tuple[Press, bytes]:
        """Send a request for a student, and return it with the PDF of a synchronous answer.

        The same key is the same press: a phone that lost its connection sends it again. If the caller is
        cancelled, the phone has left; the server renders for it all the same.
        Raises NotAllowed while the buttons sleep, or if there are too many.
        """
        key = f"{student.number}-{key}"
        press = self.presses.get(key) or self._begin(student, key)
        task = self._sending.get(key)
        try:
            return press, await asyncio.shield(task) if task else b""
        except asyncio.CancelledError:
            if press.endpoint == Endpoint.SYNCHRONOUS and press.answered_at is None:
                press.answered_at, press.error = self.clock(), LEFT
            raise

    def answer(self, student: Student, number: int, value: object) -> None:
        """Note a student's answer to the question of this number. Raises NotAllowed."""
        if not self.poll or self.poll.number != number:
            raise NotAllowed("That question is over.")
        self.poll.answer(student.number, value)

    def presses_of(self, student: Student) -> list[Press]:
        """Return a student's presses in this act, latest first."""
        return self._by_student.get(student.number, [])[::-1]

    def estimate(self, place: int | None) -> float | None:
        """Return in how many seconds the job at a place of the queue will be done."""
        return None if place is None else (place / self.lab.settings.workers + 0.5) * self.queue.service

    # What the loop does, several times a second

    def look(self) -> None:
        """Read what has happened at the lab."""
        for endpoint, event in self._feed.read():
            if endpoint == Endpoint.QUEUED:
                self.queue.note(event)
            press = self._by_job.get(event.job_id)
            (press.events if press else self._early.setdefault(event.job_id, [])).append(event)
        for press in self.presses.values():
            if press.job_id and press.job_id not in self._by_job:
                self._by_job[press.job_id] = press
                press.events += self._early.pop(press.job_id, [])
        if len(self._early) > 2_000:
            self._early.clear()  # jobs of the lab's other clients

    def note_series(self) -> None:
        """Add the present instant to the chart."""
        now, seen = self.clock(), self.figures()
        depth = sum(seen.states[state] for state in OPEN)
        self.series.append((now, depth, seen.longest, seen.in_time))

    def figures(self) -> Figures:
        """Return the figures of this act."""
        return figures(self.presses.values(), self.clock(), patience=self.options.patience)

    # What the teacher changes; see teacher.py

    def begin_act(self, act: Act) -> None:
        """Begin an act, without a press; keep the median wait of the one that ends, for its prediction."""
        if (wait := self.figures().pdf_median) is not None:
            self.stage.measured[self.stage.act.name] = wait
        self.stage.act, self.stage.opens_at = act, None
        self.presses, self._by_job, self._by_student = {}, {}, {}
        self.series.clear()

    def ask(self) -> None:
        """Ask the question of this act, or the same one again. Raises NotAllowed if it has none."""
        question = self.stage.act.question
        if question is None:
            raise NotAllowed("This act has no question.")
        if self.poll and self.poll.question is question:
            self.poll.ask_again()
        else:
            self.poll = Poll(question, self.poll.number + 1 if self.poll else 1)

    async def close(self) -> None:
        """End the class and forget it."""
        self.stage.opens_at = None
        for task in self._sending.values():
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self._gateway.close()

    @property
    def is_open(self) -> bool:
        """Whether the buttons of the phones are awake."""
        return self.stage.opens_at is not None and self.clock() >= self.stage.opens_at

    def size(self) -> float:
        """Return the size of a document now: in a small class each takes longer, up to the largest."""
        seconds = self.stage.work * _FULL_CLASS / max(1, min(len(self.students.all()), _FULL_CLASS))
        return min(1.0, min(seconds, max(_MOST_WORK, self.stage.work)) / self.options.largest)

    def _begin(self, student: Student, key: str) -> Press:
        if not self.is_open:
            raise NotAllowed("The button sleeps until your teacher wakes it.")
        now = self.clock()
        outstanding = sum(press.state(now) in OPEN for press in self.presses_of(student))
        student.allow_press(now, outstanding=outstanding)
        press = self.presses[key] = Press(key, student.number, self.stage.endpoint, now)
        self._by_student.setdefault(student.number, []).append(press)
        sending = self._gateway.send(
            press, document_for(student.name, self.size()), patience=self.options.patience
        )
        task = self._sending[key] = asyncio.create_task(sending)
        task.add_done_callback(lambda _: self._sending.pop(key, None))
        return press
