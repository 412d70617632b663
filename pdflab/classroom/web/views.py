"""What phones and screens are sent: the present state of a classroom as plain data.

Durations, not instants: the clock of a phone may be wrong.

Read next: pdflab/classroom/simulated_phones.py.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pdflab.classroom.classroom import Classroom
from pdflab.classroom.press import OPEN, Press, PressState
from pdflab.classroom.questions import Poll
from pdflab.classroom.script import ACTS, Act, Control
from pdflab.classroom.state import ClassState
from pdflab.classroom.students import Student
from pdflab.jobs import Endpoint, JobState

_SHOWN = 5  # presses on a phone
_COMPARED = ("synchronous", "queued")  # the acts in which all press once


def phone_view(room: Classroom, student: Student) -> dict[str, Any]:
    """Return what one phone shows."""
    stage, poll = room.stage, room.poll
    return {
        "name": student.name,
        "act": stage.act.title,
        "endpoint": stage.endpoint,
        "button": _button(room),
        "opens_in": _opens_in(room),
        "patience": room.options.patience,
        "retries": stage.retries,
        "presses": [press_view(room, press) for press in room.presses_of(student)[:_SHOWN]],
        "question": _question(room, poll) | {"given": poll.answers.get(student.number)} if poll else None,
    }


def screen_view(room: ClassState) -> dict[str, Any]:
    """Return what the projector shows, and what the teacher's page shows beside its controls."""
    stage, students, poll = room.stage, room.students.all(), room.poll
    return {
        "code": room.students.code,
        "phones": len(students),
        "connected": room.connected,
        "act": {
            "name": stage.act.name,
            "title": stage.act.title,
            "number": ACTS.index(stage.act) + 1,
            "of": len(ACTS),
            "minutes": stage.act.minutes,
            "say": stage.act.say,
            "has_go": stage.act.has_go,
            "question": bool(stage.act.question),
        },
        "button": _button(room),
        "opens_in": _opens_in(room),
        "joined": [] if room.presses else joined(room),
        "dots": dots(room),
        "workers": workers(room),
        "figures": asdict(room.figures()),
        "compared": _compared(room),
        "series": [[round(at - room.clock(), 2), *rest] for at, *rest in room.series],
        "question": _question(room, poll) | _answers(room, poll) if poll else None,
        "settings": {
            "act": stage.act.name,
            "endpoint": stage.endpoint,
            "work": stage.work,
            "document": round(room.document_seconds(), 2),
            "workers": room.workers,
            "worker_type": stage.worker_type,
            "limit": stage.limit,
            "retries": stage.retries,
            "names": stage.names,
            "patience": room.options.patience,
        },
        "status": stage.status,
        "elapsed": round(room.clock() - room.began_at),
    }


def dots(room: ClassState) -> list[dict[str, Any]]:
    """Return a dot for each press, in the order of the presses."""
    now, names = room.clock(), {student.number: student.name for student in room.students.all()}
    shown, places = [], _places(room, now)
    for press in room.presses.values():
        state, event = press.state(now), press.event(now)
        dot: dict[str, Any] = {"id": press.key, "state": state, "seconds": round(press.seconds(now), 1)}
        if room.stage.names:
            dot["name"] = names.get(press.student, "")
        if press.key in places:
            dot["place"] = places[press.key]
        if event and event.worker and event.state is JobState.PROCESSING:
            dot |= {"worker": event.worker} | ({"dead": True} if event.worker in room.dead else {})
        if press.is_for_nobody(now):
            dot["nobody"] = True
        shown.append(dot)
    return shown


def _places(room: ClassState, now: float) -> dict[str, int]:
    """Return the place of each press in the queue, 1 for the next one; what came back goes first."""
    queued = (press for press in room.presses.values() if press.state(now) is PressState.QUEUED)
    events = [(event, press.key) for press in queued if (event := press.event(now))]
    order = sorted((event.attempt == 0, event.number, key) for event, key in events)
    return {key: place for place, (_, _, key) in enumerate(order, start=1)}


def joined(room: ClassState) -> list[dict[str, Any]]:
    """Return a dot for each phone, before the first press of an act."""
    names = room.stage.names
    return [
        {"id": str(student.number)} | ({"name": student.name} if names else {})
        for student in room.students.all()
    ]


def workers(room: ClassState) -> dict[str, int]:
    """Return the process id of each worker, or server, of this act's endpoint, by name."""
    prefix = "sync-api-" if room.stage.endpoint == Endpoint.SYNCHRONOUS else "worker-"
    return {name: pid for name, pid in room.renderers.items() if name.startswith(prefix)}


def script_view(acts: Sequence[Act], controls: Sequence[Control]) -> dict[str, Any]:
    """Return the acts and the controls, from which the teacher's pages are built."""
    shown = ("name", "title", "minutes", "say", "has_go")
    scenes = [{field: getattr(act, field) for field in shown} for act in acts]
    return {"acts": scenes, "controls": [asdict(control) for control in controls]}


def press_view(room: Classroom, press: Press) -> dict[str, Any]:
    """Return what a phone shows of one press."""
    now = room.clock()
    state, place = press.state(now), room.queue.place(press.job_id)
    view: dict[str, Any] = {"key": press.key, "state": state, "seconds": round(press.seconds(now), 1)}
    view["endpoint"] = press.endpoint
    if press.endpoint == Endpoint.QUEUED and state in OPEN and place is not None:
        estimate = room.estimate(place)
        view |= {"place": place, "estimate": None if estimate is None else round(estimate, 1)}
    if press.answered_at is not None:
        view["answer_ms"] = round(1_000 * (press.answered_at - press.at))
        view |= {"status": press.status, "error": press.error}
    return view


def _button(room: ClassState) -> str:
    if room.stage.opens_at is None:
        return "closed"
    return "open" if room.is_open else "counting"


def _opens_in(room: ClassState) -> float | None:
    opens_at = room.stage.opens_at
    return None if opens_at is None or room.is_open else round(opens_at - room.clock(), 2)


def _question(room: ClassState, poll: Poll) -> dict[str, Any]:
    question = poll.question
    view = {
        "number": poll.number,
        "round": poll.round,
        "text": question.text,
        "options": list(question.options),
        "unit": question.unit,
        "low": question.low,
        "high": question.high,
        "shown": poll.is_shown,
    }
    return view | (
        {"right": question.right, "why": question.why} | _measured(room, poll) if poll.is_shown else {}
    )


def _answers(room: ClassState, poll: Poll) -> dict[str, Any]:
    """Return how many have answered; what they answered only once the result is shown."""
    view: dict[str, Any] = {
        "answers": len(poll.answers),
        "is_of_act": poll.question is room.stage.act.question,
    }
    if poll.is_shown:
        view |= {"counts": poll.counts(), "values": poll.values(), "earlier": poll.earlier}
    return view


def _compared(room: ClassState) -> list[dict[str, Any]]:
    """Return what the class has seen at each endpoint, once it has seen both: what the queue bought."""
    now = {room.stage.act.name: room.figures()} if room.presses else {}
    played = room.stage.measured | now
    acts = [act for act in ACTS if act.name in _COMPARED and act.name in played]
    if len(acts) < len(_COMPARED):
        return []
    seen = [(act, played[act.name]) for act in acts]
    return [
        {
            "title": act.title,
            "answer": figures.answer_median,
            "pdfs": figures.in_time + figures.late,
            "phones": figures.students,
            "last": figures.pdf_last,
        }
        for act, figures in seen
    ]


def _measured(room: ClassState, poll: Poll) -> dict[str, Any]:
    """Return the middle wait in the act that a question is about, and how many students had no PDF there."""
    act = poll.question.measured_by
    seen = room.figures() if act == room.stage.act.name else room.stage.measured.get(act)
    if seen is None:
        return {"measured": None, "without": 0, "pressed": 0}
    return {"measured": seen.middle, "without": seen.without, "pressed": seen.students}
