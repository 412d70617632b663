"""The state of a class at present: who is there, what is set, what was pressed, which question is asked.

A running classroom changes it, and so does the replay of a recorded one; the same pages show both.

Read next: pdflab/classroom/classroom.py.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pdflab.classroom.press import OPEN, Figures, Press, figures
from pdflab.classroom.questions import Poll
from pdflab.classroom.script import ACTS, Act
from pdflab.classroom.students import NotAllowed, Student, Students, new_code
from pdflab.errors import require
from pdflab.jobs import Endpoint

COUNTDOWN = 3.0  # seconds between Go and the moment at which all buttons wake
_FULL_CLASS = 40  # phones for which a document takes as long as chosen; with more of them, less


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a class. `largest` is how many seconds the largest document takes on this machine."""

    phones: int = 200  # at most
    patience: float = 15.0  # seconds that a phone waits for an answer
    work: float = 0.5  # seconds that a document takes
    largest: float = 0.5

    def __post_init__(self) -> None:
        require(1 <= self.phones <= 500, "A classroom has room for 1 to 500 phones.")
        require(0 < self.patience <= 300, "A phone waits for more than 0 and up to 300 seconds.")
        require(0 < self.work <= 10, "A document takes more than 0 and up to 10 seconds.")


@dataclass(slots=True)
class Stage:
    """What is set at present. `opens_at` is when the buttons of the phones wake, None while they sleep."""

    act: Act = ACTS[0]
    endpoint: Endpoint = Endpoint.SYNCHRONOUS
    opens_at: float | None = None
    work: float = 0.5
    phones: int = 0  # that were connected at the last Go; before it, the present ones count
    worker_type: str = "reliable"
    limit: int = 0
    retries: bool = False
    names: bool = True
    status: str = ""  # what happened last, for the teacher
    measured: dict[str, Figures] = field(default_factory=dict)  # the figures of each act that was played


class ClassState:
    """The state of a class; `workers` is how many the lab has.

    `renderers` has the process id of each worker and server, by name, `dead` the ids of workers that died
    with a job; a recorded class knows neither.
    """

    workers = 2
    renderers: Mapping[str, int] = MappingProxyType({})
    dead: frozenset[str] = frozenset()
    is_over = False

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self.options, self.clock = options, clock
        self.students = Students(new_code(), limit=options.phones)
        self.stage = Stage(work=options.work)
        self.presses: dict[str, Press] = {}  # of the present act, by key
        self.polls: list[Poll] = []
        self.poll: Poll | None = None  # the last one, until the class begins again
        self.began_at = clock()
        self.series: deque[tuple[float, int, float, int]] = deque(maxlen=240)  # instant, depth, age, in time
        self.pressed_at: set[float] = set()  # the instants of all presses of the class
        self._by_student: dict[int, list[Press]] = {}

    def presses_of(self, student: Student) -> list[Press]:
        """Return a student's presses in this act, latest first."""
        return self._by_student.get(student.number, [])[::-1]

    @property
    def connected(self) -> int:
        """How many phones have the page open now."""
        return sum(student.streams > 0 for student in self.students.all())

    def note_series(self) -> None:
        """Add the present instant to the chart."""
        now, seen = self.clock(), self.figures()
        depth = sum(seen.states[state] for state in OPEN)
        self.series.append((now, depth, seen.longest, seen.in_time))

    def figures(self) -> Figures:
        """Return the figures of this act."""
        return figures(self.presses.values(), self.clock(), patience=self.options.patience)

    def note_press(self, press: Press) -> None:
        """Add a press to this act."""
        self.presses[press.key] = press
        self.pressed_at.add(press.at)
        self._by_student.setdefault(press.student, []).append(press)

    def begin_act(self, act: Act) -> None:
        """Begin an act, without a press; keep the figures of the one that ends, for its prediction."""
        if self.presses:
            self.stage.measured[self.stage.act.name] = self.figures()
        self.stage.act, self.stage.opens_at = act, None
        self.presses, self._by_student = {}, {}
        self.series.clear()

    def begin_again(self) -> None:
        """Begin this act again, without its presses and its question."""
        self.begin_act(self.stage.act)
        self.poll = None

    def ask(self) -> None:
        """Ask the question of this act, or the same one again. Raises NotAllowed if it has none."""
        question = self.stage.act.question
        if question is None:
            raise NotAllowed("This act has no question.")
        if self.poll and self.poll.question is question:
            self.poll.ask_again()
        else:
            self.poll = Poll(question, len(self.polls) + 1)
            self.polls.append(self.poll)

    @property
    def is_open(self) -> bool:
        """Whether the buttons of the phones are awake."""
        return self.stage.opens_at is not None and self.clock() >= self.stage.opens_at

    def size(self) -> float:
        """Return the size of a document now, as a share of the largest."""
        return self.document_seconds() / self.options.largest

    def document_seconds(self) -> float:
        """Return how long a document takes now, on an idle machine.

        One press of each is the same work in any class, as far as the service takes so large a document.
        """
        phones = self.stage.phones if self.stage.opens_at else self.connected
        seconds = self.stage.work * _FULL_CLASS / max(1, phones)
        return min(seconds, self.options.largest)
