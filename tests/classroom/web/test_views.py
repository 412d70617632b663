"""What phones and screens are sent: plain data, without what they may not know yet."""

import json
from types import SimpleNamespace
from typing import Any

from pdflab.classroom.gateway import QueueView
from pdflab.classroom.press import Press
from pdflab.classroom.script import ACTS, CONTROLS
from pdflab.classroom.state import ClassState, Options
from pdflab.classroom.web.views import dots, phone_view, screen_view, script_view
from pdflab.jobs import Endpoint, JobEvent, JobState


class Room(ClassState):
    """A class without a lab."""

    lab: Any = SimpleNamespace()

    def __init__(self) -> None:
        super().__init__(Options(), lambda: 100.0)
        self.queue = QueueView(0.5)

    def estimate(self, place: int | None) -> float | None:
        return None if place is None else place * 0.25


def pressed(room: Room, student: int, *states: JobState) -> Press:
    press = Press(f"{student}-a", student, Endpoint.QUEUED, 90.0, f"{student:032x}", 90.25, 202)
    press.events += [
        JobEvent(press.job_id or "", state, 91.0 + step, "report", worker="worker-1@host:7:ab")
        for step, state in enumerate(states)
    ]
    for event in press.events:
        room.queue.note(event)
    room.note_press(press)
    return press


def test_a_phone_sees_its_own_presses_with_their_place() -> None:
    """Durations, not instants: its clock may be wrong."""
    room = Room()
    ada, grace = (room.students.join(room.students.code, name, now=0.0) for name in ("Ada", "Grace"))
    pressed(room, ada.number, JobState.QUEUED)
    pressed(room, grace.number, JobState.QUEUED)

    view = phone_view(room, grace)  # type: ignore[arg-type]
    [press] = view["presses"]
    assert (view["name"], press["key"], press["state"], press["place"]) == ("Grace", "2-a", "queued", 2)
    assert (press["seconds"], press["estimate"], press["answer_ms"]) == (10.0, 0.5, 250)
    assert "Ada" not in json.dumps(view)


def test_nobody_sees_an_answer_before_the_result() -> None:
    """Neither the right one nor those of the others; a phone sees its own."""
    room = Room()
    ada = room.students.join(room.students.code, "Ada", now=0.0)
    room.begin_act(next(act for act in ACTS if act.name == "queued"))
    room.ask()
    assert room.poll is not None
    room.poll.answer(ada.number, "C")

    before = phone_view(room, ada)["question"], screen_view(room)["question"]  # type: ignore[arg-type]
    assert (before[0]["given"], before[1]["answers"]) == ("C", 1)
    assert [name for view in before for name in ("right", "counts", "values") if name in view] == []
    room.poll.is_shown = True
    after = screen_view(room)["question"]
    assert (after["right"], after["counts"]) == ("B", {"A": 0, "B": 0, "C": 1})


def test_names_stand_on_the_projector_while_the_teacher_wants_them() -> None:
    """Without them, a dot is a number."""
    room = Room()
    room.students.join(room.students.code, "Ada", now=0.0)
    pressed(room, 1, JobState.QUEUED, JobState.PROCESSING)

    [dot] = dots(room)
    assert (dot["name"], dot["state"]) == ("Ada", "rendering")
    assert dot["worker"].startswith("worker-1@")
    room.stage.names = False
    assert "Ada" not in json.dumps(screen_view(room))


def test_a_screen_and_a_script_are_plain_json() -> None:
    """Also of a class in which nothing has happened."""
    room = Room()
    room.note_series()
    script = json.loads(json.dumps(script_view(ACTS, CONTROLS)))

    assert json.loads(json.dumps(screen_view(room), allow_nan=False))["figures"]["presses"] == 0
    assert len(script["acts"]) == len(ACTS)
    assert [control["name"] for control in script["controls"]] == [control.name for control in CONTROLS]


def test_both_endpoints_are_compared_once_the_class_has_met_both() -> None:
    """The queue made no PDF sooner: that must be seen, not believed."""
    room, acts = Room(), {act.name: act for act in ACTS}
    room.begin_act(acts["synchronous"])
    pressed(room, 1, JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED)
    room.begin_act(acts["queued"])
    assert screen_view(room)["compared"] == []

    pressed(room, 1, JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED)

    compared = screen_view(room)["compared"]
    assert [one["title"] for one in compared] == ["Wait for the answer", "Take a number"]
    assert [(one["pdfs"], one["phones"]) for one in compared] == [(1, 1), (1, 1)]
    room.begin_act(acts["limit"])
    assert len(screen_view(room)["compared"]) == 2
