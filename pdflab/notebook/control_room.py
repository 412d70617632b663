"""The control room: the lab's six buttons, its workers, its two doors, and a live picture of both.

A button only puts a command on a queue, because JupyterLab runs callbacks on a thread of its own. One thread
runs the commands, one paints: two pictures a second while something happens, none when nothing does.

Read next: load/generator.py, where a pressed button becomes requests.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Condition, Event, Lock, Thread
from typing import Any

from matplotlib.figure import Figure

from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.lab import Lab
from pdflab.notebook.charts import comparison_figure
from pdflab.notebook.live_chart import LiveChart
from pdflab.notebook.panel import HEIGHT, WIDTH, Panel
from pdflab.run import QUEUED, SYNCHRONOUS, Events, Run, Send, Sends

_BREATH = 0.5  # seconds between two pictures
_AFTERGLOW = 3.0  # seconds that the picture still moves after the last news
_SEED = 1  # of every load: both doors get the same documents at the same instants


class ControlRoom:
    """The panel of a running lab: show it as the last line of a cell.

    Its loads ask for documents of so many `lines`, so that two workers are busy for seconds; its month
    lasts `month_seconds`. Raises UsageError when the lab does not run. Where nobody watches, under pytest or
    with PDFLAB_HEADLESS, only `wait` paints.
    """

    def __init__(self, lab: Lab, *, lines: int = 400, month_seconds: float = 20.0) -> None:
        _close_earlier(lab)
        self._lab, self._redis = lab, lab.redis
        load = {"lines": lines, "seed": _SEED}
        self._loads: dict[str, dict[str, Any]] = {
            "batch": load | {"n": 50},
            "burst": load | {"n": 100},
            "month-end": load | {"seconds": month_seconds},
        }
        self._watched = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        self._commands: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._pending, self._changed = 0, Condition()
        self._closing = Event()
        self._error: Exception | None = None
        self._began: dict[str, tuple[int, int]] = {}  # sends and events before the latest load at a door
        self._asked: dict[str, int] = {}  # sends before the first click at a door since the last wait
        self._chart, self._painting = LiveChart(width=WIDTH, height=HEIGHT), Lock()
        self._news: tuple[int, ...] = ()
        self._news_at = 0.0
        self._numbers = self._trouble = ""
        self.panel = Panel(workers=lab.settings.workers, press=self._press, scale=self._scale)
        self.custom, self.invoice, self.report = (
            self.panel.buttons[kind] for kind in ("custom", "invoice", "report")
        )
        self.batch, self.burst = self.panel.buttons["batch"], self.panel.buttons["burst"]
        self.month_end = self.panel.buttons["month-end"]
        self.door, self.workers = self.panel.door, self.panel.workers
        self._paint(self._look())
        self._threads = [_Painter(self), Thread(target=self._run_commands, name="control room", daemon=True)]
        for thread in self._threads:
            thread.start()

    def __repr__(self) -> str:
        return f"ControlRoom({self._lab!r})"

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every command was run and every job has ended; say what became of what was asked
        for since the last wait. Raises what went wrong in a command, and TimeoutError.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            if not self._changed.wait_for(lambda: not self._pending, timeout):
                raise TimeoutError(f"After {timeout:g} s {self._pending} commands were not run; wait again.")
        error, self._error = self._error, None
        if error:
            raise error
        self._lab.wait(max(0.0, deadline - time.monotonic()))
        self._paint(self._look())
        return self._verdicts()

    def run(self, door: str) -> Run:
        """Give what was seen at a door since its latest batch, burst or month, or since the beginning."""
        sends, events = self._began.get(door, (0, 0))
        seen = self._events(door)[events:]
        sent = Sends.of(_at(door, self._lab.sends()[sends:]))
        return Run(door, door, sends=sent, events=Events.of(seen))

    def figure(self, *, predicted: float | None = None) -> Figure:
        """Compare the latest load at each door; `predicted` is when the last PDF was expected, in seconds."""
        return comparison_figure(self.run(QUEUED), self.run(SYNCHRONOUS), predicted=predicted)

    def close(self) -> None:
        """End the threads; a second close does nothing. The lab goes on."""
        self._end("This control room is closed.")
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10.0)

    # A click, on whatever thread it arrives

    def _press(self, operation: str, door: str) -> None:
        self.panel.buttons[operation].disabled = True
        self._put(lambda: self._operate(operation, door))

    def _scale(self, workers: int) -> None:
        self._put(lambda: self._lab.scale(workers))

    def _put(self, command: Callable[[], object]) -> None:
        with self._changed:
            if self._closing.is_set():
                self._error = UsageError("This control room is closed; make a new one: ControlRoom(lab).")
                return
            self._pending += 1
            self._commands.put(command)
        self._say("")

    # The thread that runs the commands

    def _run_commands(self) -> None:
        for command in iter(self._commands.get, None):
            try:
                command()
            except Exception as error:
                self._fail(error)
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()

    def _operate(self, operation: str, door: str) -> None:
        try:
            sends = len(self._lab.sends())
            self._asked.setdefault(door, sends)
            if operation in self._loads:
                self._began[door] = sends, len(self._events(door))
            self.panel.hint(door)
            self._lab.operate(operation, door=door, **self._loads.get(operation, {}))
        finally:
            self.panel.buttons[operation].disabled = self._closing.is_set()

    # The thread that paints

    def paint_until_closed(self) -> None:
        """Paint while there is news; end with the room, or with the lab."""
        try:
            while not self._closing.wait(_BREATH):
                self._glance()
        except UsageError:
            self._end("The lab has stopped.")
        except Exception as error:
            self._fail(error)
            self._end(f"The picture broke: {error}")

    def _glance(self) -> None:
        try:
            look = self._look()
        except BrokerUnavailable as error:
            self._numbers, self._news = str(error), ()  # it may be back a moment later
            self._say(self._trouble)
            return
        now = time.monotonic()
        if look.news != self._news:
            self._news, self._news_at = look.news, now
        if self._watched and (look.busy or now - self._news_at < _AFTERGLOW):
            self._paint(look)

    def _look(self) -> "_Look":
        stats, synchronous = self._lab.stats(), self._lab.sync_events()
        made = sum(event.state is JobState.COMPLETED for event in synchronous)
        numbers = (
            f"queued {stats.queued:,} · processing {stats.processing:,} · completed {stats.completed:,} · "
            f"failed {stats.failed:,} · {stats.workers} workers · at the synchronous door {made:,} · "
            + self._redis
        )
        busy = stats.queued + stats.processing > 0
        return _Look(numbers, busy, stats.workers, self._lab.events(), synchronous, self._lab.sends())

    def _paint(self, look: "_Look") -> None:
        with self._painting:
            self._chart.update(
                time.time(), queued=look.events, synchronous=look.synchronous, sends=look.sends
            )
            self.panel.picture.value = self._chart.png()
            self._numbers = look.numbers
        self._say(self._trouble)

    # What they share

    def _say(self, trouble: str) -> None:
        self._trouble = trouble
        self.panel.say(self._numbers, trouble)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._say(str(error) or type(error).__name__)

    def _end(self, words: str) -> None:
        with self._changed:
            if self._closing.is_set():
                return
            self._closing.set()
            self._commands.put(None)
        self.panel.disable()
        self._say(words)

    def _events(self, door: str) -> list[JobEvent]:
        return self._lab.events() if door == QUEUED else self._lab.sync_events()

    def _verdicts(self) -> str:
        sends, asked = self._lab.sends(), self._asked
        self._asked = {}
        lines = (_verdict(door, _at(door, sends[before:])) for door, before in asked.items())
        return "\n".join(lines) or "nothing was asked for"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        words = f"The control room of {self._lab!r}: run the notebook to see and press its buttons."
        return {**self.panel.box._repr_mimebundle_(**options), "text/plain": words}


@dataclass(frozen=True, slots=True)
class _Look:
    """What there was to see at one instant."""

    numbers: str
    busy: bool
    workers: int
    events: Sequence[JobEvent]
    synchronous: Sequence[JobEvent]
    sends: Sequence[Send]

    @property
    def news(self) -> tuple[int, ...]:
        """What changes when anything has happened."""
        return len(self.events), len(self.synchronous), len(self.sends), self.workers


class _Painter(Thread):
    """The thread that paints, and by which a room is found again."""

    def __init__(self, room: ControlRoom) -> None:
        super().__init__(target=room.paint_until_closed, name="control room painter", daemon=True)
        self.room = room


def _close_earlier(lab: Lab) -> None:
    """Close the room that this lab has already: a cell that is run again must not paint twice."""
    for thread in threading.enumerate():
        if isinstance(thread, _Painter) and thread.room._lab is lab:
            thread.room.close()


def _at(door: str, sends: Sequence[Send]) -> list[Send]:
    return [send for send in sends if send.door == door]


def _verdict(door: str, sends: Sequence[Send]) -> str:
    accepted = sum(send.accepted for send in sends)
    did = "the queue accepted" if door == QUEUED else "the synchronous door answered"
    asked = f"all {len(sends):,}" if len(sends) > 1 else "it"
    return f"{did} {asked}: " + ("yes" if accepted == len(sends) else f"no, {accepted:,}")
