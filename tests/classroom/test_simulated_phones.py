"""Simulated phones rehearse a class, and test the promise: what was accepted ends, whatever is killed."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import quantiles

import pytest
from classroom_room import WORK, begin, opened_room
from conftest import eventually

from pdflab.audit import audit
from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.press import PressState
from pdflab.classroom.simulated_phones import Phone, run_phones
from pdflab.classroom.state import Options
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.lab import Lab


@contextmanager
def taking_part(host: ClassroomHost, count: int) -> Iterator[list[Phone]]:
    """Let phones take part in a thread; the list is filled when the class is over."""
    seen: list[Phone] = []
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, run_phones(host.local_url, host.code, count))
        eventually(lambda: len(host.room.students.all()) == count, seconds=30)
        try:
            yield seen
        finally:
            host.stop()
            seen += running.result(30)


def presses_of(phones: Sequence[Phone], status: int) -> list[float]:
    """Return how long each answer with a status took."""
    answered = [press for phone in phones for press in phone.presses if press.status == status]
    return [press.answered_at - press.sent_at for press in answered if press.answered_at]


def test_phones_play_the_acts_as_a_class_would() -> None:
    """They join, predict, press at both endpoints, vote, and go when the class is over."""
    teaching = Lab(workers=1, preset="teaching")
    with teaching as lab, opened_room(lab) as host, taking_part(host, 3) as phones:
        host.control("ask")
        eventually(lambda: len(host.room.poll.answers) == 3, seconds=20)
        for endpoint in Endpoint:
            begin(host, endpoint)
            eventually(lambda: host.room.figures().states[PressState.DONE] >= 3, seconds=40)

    assert len(phones) == 3
    assert all(phone.over and phone.messages for phone in phones)
    assert (len(presses_of(phones, 200)) >= 3, len(presses_of(phones, 202)) >= 3) == (True, True)


@pytest.mark.parametrize("code", ["right", "wrong"])
def test_phones_end_with_their_room(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that could not join, and those whose room went without a word."""
    monkeypatch.setattr("pdflab.classroom.simulated_phones._RECONNECT", 0.01)
    with Lab(workers=1, preset="teaching") as lab, opened_room(lab) as host:
        if code == "right":
            host.stop()
        phones = asyncio.run(asyncio.wait_for(run_phones(host.local_url, code, 2), 30))

    assert len(phones) == 2
    assert [press for phone in phones for press in phone.presses] == []


def test_there_is_at_least_one_phone() -> None:
    """None is a typing error."""
    with pytest.raises(UsageError, match="1 simulated phone or more"):
        asyncio.run(run_phones("http://127.0.0.1:9/", "CODE", 0))


@pytest.mark.slow
def test_what_forty_phones_were_promised_in_a_minute_of_kills_is_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every 202 is done or failed in the end, and the audit is clean."""
    with Lab(workers=2, preset="teaching") as lab:
        options = Options(work=WORK, phones=40)
        with opened_room(lab, options=options) as host, taking_part(host, 40) as phones:
            accepted = play_for_a_minute(host)
        lab.wait()
        ended = {event.job_id for event in lab.events() if event.state.is_ending}
        lab.halt()
        audited = audit(lab.settings)

    took = presses_of(phones, 202)
    p99 = 1_000 * quantiles(took, n=100)[-1]
    with capsys.disabled():
        sys.stdout.write(f"\n{len(took)} answers 202, p99 {p99:.0f} ms\n")
    assert len(phones) == 40
    assert len(took) >= 40
    assert accepted - ended == set()
    assert audited.clean, audited.text


def play_for_a_minute(host: ClassroomHost) -> set[str | None]:
    """Press, and kill a worker, again and again; return the ids of all accepted jobs."""
    accepted: set[str | None] = set()
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        host.control("act", "kill")
        host.control("go")
        for _ in range(2):
            time.sleep(2)
            host.control("kill")
        time.sleep(3)
        accepted |= {press.job_id for press in host.room.presses.values() if press.status == 202}
    return accepted
