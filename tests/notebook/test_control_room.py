"""The control room: a click becomes a command, a command becomes load, and the picture follows."""

import threading
import time
from collections.abc import Callable, Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import eventually

from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.lab import Lab
from pdflab.notebook.control_room import ControlRoom
from pdflab.run import Send


class FakeLab:
    """What a control room asks of a lab, without a system behind it."""

    redis = "no Redis"

    def __init__(self) -> None:
        self.settings = SimpleNamespace(workers=2)
        self.operations: list[tuple[str, str, dict[str, Any]]] = []
        self.scaled: list[int] = []
        self.looks = 0
        self.told: list[JobEvent] = []
        self.asked: list[Send] = []
        self.trouble: Exception | None = None
        self.before_operating: Callable[[], object] = lambda: None

    def __repr__(self) -> str:
        return "FakeLab()"

    def operate(self, name: str, *, door: str, **parameters: Any) -> None:
        self.before_operating()
        self.operations.append((name, door, parameters))

    def scale(self, workers: int) -> None:
        self.scaled.append(workers)

    def wait(self, timeout: float) -> None: ...

    def stats(self) -> Any:
        self.looks += 1
        if self.trouble:
            raise self.trouble
        return SimpleNamespace(queued=0, processing=0, completed=0, failed=0, workers=2)

    def events(self) -> list[JobEvent]:
        return list(self.told)

    def sync_events(self) -> list[JobEvent]:
        return []

    def sends(self) -> list[Send]:
        return list(self.asked)


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def room(lab: FakeLab) -> Iterator[ControlRoom]:
    room = ControlRoom(lab)  # type: ignore[arg-type]
    yield room
    room.close()


@pytest.fixture
def watched(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlRoom]:
    """A room as a reader has it, that paints by itself."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    room = ControlRoom(lab)  # type: ignore[arg-type]
    yield room
    room.close()


def test_every_button_starts_its_operation_at_the_chosen_door(lab: FakeLab, room: ControlRoom) -> None:
    """Six buttons, six operations; the door is the one chosen at the click."""
    room.door.value = "synchronous"
    for button in (room.custom, room.invoice, room.report, room.batch, room.burst):
        button.click()
    room.door.value = "queued"
    room.month_end.click()
    room.wait()

    names = [name for name, _, _ in lab.operations]
    assert names == ["custom", "invoice", "report", "batch", "burst", "month-end"]
    assert [door for _, door, _ in lab.operations] == ["synchronous"] * 5 + ["queued"]
    assert [p.get("n") for _, _, p in lab.operations] == [None, None, None, 50, 100, None]


def test_both_doors_get_the_same_load(lab: FakeLab, room: ControlRoom) -> None:
    """The same seed and size: a comparison of doors compares nothing else."""
    for door in ("synchronous", "queued"):
        room.door.value = door
        room.burst.click()
    room.wait()

    (_, _, theirs), (_, _, ours) = lab.operations
    assert ours == theirs


def test_a_click_returns_at_once_and_its_button_rests_meanwhile(lab: FakeLab, room: ControlRoom) -> None:
    """The callback only notes a command: it may run on a thread that has to go on."""
    release = Event()
    lab.before_operating = lambda: release.wait(10)

    room.burst.click()

    assert room.burst.disabled
    assert not lab.operations
    release.set()
    room.wait()
    assert not room.burst.disabled


def test_wait_gives_up_on_a_command_that_does_not_end(lab: FakeLab, room: ControlRoom) -> None:
    """An unattended notebook ends with a sentence, not with a hang."""
    release = Event()
    lab.before_operating = lambda: release.wait(10)
    room.burst.click()

    with pytest.raises(TimeoutError, match="1 commands were not run"):
        room.wait(timeout=0.05)
    release.set()


def test_what_goes_wrong_is_shown_escaped_and_raised_by_wait(lab: FakeLab, room: ControlRoom) -> None:
    """A callback's exception would be seen by nobody."""

    def refuse() -> None:
        raise UsageError("no <room> & no Redis")

    lab.before_operating = refuse
    room.burst.click()
    eventually(lambda: "no &lt;room&gt; &amp; no Redis" in room.panel.status.value, seconds=5)

    with pytest.raises(UsageError, match="no <room>"):
        room.wait()
    lab.before_operating = lambda: None
    room.burst.click()
    room.wait()
    assert "&lt;room&gt;" not in room.panel.status.value


def test_the_slider_scales(lab: FakeLab, room: ControlRoom) -> None:
    """It is a command like the others."""
    room.workers.value = 4
    room.wait()

    assert lab.scaled == [4]


def test_the_verdict_is_about_what_was_clicked_since_the_last_wait(lab: FakeLab, room: ControlRoom) -> None:
    """A line that a notebook can compare: yes, or no with the number."""
    lab.asked.append(Send("queued", "invoice", 0.0, 0.0, 0.1, 202, "earlier"))
    accepted = [Send("queued", "invoice", 1.0, 1.0, 1.1, 202, str(i)) for i in range(3)]
    refused = Send("queued", "invoice", 1.0, 1.0, 1.1, 429, None, "refused")
    lab.before_operating = lambda: None

    room.burst.click()
    eventually(lambda: bool(lab.operations), seconds=5)
    lab.asked += accepted

    assert room.wait() == "the queue accepted all 3: yes"
    assert room.wait() == "nothing was asked for"
    room.burst.click()
    eventually(lambda: len(lab.operations) == 2, seconds=5)
    lab.asked += [*accepted, refused]
    assert room.wait() == "the queue accepted all 4: no, 3"


def test_a_run_begins_with_the_latest_load_at_its_door(lab: FakeLab, room: ControlRoom) -> None:
    """A comparison is of two loads, not of all that was clicked since breakfast; a single PDF is no load."""
    lab.asked.append(Send("queued", "invoice", 0.0, 0.0, 0.1, 202, "earlier"))
    lab.told.append(JobEvent("earlier", JobState.QUEUED, 0.05, "invoice", number=1))
    room.burst.click()
    room.wait()
    lab.asked.append(Send("queued", "invoice", 1.0, 1.0, 1.1, 202, "now"))
    lab.told.append(JobEvent("now", JobState.QUEUED, 1.05, "invoice", number=2))
    room.invoice.click()
    room.wait()

    run = room.run("queued")

    assert [send.job_id for send in run.sends] == [event.job_id for event in run.events] == ["now"]
    assert not room.run("synchronous").sends


def test_it_paints_while_there_is_news_and_rests_when_there_is_none(
    lab: FakeLab, watched: ControlRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet lab costs no picture; an event brings the picture back."""
    monkeypatch.setattr("pdflab.notebook.control_room._AFTERGLOW", 0.0)
    looks, quiet = lab.looks, watched.panel.picture.value
    eventually(lambda: lab.looks > looks + 2, seconds=5)
    assert watched.panel.picture.value is quiet

    lab.told.append(JobEvent("a", JobState.QUEUED, time.time(), "invoice", number=1))
    monkeypatch.setattr("pdflab.notebook.control_room._AFTERGLOW", 60.0)

    eventually(lambda: watched.panel.picture.value != quiet, seconds=5)


def test_unwatched_it_paints_only_when_one_waits(lab: FakeLab, room: ControlRoom) -> None:
    """Under nbval nobody sees the frames between, and their messages would drown the answer."""
    first, looks = room.panel.picture.value, lab.looks
    lab.told.append(JobEvent("a", JobState.QUEUED, time.time(), "invoice", number=1))
    eventually(lambda: lab.looks > looks + 2, seconds=5)
    assert room.panel.picture.value is first

    room.wait()

    assert room.panel.picture.value != first


def test_a_redis_that_is_away_is_told_and_comes_back(lab: FakeLab, watched: ControlRoom) -> None:
    """The lessons kill Redis on purpose; the room survives that."""
    lab.trouble = BrokerUnavailable("Redis does not answer.")
    eventually(lambda: "Redis does not answer" in watched.panel.status.value, seconds=5)

    lab.trouble = None

    eventually(lambda: "queued 0" in watched.panel.status.value, seconds=5)
    watched.wait()


def test_a_lab_that_stops_ends_the_room(lab: FakeLab, room: ControlRoom) -> None:
    """No thread is left, nothing can be pressed, and a late click says so."""
    lab.trouble = UsageError("The lab is not running.")
    eventually(lambda: "The lab has stopped" in room.panel.status.value, seconds=5)

    assert room.burst.disabled
    room.burst.click()
    with pytest.raises(UsageError, match="make a new one"):
        room.wait()


def test_a_picture_that_breaks_is_told_and_raised(lab: FakeLab, room: ControlRoom) -> None:
    """A thread that dies in silence would leave a picture that looks like a quiet system."""
    lab.trouble = ZeroDivisionError("a <bug>")
    eventually(lambda: "The picture broke: a &lt;bug&gt;" in room.panel.status.value, seconds=5)

    with pytest.raises(ZeroDivisionError):
        room.wait()


def test_closing_twice_is_closing_once(room: ControlRoom) -> None:
    """A reader may run a cell again."""
    room.close()
    room.close()

    assert "closed" in room.panel.status.value


def test_a_second_room_of_the_same_lab_closes_the_first(lab: FakeLab, room: ControlRoom) -> None:
    """A cell that is run again leaves one painter, not two."""
    second = ControlRoom(lab)  # type: ignore[arg-type]

    assert room.burst.disabled
    assert [t.name for t in threading.enumerate()].count("control room painter") == 1
    second.close()


def test_its_text_is_stable_and_short(room: ControlRoom) -> None:
    """nbval compares it, and a code host shows it instead of the widgets."""
    bundle = room._repr_mimebundle_()

    assert repr(room) == "ControlRoom(FakeLab())"
    assert bundle["text/plain"] == (
        "The control room of FakeLab(): run the notebook to see and press its buttons."
    )
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_picture_keeps_its_place(room: ControlRoom) -> None:
    """Fixed in pixels, so that the page never jumps."""
    layout = room.panel.picture.layout

    assert (layout.width, layout.height) == ("1000px", "310px")


def test_a_lab_in_threads_is_driven_by_clicks() -> None:
    """From the buttons to the comparison, with a real system inside this process."""
    with Lab(workers=2, mode="threads") as lab:
        room = ControlRoom(lab, lines=5, month_seconds=1.0)
        room.batch.click()
        assert room.wait(60) == "the queue accepted all 50: yes"
        assert room.figure().get_suptitle() == "The queue accepted all 50; the synchronous door was not tried"

        room.door.value = "synchronous"
        room.invoice.click()
        room.month_end.click()
        assert room.wait(60).startswith("the synchronous door answered all ")
        assert len(room.run("queued").sends) == 50
        assert len(room.run("synchronous").sends) > 1

    eventually(lambda: "The lab has stopped" in room.panel.status.value, seconds=5)
    assert room.figure().axes
