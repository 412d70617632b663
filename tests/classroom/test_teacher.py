"""The teacher's controls, on a lab that only notes its calls."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pdflab.classroom.press import Press
from pdflab.classroom.script import ACTS, CONTROLS
from pdflab.classroom.state import COUNTDOWN, ClassState, Options
from pdflab.classroom.students import NotAllowed
from pdflab.classroom.teacher import Teacher
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobEvent, JobState


class FakeLab:
    """A lab that notes each change, and fails where a test wants it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.settings, self.worker, self.fails = SimpleNamespace(workers=2), "reliable", False

    def process_names(self) -> list[str]:
        return ["recorder", "api", "worker-1", "worker-2"]

    def __getattr__(self, name: str) -> Callable[..., None]:
        def change(*values: Any) -> None:
            if self.fails:
                raise UsageError("This lab is not running; start it.")
            self.done.append((name, *values))
            self.worker = values[0] if name == "set_worker_type" else self.worker

        return change


class Room(ClassState):
    """A class whose lab is cleared in no time, at an instant that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        super().__init__(Options(), lambda: self.now)
        self.lab = FakeLab()
        self.clearing: Callable[[], Awaitable[None]] = self._clear_at_once

    async def _clear_at_once(self) -> None:
        self.lab.done.append(("clear", None))

    async def clear_lab(self) -> None:
        await self.clearing()


def made() -> tuple[Room, Teacher, list[str]]:
    room, ended = Room(), []
    return room, Teacher(room, end=lambda: ended.append("end")), ended  # type: ignore[arg-type]


def do(teacher: Teacher, *presses: tuple[str, Any] | str) -> None:
    async def all_of_them() -> None:
        for press in presses:
            await teacher.do(*((press,) if isinstance(press, str) else press))

    asyncio.run(all_of_them())


def test_every_control_does_something() -> None:
    """Each button of the script, with each of its values; an end ends the class."""
    room, teacher, ended = made()
    do(teacher, ("act", "queued"), "ask")
    for control in CONTROLS:
        for value in control.values or [None]:
            if control.name != "act":
                do(teacher, ("act", "queued"), "ask", (control.name, value))

    assert ended == ["end"]
    assert {name for name, *_ in room.lab.done} >= {"clear", "scale", "set_queue_limit", "kill", "freeze"}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_an_act_begins_closed_with_its_own_settings(act: Any) -> None:
    """Whatever was set before."""
    room, teacher, _ = made()
    do(teacher, ("limit", 50), ("worker_type", "naive"), ("retries", True), "go")
    assert (room.stage.worker_type, room.stage.limit) == ("naive", 50)

    do(teacher, ("act", act.name))

    stage = room.stage
    assert (stage.act, stage.opens_at, stage.limit) == (act, None, act.settings["limit"])
    wanted = act.settings["endpoint"], act.settings["worker_type"], False
    assert (stage.endpoint, stage.worker_type, stage.retries) == wanted


def test_a_second_go_is_another_round() -> None:
    """Its figures are its own; the act and its question stay, and the record knows."""
    room, teacher, _ = made()
    do(teacher, ("act", "queued"), "ask", "go")
    room.note_press(Press("1-a", 1, Endpoint.QUEUED, 0.0))

    do(teacher, "go")

    assert (room.presses, room.stage.act.name) == ({}, "queued")
    assert room.poll is not None
    assert [change["control"] for change in teacher.changes] == ["act", "ask", "go", "round", "go"]


def test_go_wakes_the_buttons_after_a_countdown() -> None:
    """For all phones at once; close puts them to sleep."""
    room, teacher, _ = made()
    do(teacher, "go")
    assert (room.is_open, room.stage.opens_at) == (False, 100.0 + COUNTDOWN)
    room.now += COUNTDOWN
    assert room.is_open

    do(teacher, "close")
    assert not room.is_open


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", True),
        ("workers", 1.5),
        ("limit", False),
        ("names", 1),
        ("names", None),
        ("act", "x"),
        ("work", {}),
    ],
)
def test_a_value_that_a_control_has_not_is_refused(name: str, value: Any) -> None:
    """True is no 1; nothing is noted, and nothing is changed."""
    room, teacher, _ = made()

    with pytest.raises(NotAllowed, match="is one of"):
        do(teacher, (name, value))
    assert (teacher.changes, room.lab.done) == ([], [])


def test_a_value_is_noted_as_the_control_has_it() -> None:
    """A browser writes 1.0 as 1; a button without values has none, whatever is sent."""
    _, teacher, _ = made()
    do(teacher, ("workers", 1.0), ("reset", "storm"), ("endpoint", "queued"))

    noted = [(change["control"], change["value"]) for change in teacher.changes]
    assert noted == [("workers", 1), ("reset", None), ("endpoint", Endpoint.QUEUED)]
    assert isinstance(noted[0][1], int)


def test_what_was_refused_is_not_recorded() -> None:
    """A replay would stumble over it."""
    _, teacher, _ = made()
    for press in ("show", ("nonsense", 1)):
        with pytest.raises(NotAllowed):
            do(teacher, press)
    do(teacher, ("act", "synchronous"))
    with pytest.raises(NotAllowed, match="no question"):
        do(teacher, "ask")

    assert [change["control"] for change in teacher.changes] == ["act"]


def test_an_act_is_noted_when_it_begins() -> None:
    """Until the lab is cleared, the last act is shown; a replay changes at the same instant."""
    room, teacher, _ = made()

    async def slowly() -> None:
        room.now += 2.5

    room.clearing = slowly
    do(teacher, ("act", "storm"), "reset")

    assert [change["at"] for change in teacher.changes] == [102.5, 105.0]


def test_a_reset_forgets_presses_and_the_question_and_no_phone() -> None:
    """The act stays, with its settings."""
    room, teacher, _ = made()
    room.students.join(room.students.code, "Ada", now=0.0)
    do(teacher, ("act", "limit"), "ask")
    room.note_press(Press("1-a", 1, Endpoint.QUEUED, 1.0))
    do(teacher, "reset")

    assert (room.stage.act.name, room.stage.limit, room.poll, room.presses) == ("limit", 20, None, {})
    assert len(room.students.all()) == 1


def test_two_clicks_are_done_one_after_the_other() -> None:
    """The second act waits until the first one is set up, and so does Go; a vote does not."""
    room, teacher, _ = made()

    async def clicks() -> None:
        gate = asyncio.Event()
        room.clearing = gate.wait  # type: ignore[assignment]
        first = asyncio.create_task(teacher.do("act", "limit"))
        second = asyncio.create_task(teacher.do("act", "queued"))
        go = asyncio.create_task(teacher.do("go"))
        await asyncio.sleep(0)
        await teacher.do("names", False)
        assert (room.stage.names, go.done()) == (False, False)
        gate.set()
        await asyncio.gather(first, second, go)

    asyncio.run(clicks())
    assert (room.stage.act.name, room.stage.limit, room.stage.opens_at) == ("queued", 0, 103.0)
    assert [change["control"] for change in teacher.changes] == ["names", "act", "act", "go"]
    assert room.lab.done == [("set_queue_limit", 20), ("set_queue_limit", 10_000)]


def test_a_kill_hits_a_worker_that_renders() -> None:
    """To kill an idle one shows nothing."""
    room, teacher, _ = made()
    do(teacher, "kill")
    press = Press("1-a", 1, Endpoint.QUEUED, 1.0, "a" * 32, 2.0, 202)
    press.events.append(
        JobEvent("a" * 32, JobState.PROCESSING, 3.0, "report", worker="naive:worker-2@host:7:ab")
    )
    room.note_press(press)
    do(teacher, "kill")

    assert room.lab.done == [("kill", "worker-1"), ("kill", "worker-2")]
    assert room.stage.status == "worker-2 was killed (SIGKILL)."


def test_what_the_lab_refuses_is_said_and_not_set() -> None:
    """One sentence, for the one who pressed and on the teacher's page."""
    room, teacher, _ = made()
    room.lab.fails = True
    for name, value in [
        ("limit", 5),
        ("worker_type", "naive"),
        ("workers", 4),
        ("freeze", None),
        ("kill", None),
    ]:
        with pytest.raises(NotAllowed, match="not running"):
            do(teacher, (name, value))

    assert room.stage.status == "This lab is not running; start it."
    assert (room.stage.limit, room.stage.worker_type, teacher.changes) == (0, "reliable", [])
