"""What becomes of presses beside a real lab: waiting, leaving, refusing, killing, clearing, a lab away."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import pytest
from classroom_room import WORK, Phone, begin, opened_room
from conftest import eventually

from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.press import Press
from pdflab.classroom.state import Options
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobState
from pdflab.lab import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One worker, and one rendering server: what a press waits for is one other press."""
    with Lab(workers=1, preset="teaching") as lab:
        yield lab


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[ClassroomHost]:
    """A room with small documents, whose phones wait for ten seconds."""
    with opened_room(lab, options=Options(work=WORK)) as host:
        yield host


@contextmanager
def frozen(lab: Lab, name: str, seconds: float) -> Iterator[None]:
    """While a process of the lab stands still, what comes to it waits: the test needs no luck."""
    freezing = Thread(target=lab.freeze, args=(seconds, name))
    freezing.start()
    eventually(lambda: name in lab.frozen(), seconds=15)
    yield
    freezing.join()


def phones(host: ClassroomHost, count: int) -> list[Phone]:
    return [Phone(host.site.url).join(host.code) for _ in range(count)]


def press_all(those: list[Phone]) -> list[int]:
    """Press on all phones at once, and return the statuses of the answers."""
    with ThreadPoolExecutor(len(those)) as pool:
        return [answer.status for answer in pool.map(Phone.press, those)]


def states(host: ClassroomHost) -> dict[str, int]:
    seen = host.room.figures().states
    return {state: count for state, count in seen.items() if count}


def only_press(host: ClassroomHost) -> Press:
    [press] = host.room.presses.values()
    return press


def test_a_press_that_waits_too_long_is_given_up_and_rendered_for_nobody(
    host: ClassroomHost, lab: Lab
) -> None:
    """504, as from a proxy; the server goes on, and the phone has nothing of it."""
    begin(host, Endpoint.SYNCHRONOUS)
    with patience(host, 1.0), frozen(lab, "sync-api-1", 2.5):
        assert press_all(phones(host, 3)) == [504] * 3
        assert states(host) == {"gave up": 3}

    eventually(lambda: host.room.figures().for_nobody == 3, seconds=20)
    assert (host.room.figures().in_time, states(host)) == (0, {"gave up": 3})


@contextmanager
def patience(host: ClassroomHost, seconds: float) -> Iterator[None]:
    host.room.options = replace(host.room.options, patience=seconds)
    yield
    host.room.options = replace(host.room.options, patience=10.0)


def test_a_phone_that_leaves_is_counted_at_once(host: ClassroomHost, lab: Lab) -> None:
    """Its PDF is made all the same, for nobody."""
    begin(host, Endpoint.SYNCHRONOUS)
    [phone] = phones(host, 1)
    with frozen(lab, "sync-api-1", 2.0):
        phone.leave_at_once("left")
        eventually(lambda: states(host) == {"gave up": 1}, seconds=2)

    assert only_press(host).error == "left"
    eventually(lambda: host.room.figures().for_nobody == 1, seconds=20)


def test_a_phone_that_sends_a_press_again_has_not_left(host: ClassroomHost, lab: Lab) -> None:
    """Its first connection breaks while the second one waits: it gets its PDF."""
    begin(host, Endpoint.SYNCHRONOUS)
    [phone] = phones(host, 1)
    with ThreadPoolExecutor(1) as pool, frozen(lab, "sync-api-1", 3.0):
        with phone.open_press("again"):
            eventually(lambda: len(host.room.presses) == 1, seconds=2)
            second = pool.submit(phone.press, "again")
            eventually(lambda: sum(host.room._waiting.values()) == 2, seconds=2)
        eventually(lambda: sum(host.room._waiting.values()) == 1, seconds=2)

    assert (second.result().status, states(host)) == (200, {"done": 1})


def test_a_storm_of_reloads_renders_for_nobody(host: ClassroomHost, lab: Lab) -> None:
    """Each reload is a request more; those that left hold up no further press but by the rate."""
    begin(host, Endpoint.SYNCHRONOUS)
    crowd = phones(host, 4)
    with frozen(lab, "sync-api-1", 3.0):
        for number in range(2):
            for one in crowd:
                one.leave_at_once(f"r{number}")
        eventually(lambda: states(host) == {"gave up": 8}, seconds=3)

    eventually(lambda: host.room.figures().for_nobody == 8, seconds=30)


def test_a_place_in_the_queue_falls_until_the_pdf_is_there(host: ClassroomHost, lab: Lab) -> None:
    """And each phone sees its own."""
    begin(host, Endpoint.QUEUED)
    crowd = phones(host, 5)
    with frozen(lab, "worker-1", 5.0):
        assert [phone.press().status for phone in crowd] == [202] * 5
        eventually(lambda: (place_of(crowd[-1]) or 0) >= 4, seconds=4)  # the frozen worker may hold one

    with crowd[-1].live() as messages:
        shown = [next(messages)["presses"][0]]
        while shown[-1]["state"] != "done":
            shown.append(next(messages)["presses"][0])
    places = [press["place"] for press in shown if "place" in press]
    assert places == sorted(places, reverse=True)
    assert states(host) == {"done": 5}


def place_of(phone: Phone) -> int | None:
    [press] = phone.view()["presses"]
    place: int | None = press.get("place")
    return place


def test_five_outstanding_requests_are_enough(host: ClassroomHost, lab: Lab) -> None:
    """A sixth press of the same phone is refused while they wait, and no press."""
    begin(host, Endpoint.QUEUED)
    [phone] = phones(host, 1)
    with frozen(lab, "worker-1", 4.0):
        for _ in range(5):
            eventually(lambda: phone.press().status == 202, seconds=3)
        refused = phone.press()

    assert (refused.status, len(host.room.presses)) == (429, 5)
    assert "5 requests that are not answered" in refused.data["detail"]


def test_beyond_the_limit_a_press_is_refused_until_there_is_room(host: ClassroomHost, lab: Lab) -> None:
    """429 at once; later the same phone is accepted."""
    begin(host, Endpoint.QUEUED)
    host.control("limit", 5)
    crowd = phones(host, 8)
    with frozen(lab, "worker-1", 3.0):
        statuses = press_all(crowd)
        assert statuses.count(202) in (5, 6)  # the frozen worker may hold one
        assert states(host)["refused"] == statuses.count(429) == 8 - statuses.count(202)

    refused = crowd[statuses.index(429)]
    eventually(lambda: refused.press().status == 202, seconds=20)
    host.control("limit", 0)
    assert lab.settings.queue_limit == 10_000


def test_an_act_begins_with_an_empty_lab(host: ClassroomHost, lab: Lab) -> None:
    """What was queued is cancelled, what waited inside the synchronous endpoint is dropped."""
    begin(host, Endpoint.QUEUED)
    with frozen(lab, "worker-1", 2.0):
        press_all(phones(host, 6))
        host.control("act", "synchronous")
        assert (lab.stats().queued, len(host.room.presses)) == (0, 0)

    host.control("go")
    with ThreadPoolExecutor(6) as pool, frozen(lab, "sync-api-1", 5.0):
        pressing = [pool.submit(phone.press) for phone in phones(host, 6)]
        eventually(lambda: len(host.room.presses) == 6, seconds=3)
        begun = lab.events(Endpoint.SYNCHRONOUS)
        host.control("act", "queued")
        assert [one.result().status for one in pressing] == [502] * 6

    assert lab.events(Endpoint.SYNCHRONOUS) == begun
    assert (host.room.stage.endpoint, states(host)) == (Endpoint.QUEUED, {})


def test_clicks_of_two_teachers_are_done_one_after_the_other(host: ClassroomHost, lab: Lab) -> None:
    """The last act has its own settings, and nothing of the other one."""
    host.control("act", "queued")
    with ThreadPoolExecutor(3) as pool:
        clicks = [pool.submit(host.control, "act", name) for name in ("limit", "kill", "limit")]
        [click.result() for click in clicks]
    act = host.room.stage.act

    assert host.room.stage.limit == act.settings["limit"]
    assert lab.settings.queue_limit == (act.settings["limit"] or 10_000)
    host.control("act", "queued")
    assert (host.room.stage.limit, lab.settings.queue_limit) == (0, 10_000)


def test_the_job_of_a_killed_worker_comes_back(host: ClassroomHost, lab: Lab) -> None:
    """When its lease has run out, another worker renders it."""
    kill_at_work(host, lab)

    eventually(lambda: states(host) == {"done": _PRESSES}, seconds=60)
    claims = [event for press in host.room.presses.values() for event in press.events]
    assert [event.state for event in claims].count(JobState.PROCESSING) == _PRESSES + 1


@pytest.mark.slow
def test_the_job_of_a_killed_naive_worker_stays_where_it_is(host: ClassroomHost, lab: Lab) -> None:
    """Rendering, it seems, for ever; the next type of workers finds it again."""
    host.control("worker_type", "naive")
    kill_at_work(host, lab)
    eventually(lambda: states(host).get("done") == _PRESSES - 1, seconds=60)
    time.sleep(lab.settings.lease + 1)

    assert states(host) == {"done": _PRESSES - 1, "rendering": 1}
    assert host.room.stage.worker_type == "naive"
    host.control("worker_type", "reliable")
    eventually(lambda: states(host) == {"done": _PRESSES}, seconds=30)


_PRESSES = 4  # so many that the worker is at work when it is killed


def kill_at_work(host: ClassroomHost, lab: Lab) -> None:
    """Let some phones press, and kill the worker while it renders one of their documents."""
    begin(host, Endpoint.QUEUED)
    host.room.stage.work = 40.0
    worker = lab.pids()["worker-1"]
    press_all(phones(host, _PRESSES))
    eventually(lambda: "rendering" in states(host), seconds=20)
    host.control("kill")
    host.room.stage.work = WORK
    eventually(lambda: lab.pids()["worker-1"] != worker, seconds=10)


def test_frozen_workers_work_again(host: ClassroomHost) -> None:
    """The teacher reads both, and the buttons stay as they are."""
    begin(host, Endpoint.QUEUED)
    freezing = Thread(target=host.control, args=("freeze",))
    freezing.start()
    eventually(lambda: "stand still" in host.room.stage.status, seconds=5)
    host.control("names", False)
    assert freezing.is_alive()
    freezing.join()

    assert host.room.stage.status == "The workers work again."
    host.control("names", True)


def test_without_redis_a_press_is_refused_and_later_accepted(host: ClassroomHost, lab: Lab) -> None:
    """The phones go on; nothing of the room breaks."""
    begin(host, Endpoint.QUEUED)
    [phone] = phones(host, 1)
    process = lab.broker.process
    assert process
    process.kill()
    process.wait()
    away = phone.press()

    assert away.status in (202, 503)
    time.sleep(1.1)
    eventually(lambda: phone.press().status == 202, seconds=20)
    assert phone.view()["button"] == "open"


def test_a_lab_that_stops_leaves_the_room_with_a_sentence() -> None:
    """Phones see that their press failed, the teacher reads why; nobody waits for ever."""
    with Lab(workers=1, preset="teaching") as lab, opened_room(lab) as host:
        [phone] = phones(host, 1)
        begin(host, Endpoint.QUEUED)
        lab.halt()
        answers = [phone.press()]
        host.room.stage.endpoint = Endpoint.SYNCHRONOUS
        answers.append(phone.press())

        assert [(answer.status, answer.data["state"]) for answer in answers] == [(502, "failed")] * 2
        with pytest.raises(UsageError, match="not running"):
            host.control("act", "limit")
        assert phone.view()["button"] in ("open", "closed")
        lab.start()
        begin(host, Endpoint.QUEUED)
        assert phone.press().status == 202


def test_a_port_of_the_lab_answers_no_phone(host: ClassroomHost, lab: Lab) -> None:
    """The room is on its own port, and the lab on this machine alone."""
    assert {lab.settings.host} == {"127.0.0.1"}
    with socket.create_connection(("127.0.0.1", int(host.local_url.rpartition(":")[2].strip("/")))) as sock:
        assert sock.getpeername()[1] not in {int(url.rpartition(":")[2]) for url in (lab.url, lab.sync_url)}
