"""The control room in front of a real system: driven by clicks, started again, stopped under its feet."""

import gc
import html
import os
import time
import urllib.request
import weakref

import pytest
from conftest import children_of, eventually

from pdflab.charts.comparison import comparison_figure
from pdflab.errors import UsageError
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.notebook.control_room import ControlRoom
from pdflab.notebook.parts.part import Part
from pdflab.notebook.parts.texts import LogPart, PreviewPart


def text_of(room: ControlRoom, kind: type[Part]) -> str:
    [text] = [part.box.value for part in room.parts if isinstance(part, kind)]
    return str(text)


def test_a_lab_in_threads_is_driven_by_clicks() -> None:
    """From the buttons to the comparison, with a real system inside this process."""
    with Lab(workers=2, mode="threads") as lab:
        room = ControlRoom(lab, lines=5, month_seconds=3.0)
        assert b"<title>pdflab</title>" in follow(room.address.value)
        room.buttons["batch"].click()
        assert room.wait(60) == "the queue accepted all 20: yes"
        title = comparison_figure(room.run("queued"), room.run("synchronous")).get_suptitle()
        assert title == "The queue accepted all 20; the synchronous endpoint was not tried"
        assert "newest PDF" in text_of(room, PreviewPart)
        assert "COMPLETED" in text_of(room, LogPart)
        assert follow(text_of(room, PreviewPart)).startswith(b"%PDF-")

        room.endpoint.value = "synchronous"
        room.buttons["invoice"].click()
        room.buttons["month-end"].click()
        assert room.wait(60).startswith("the synchronous endpoint answered all ")
        assert len(room.run("queued").sends) == 20
        assert len(room.run("synchronous").sends) > 1

    eventually(lambda: "The lab has stopped" in room.status.value, seconds=5)
    assert len(room.run("synchronous").sends) > 1


def follow(shown: str) -> bytes:
    """Open the link in a part of the panel, as a browser that has never been here."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(html.unescape(shown.partition('href="')[2].partition('"')[0]), timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("mode", ["threads", "processes"])
def test_a_lab_that_is_stopped_by_its_button_goes_on(mode: str) -> None:
    """With what waited in its queue; the links of before the stop still work."""
    with Lab(workers=1, mode=mode) as lab:
        room = ControlRoom(lab, lines=5)
        room.buttons["invoice"].click()
        room.wait(60)
        preview = text_of(room, PreviewPart)
        send_request(lab.url, "/queue/pause", method="POST", token=lab.token)
        room.buttons["batch"].click()
        eventually(lambda: lab.stats().queued > 1, seconds=20)
        accepted = 1 + lab.stats().queued

        for _ in range(2):
            room.buttons["power"].click()
            room.await_tasks(time.monotonic() + 60)
        send_request(lab.url, "/queue/resume", method="POST", token=lab.token)
        room.wait(60)

        assert (lab.stats().completed, len(lab.sends())) == (accepted, accepted)
        assert follow(preview).startswith(b"%PDF-")
        assert not room.buttons["burst"].disabled


def test_a_lab_starts_again_empty() -> None:
    """The same lab goes on under the same name: a notebook's next cell finds it running."""
    with Lab(workers=1, mode="threads", preset="teaching") as lab:
        room = ControlRoom(lab, lines=5)
        room.buttons["batch"].click()
        room.buttons["reset"].click()
        room.wait(60)
        assert (lab.events(), lab.sends(), lab.stats().completed) == ([], [], 0)

        room.buttons["invoice"].click()
        assert room.wait(60) == "the queue accepted it: yes"
        assert (lab.mode, lab.settings.lease) == ("threads", 3.0)


def test_a_dead_worker_is_seen_at_once_and_its_job_comes_back() -> None:
    """Long before its lease expires, the room says so; in the end every job has its ending."""
    with Lab(workers=2, preset="teaching") as lab:
        room = ControlRoom(lab)
        room.buttons["batch"].click()
        eventually(lambda: lab.stats().processing == 2, seconds=30)
        room.buttons["kill"].click()
        eventually(lambda: "and its job stays in its box" in room.hint.value, seconds=10)

        assert room.wait(120) == "the queue accepted all 50: yes"
        assert lab.stats().completed == 50
        assert "a new one starts" in room.status.value


@pytest.mark.slow
def test_waiting_is_seen_within_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the instant at which the first client of a synchronous burst wants its PDF; the best of three."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    with Lab(workers=2) as lab:
        room = ControlRoom(lab, lines=50)
        pictures: list[float] = []
        room.picture.observe(lambda change: pictures.append(time.time()), "value")
        room.endpoint.value = "synchronous"
        delays = []
        for _ in range(3):
            pictures.clear()
            room.buttons["burst"].click()
            room.wait(60)
            due = lab.loads()[-2].instants[0]
            delays.append(min(at for at in pictures if at > due) - due)
        room.close()

    assert min(delays) < 0.5


def test_a_lab_that_is_forgotten_stops_although_its_room_is_kept() -> None:
    """IPython keeps what a cell has shown: the room may live on, the processes may not."""
    lab = Lab(workers=1, mode="threads")
    lab.start()
    room, gone = ControlRoom(lab, lines=5), weakref.ref(lab)
    room.buttons["batch"].click()
    room.wait(60)

    del lab
    gc.collect()

    eventually(lambda: gone() is None and "The lab has stopped" in room.status.value, seconds=20)


def test_a_lab_that_is_stopped_while_it_starts_again_stays_stopped() -> None:
    """Whichever comes first: in the end nothing runs, and the room says so."""
    before = children_of(os.getpid())
    lab = Lab(workers=1)
    lab.start()
    room = ControlRoom(lab, lines=5)
    room.buttons["burst"].click()
    room.buttons["reset"].click()
    eventually(lambda: "starts again" in room.hint.value, seconds=10)

    lab.stop()

    eventually(lambda: "stopped" in room.status.value, seconds=10)
    eventually(lambda: children_of(os.getpid()).keys() <= before.keys(), seconds=10)
    with pytest.raises(UsageError):
        lab.start()
    room.close()


def test_a_room_may_be_made_anew_while_the_lab_starts_again() -> None:
    """The cell is run again at once: the new room waits for the old one's order, and works."""
    with Lab(workers=1, mode="threads") as lab:
        ControlRoom(lab, lines=5).buttons["reset"].click()

        room = ControlRoom(lab, lines=5)
        room.buttons["invoice"].click()

        assert room.wait(60) == "the queue accepted it: yes"
