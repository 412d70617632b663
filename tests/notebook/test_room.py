"""A room of any parts: what a lesson puts together works, and what cannot be put together says so."""

import socket
import time
from collections.abc import Iterator

import pytest
from conftest import eventually
from fake_lab import FakeLab

from pdflab.analysis.run import Send
from pdflab.errors import StorageUnavailable, UsageError
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.notebook.control_room import ControlRoom
from pdflab.notebook.look import Looker
from pdflab.notebook.parts.attack import AttackPart
from pdflab.notebook.parts.faults import FaultPart
from pdflab.notebook.parts.load import LoadPart
from pdflab.notebook.parts.picture import PicturePart
from pdflab.notebook.parts.texts import PreviewPart
from pdflab.notebook.room import Room


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def room(lab: FakeLab) -> Iterator[Room]:
    """The parts of the docstring of pdflab/notebook/room.py."""
    room = Room(lab, PicturePart, LoadPart, FaultPart)  # type: ignore[arg-type]
    yield room
    room.close()


def test_parts_find_what_they_need_in_any_room(lab: FakeLab, room: Room) -> None:
    """A freeze is at the chosen endpoint."""
    room.choices["endpoint"].value = "synchronous"  # type: ignore[attr-defined]
    room.buttons["burst"].click()
    room.buttons["freeze"].click()
    room.wait()

    assert lab.operations[0][:2] == ("burst", "synchronous")
    assert lab.actions == [("freeze", 1.4, "sync-api-1", "sync-api-2")]
    assert "They go on" in room.hint.value


def test_a_room_without_a_choice_is_about_the_queue(lab: FakeLab) -> None:
    """A lesson may have faults alone."""
    room = Room(lab, FaultPart)  # type: ignore[arg-type]
    room.buttons["freeze"].click()
    room.wait()
    room.close()

    assert lab.actions == [("freeze", 1.4, "worker-1", "worker-2")]


def test_two_parts_may_not_have_a_control_of_one_name(lab: FakeLab) -> None:
    """One of the two could never be pressed by its name."""
    with pytest.raises(UsageError, match="Two parts of this room have a control"):
        Room(lab, FaultPart, AttackPart)  # type: ignore[arg-type]


def test_rooms_of_other_parts_stand_beside_each_other(lab: FakeLab, room: Room) -> None:
    """The same parts again close the earlier room; others do not."""
    beside = ControlRoom(lab, lines=50)  # type: ignore[arg-type]
    assert not room.buttons["burst"].disabled

    again = Room(lab, PicturePart, LoadPart, FaultPart)  # type: ignore[arg-type]

    assert room.buttons["burst"].disabled
    assert not beside.buttons["burst"].disabled
    beside.close()
    again.close()


def test_a_kill_of_an_idle_worker_claims_no_job_of_an_earlier_one(lab: FakeLab, room: Room) -> None:
    """A naive worker that died with a job keeps its place in the picture for ever."""
    claim = JobEvent("j", JobState.PROCESSING, time.time(), "invoice", number=1, worker="here:99:dead")
    lab.reported.append(claim)
    lab.worker = "naive"
    room.poller.refresh()

    room.buttons["kill"].click()
    room.wait()

    assert "was killed between two jobs" in room.hint.value


def test_an_idle_picture_shows_what_changes(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker more, a frozen one: nothing is sent, and it is seen."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr("pdflab.notebook.poller._QUIET_AFTER", 0.6)
    room = Room(lab, PicturePart)  # type: ignore[arg-type]
    time.sleep(1.5)  # until it rests
    shown = room.parts[0].box.value  # type: ignore[attr-defined]

    monkeypatch.setattr(lab, "frozen", lambda: frozenset({"sync-api-1"}))

    eventually(lambda: room.parts[0].box.value != shown, seconds=5)  # type: ignore[attr-defined]
    room.close()


def test_a_disk_that_is_away_hides_the_preview_alone(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson may break the storage on purpose."""

    def read(job_id: str) -> bytes:
        raise StorageUnavailable("no disk")

    monkeypatch.setattr(lab, "pdf", read)
    room = Room(lab, PreviewPart)  # type: ignore[arg-type]
    lab.reported.append(JobEvent("a", JobState.COMPLETED, time.time(), "invoice", number=1))

    room.wait()

    assert "broke" not in room.status.value
    room.close()


def test_a_lab_that_is_halted_during_a_look_does_not_end_the_room(lab: FakeLab, room: Room) -> None:
    """It may be started again."""
    lab.trouble = UsageError("This lab is not running.")
    lab.is_halted = True
    time.sleep(0.6)
    lab.trouble, lab.is_halted = None, False

    room.buttons["invoice"].click()
    room.wait()

    assert not room.buttons["invoice"].disabled


def test_a_room_that_ends_gives_the_notebook_back(room: Room) -> None:
    """On a projector it covers the notebook, and its switch is off from now on."""
    room.set_large(True)
    assert "pdflab-large" in room.box._dom_classes

    room.end("The lab has stopped.", None)

    assert "pdflab-large" not in room.box._dom_classes


def test_the_address_stays_in_sight(room: Room) -> None:
    """A click clears messages, and no link."""
    room.buttons["invoice"].click()
    room.wait()

    assert "http://127.0.0.1:1" in room.address.value


def test_a_kill_is_at_the_chosen_endpoint(lab: FakeLab, room: Room) -> None:
    """A synchronous server has no lease: its clients get an error."""
    room.choices["endpoint"].value = "synchronous"  # type: ignore[attr-defined]

    room.buttons["kill"].click()
    room.wait()

    assert lab.actions == [("kill", "sync-api-1")]
    assert "sync-api-1 was killed between two requests" in room.hint.value


def test_it_is_said_when_the_job_of_a_killed_worker_is_back(lab: FakeLab, room: Room) -> None:
    """A story has an end."""
    worker = f"{socket.gethostname()}:9000003:aaaa"
    lab.living = [worker]
    lab.reported.append(JobEvent("j", JobState.PROCESSING, time.time(), "invoice", number=1, worker=worker))
    room.poller.refresh()
    lab.before = lambda action: lab.names.__setitem__(2, "") if action == "kill" else None
    room.buttons["kill"].click()
    room.await_tasks(time.monotonic() + 10)
    assert "its job stays in its box" in room.hint.value

    lab.reported.append(JobEvent("j", JobState.QUEUED, time.time(), "invoice", number=2, attempt=1))

    eventually(lambda: "is back" in room.hint.value, seconds=5)


def test_an_empty_history_has_no_days(lab: FakeLab, room: Room) -> None:
    """Neither at first nor after a reset."""
    assert Looker().look(lab).month is None  # type: ignore[arg-type]


def test_the_clients_of_a_killed_server_are_counted_before_it_is_said(lab: FakeLab, room: Room) -> None:
    """It rendered when it was last seen; whether a client met an error is known only afterwards."""
    room.choices["endpoint"].value = "synchronous"  # type: ignore[attr-defined]
    error = Send(Endpoint.SYNCHRONOUS, "invoice", 1.0, 1.0, 1.1, 0, error="connection")
    lab.before = lambda action: lab.asked.append(error) if action == "kill" else None

    room.buttons["kill"].click()
    room.wait()

    assert "the clients that it served get an error" in room.hint.value


@pytest.mark.parametrize("begins_anew", [True, False])
def test_a_killed_workers_job_that_does_not_return_is_not_called_back(
    lab: FakeLab, room: Room, begins_anew: bool
) -> None:
    """A reset forgets it; a third crash ends it."""
    [faults] = [part for part in room.parts if isinstance(part, FaultPart)]
    faults._awaited = "j"
    if begins_anew:
        room.restart(lambda lab: None)
    else:
        lab.reported.append(JobEvent("j", JobState.FAILED, time.time(), "invoice", number=1))

    room.poller.refresh()
    time.sleep(0.6)

    assert "is back" not in room.hint.value
