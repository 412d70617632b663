"""The runs of a lesson: pressed one after another, each kept under its name."""

from collections.abc import Iterator
from functools import partial

import pytest
from fake_lab import FakeLab
from made_up import queued

from pdflab.errors import LoadFailed
from pdflab.notebook.parts.runs import RunPart
from pdflab.notebook.room import Room


def fail(lab: object) -> None:
    raise LoadFailed("The generator failed.")


@pytest.fixture
def room() -> Iterator[Room]:
    runs = {"seven": ("Seven", lambda lab: queued(7)), "none": ("None", fail)}
    lab = FakeLab()
    room = Room(lab, partial(RunPart, runs=runs))  # type: ignore[arg-type]
    yield room
    room.close()


def test_a_press_makes_a_run_and_says_what_came_of_it(room: Room) -> None:
    """The lesson's next cell draws it."""
    part = room.parts[0]
    assert isinstance(part, RunPart)

    room.buttons["seven"].click()
    room.wait()

    assert len(part.runs["seven"].sends) == 7
    assert "Seven: 7 PDFs of 7 requests" in part.progress.value
    assert not room.is_busy("seven")


def test_a_run_that_failed_is_said_and_not_kept(room: Room) -> None:
    """The next press may succeed."""
    part = room.parts[0]
    assert isinstance(part, RunPart)

    room.buttons["none"].click()
    with pytest.raises(LoadFailed):
        room.wait()

    assert "The generator failed." in room.status.value
    assert not part.runs


def test_a_lab_that_starts_again_has_no_runs(room: Room) -> None:
    """Its jobs are gone."""
    part = room.parts[0]
    assert isinstance(part, RunPart)
    room.buttons["seven"].click()
    room.wait()

    part.begin()

    assert not part.runs
