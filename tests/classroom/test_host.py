"""A room opens on one port and leaves nothing: no thread, no socket, no page that waits."""

import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from classroom_room import WORK, Phone, begin, opened_room, teacher_of
from conftest import eventually

from pdflab.classroom.host import ClassroomHost, lan_address
from pdflab.classroom.recording import Recording
from pdflab.classroom.script import ACTS
from pdflab.classroom.state import Options
from pdflab.classroom.students import NotAllowed
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.service.http.server import listen


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One worker."""
    with Lab(workers=1, preset="teaching") as lab:
        yield lab


def open_sockets() -> int:
    gc.collect()
    links = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            continue
    return sum(link.startswith(("socket:", "anon_inode:[eventpoll]")) for link in links)


def is_free(host: ClassroomHost) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", host._port)) != 0


def test_a_room_that_ends_leaves_nothing(lab: Lab) -> None:
    """Neither threads nor sockets, though phones wait and pages are open; a second stop does nothing."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    with opened_room(lab) as host:
        phone = Phone(host.site.url).join(host.code)
        begin(host, Endpoint.SYNCHRONOUS)
        with phone.live() as messages, ThreadPoolExecutor(1) as pool:
            next(messages)
            freezing = threading.Thread(target=lab.freeze, args=(3.0, "sync-api-1"))
            freezing.start()
            eventually(lambda: bool(lab.frozen()), seconds=15)
            pressing = pool.submit(phone.press)
            eventually(lambda: len(host.room.presses) == 1, seconds=3)
            host.stop()
            assert [*messages][-1] == {}
            assert isinstance(pressing.exception(), OSError)
            freezing.join()
    host.stop()

    eventually(lambda: set(threading.enumerate()) <= threads, seconds=5)
    assert (open_sockets(), is_free(host), host.room.students.all()) == (sockets, True, ())


@pytest.mark.parametrize("way", ["end control", "minutes", "stop"])
def test_every_end_says_so_on_the_live_pages(lab: Lab, way: str) -> None:
    """On those of the phones and the screens, before the connection closes."""
    with opened_room(lab, minutes=0.03 if way == "minutes" else 5) as host:
        phone, teacher = Phone(host.site.url).join(host.code), teacher_of(host)
        with phone.live() as on_phone, teacher.live("/api/screen") as on_screen:
            next(on_phone), next(on_screen)
            if way == "stop":
                host.stop()
            elif way == "end control":
                assert teacher.post("/api/control", name="end").status == 200
            assert ([*on_phone][-1], [*on_screen][-1]) == ({}, {})
        host.wait()

    assert host.is_over
    assert is_free(host)


def test_a_taken_port_costs_one_sentence_and_nothing_else(lab: Lab) -> None:
    """Neither a thread nor a socket of ours is left; with a free port it opens."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    with closing(listen("127.0.0.1", 0, setting="--port")) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is taken; choose another one with --port"):
            ClassroomHost(lab, at=("127.0.0.1", port)).start()

    assert (set(threading.enumerate()), open_sockets()) == (threads, sockets)


def test_a_room_that_cannot_open_leaves_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails: its error is that of the start, and the port is free again."""

    def fail() -> float:
        raise UsageError("No document can be drawn.")

    monkeypatch.setattr("pdflab.classroom.host.seconds_of_largest", fail)
    threads, sockets = set(threading.enumerate()), open_sockets()
    host = ClassroomHost(lab, at=("127.0.0.1", 0))

    with pytest.raises(UsageError, match="No document can be drawn"):
        host.start()
    assert (set(threading.enumerate()), open_sockets(), is_free(host)) == (threads, sockets, True)


def test_an_interrupt_while_a_room_opens_closes_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during the measurement: no room is left open behind a prompt."""
    monkeypatch.setattr("pdflab.classroom.host.seconds_of_largest", lambda: time.sleep(0.3) or 1.0)
    host = ClassroomHost(lab, at=("127.0.0.1", 0))
    monkeypatch.setattr(host, "_ready", Interrupted())

    with pytest.raises(KeyboardInterrupt):
        host.start()
    assert (host._thread.is_alive(), is_free(host)) == (False, True)


class Interrupted(threading.Event):
    """Somebody presses Ctrl-C while it is waited for."""

    def wait(self, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt


def test_a_lab_that_does_not_run_opens_no_room() -> None:
    """It says how to start it."""
    lab = Lab(workers=1)
    with pytest.raises(UsageError, match="not running; start it"):
        ClassroomHost(lab, at=("127.0.0.1", 0)).start()
    lab.stop()


def test_a_control_after_the_end_is_refused(lab: Lab) -> None:
    """At once, and with a sentence; one that the end interrupts, too."""
    with opened_room(lab) as host, ThreadPoolExecutor(1) as pool:
        freezing = pool.submit(host.control, "freeze")
        eventually(lambda: bool(lab.frozen()), seconds=15)
        host.stop()
        with pytest.raises(NotAllowed, match="The class is over"):
            freezing.result(10)

    with pytest.raises(NotAllowed, match="The class is over"):
        host.control("go")
    assert lab.frozen() == frozenset()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"minutes": 0}, "up to 600 minutes"),
        ({"minutes": float("nan")}, "up to 600 minutes"),
        ({"speed": 61}, "60 times"),
        ({"url": "example.org"}, "--url must begin with http"),
        ({"url": "javascript:alert(1)"}, "--url must begin with http"),
        ({"url": "https://"}, "--url must begin with http"),
        ({"at": ("127.0.0.1", 65_536)}, "A port is between"),
        ({"at": ("127.0.0.1", -1)}, "A port is between"),
    ],
)
def test_an_impossible_value_is_refused_in_a_sentence(lab: Lab, how: dict[str, object], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(UsageError, match=said):
        ClassroomHost(lab, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"phones": 0}, {"phones": 501}, {"patience": float("nan")}, {"work": 0}])
def test_an_impossible_option_is_refused_in_a_sentence(options: dict[str, float]) -> None:
    """None can be set by an accident of typing."""
    with pytest.raises(UsageError, match=r"\.$"):
        Options(**options)  # type: ignore[arg-type]


def test_the_address_is_one_that_phones_reach(lab: Lab) -> None:
    """Behind a tunnel it is the tunnel's; one of the sixth version of IP stands in brackets."""
    assert lan_address("10.1.2.3") == "10.1.2.3"
    assert lan_address("0.0.0.0").count(".") == 3
    with opened_room(lab, url="https://class.example.org/x/") as host:
        assert host.join_url == f"https://class.example.org/x/?code={host.code}"
        assert host.teacher_url.startswith("https://class.example.org/x/teacher?token=")
        assert host.local_url.startswith("http://127.0.0.1:")


def test_a_room_on_an_address_of_the_sixth_version(lab: Lab) -> None:
    """Its addresses are addresses."""
    with ClassroomHost(load_nothing(), at=("::1", 0)) as host:
        assert host.local_url == f"http://[::1]:{host._port}/" == host.site.url
        connection = socket.create_connection(("::1", host._port))
        connection.close()


def load_nothing() -> Recording:
    """A class in which nothing happened, an hour long."""
    return Recording({}, (), (), (), Options(), 1_000.0, 4_600.0)


def test_a_recorded_class_can_be_seen_and_not_changed() -> None:
    """The projector works; phones read that it is a recording."""
    with ClassroomHost(load_nothing(), at=("127.0.0.1", 0)) as host:
        phone, teacher = Phone(host.site.url), teacher_of(host)
        with teacher.live("/api/screen") as messages:
            assert next(messages)["act"]["name"] == ACTS[0].name
        answers = [phone.post("/api/join", code=host.code, name=""), teacher.post("/api/control", name="go")]
        with pytest.raises(NotAllowed, match="is a recording"):
            host.control("go")

    assert [answer.status for answer in answers] == [401, 400]
    assert {answer.data["detail"] for answer in answers} == {
        "This class is a recording: nobody can join it, and nothing can be changed."
    }


def test_a_class_is_saved_with_what_was_still_waiting(lab: Lab, tmp_path: Path) -> None:
    """And is replayed from its folder."""
    with opened_room(lab, save_to=tmp_path, options=Options(work=WORK)) as host:
        phone = Phone(host.site.url).join(host.code, "Grace")
        begin(host, Endpoint.QUEUED)
        assert phone.press().status == 202
        eventually(lambda: host.room.figures().in_time == 1, seconds=20)
        began = host.room.began_at
    recording = Recording.load(tmp_path)

    assert (recording.began_at, len(recording.runs[Endpoint.QUEUED].sends)) == (began, 1)
    assert [change.control for change in recording.changes] == ["reset", "endpoint", "go"]
    assert "Grace" not in "".join(path.read_text() for path in tmp_path.iterdir())
    with ClassroomHost(recording, at=("127.0.0.1", 0), speed=60) as replay:
        replay.wait()
        assert replay.room.figures().in_time == 1


def test_a_class_that_cannot_be_saved_ends_all_the_same(lab: Lab, tmp_path: Path) -> None:
    """Its pages say so, and the stop says why."""
    (tmp_path / "file").write_text("")
    with opened_room(lab, save_to=tmp_path / "file") as host:
        phone = Phone(host.site.url).join(host.code)
        with phone.live() as messages:
            next(messages)
            host.control("end")
            assert [*messages][-1] == {}

        with pytest.raises(OSError, match="file"):
            host.stop()
    assert is_free(host)


def test_a_damaged_log_is_a_sentence_and_no_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The teacher reads it; the phones go on."""
    with opened_room(lab) as host:
        monkeypatch.setattr(host.room, "_feed", Damaged())
        eventually(lambda: host.room.stage.status == "jobs.log is damaged.", seconds=5)
        assert Phone(host.site.url).join(host.code).view()["name"] == "Ada"
        assert not host.is_over


class Damaged:
    """A feed that cannot be read."""

    def read(self) -> list[object]:
        raise UsageError("jobs.log is damaged.")
