"""What the projector is sent beside the state of each press."""

from staged_class import WORKER, StagedClass, event

from pdflab.classroom.press import TIMED_OUT
from pdflab.classroom.web.views import screen_view
from pdflab.jobs import Endpoint, JobState


def test_a_queued_dot_has_its_place() -> None:
    """The next one is 1, and what came back from a dead worker goes before the others."""
    room = StagedClass(phones=3)
    room.act("queued", Endpoint.QUEUED)
    for student, number in ((1, 8), (2, 7)):
        room.press(student, event(JobState.QUEUED, number=number), answered_at=0.0, status=202)
    back = room.press(3, event(JobState.QUEUED, number=9), answered_at=0.0, status=202)
    assert [dot["place"] for dot in screen_view(room)["dots"]] == [2, 1, 3]

    back.events[-1] = event(JobState.QUEUED, number=9, attempt=1)

    assert [dot["place"] for dot in screen_view(room)["dots"]] == [3, 2, 1]


def test_a_dot_says_which_worker_has_it_and_whether_that_one_is_dead() -> None:
    """Also after its phone gave up, as long as it is rendered."""
    room = StagedClass(phones=1)
    room.act("synchronous", Endpoint.SYNCHRONOUS)
    press = room.press(1, event(JobState.PROCESSING), answered_at=0.0, error=TIMED_OUT)
    [dot] = screen_view(room)["dots"]
    assert (dot["state"], dot["worker"], dot["nobody"], "dead" in dot) == ("gave up", WORKER, True, False)

    room.dead = frozenset([WORKER])
    assert screen_view(room)["dots"][0]["dead"]
    press.events.append(event(JobState.COMPLETED))

    assert "worker" not in screen_view(room)["dots"][0]


def test_phones_are_dots_before_the_first_press() -> None:
    """With their names, unless names are hidden."""
    room = StagedClass(phones=1)
    assert screen_view(room)["joined"] == [{"id": "1", "name": "Ada 1"}]

    room.stage.names = False
    assert screen_view(room)["joined"] == [{"id": "1"}]
    room.press(1)

    assert screen_view(room)["joined"] == []


def test_the_workers_are_those_of_the_endpoint() -> None:
    """By name, with the process that a dot's worker names."""
    room = StagedClass()
    assert screen_view(room)["workers"] == {"sync-api-1": 201}

    room.stage.endpoint = Endpoint.QUEUED

    assert screen_view(room)["workers"] == {"worker-1": 101, "worker-2": 102}


def test_the_middle_wait_counts_those_who_have_no_pdf() -> None:
    """The median of those who have a PDF is shorter: it forgets who was not served."""
    room = StagedClass(phones=5)
    assert room.figures().middle is None
    room.press(1, answered_at=2.0, status=200)
    room.press(2, answered_at=4.0, status=200)
    late = room.press(3)
    room.now = 5.0
    assert (room.figures().middle, room.figures().pdf_median) == (4.0, 3.0)

    room.press(4)
    room.press(5, answered_at=4.5, error=TIMED_OUT)
    assert room.figures().middle is None  # two may still get theirs
    for press in (late, room.presses["4-k"]):
        press.answered_at, press.error = 4.9, TIMED_OUT

    assert (room.figures().middle, room.figures().without) == (None, 3)
