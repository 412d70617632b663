"""The log of loads: a reader knows each client's planned instant before it is answered."""

import os
import signal
from contextlib import closing
from pathlib import Path

from conftest import eventually

from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.plan import burst, steady
from pdflab.load.send_log import LoadNote, SendLog
from pdflab.service.eventlog.reader import Tail
from pdflab.settings import Settings


def notes(settings: Settings) -> list[LoadNote]:
    return Tail(settings.loads_file, LoadNote.from_json).read()


def test_a_load_is_noted_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    """With its plan, so that the planned instants are known to whoever reads it."""
    settings, plan = Settings(folder=tmp_path), burst(3, seed=7)
    target = Target("http://127.0.0.1:1", Endpoint.SYNCHRONOUS, timeout=9.0)

    with closing(SendLog(settings)) as log:
        log.begin(plan, target, 100.0)
        [begun] = notes(settings)

    assert (begun.endpoint, begun.plan, begun.over_at) == (Endpoint.SYNCHRONOUS, plan, 100.0 + 1.0 + 9.0)
    assert begun.instants == [100.0 + arrival.at for arrival in plan.arrivals()]
    [_, ended] = notes(settings)
    assert (ended.load, ended.plan, ended.instants) == (begun.load, None, [])


def test_a_mere_list_of_requests_is_no_load(tmp_path: Path) -> None:
    """A single document of the lab is sent and answered within one call."""
    with closing(SendLog(Settings(folder=tmp_path))) as log:
        log.begin([(0.0, "custom", {})], Target("http://127.0.0.1:1"), 100.0)

    assert notes(Settings(folder=tmp_path)) == []


def test_the_planned_instants_are_those_of_the_sends(tmp_path: Path) -> None:
    """To the last digit, in another process: a send and its planned instant can be matched."""
    with Lab(workers=1, folder=tmp_path, settings=Settings(port=0, sync_port=0)) as lab:
        lab.burst(20)
        lab.wait()
        eventually(lambda: len(lab.loads()) == 2, seconds=10)

        assert sorted(send.intended_at for send in lab.sends()) == sorted(lab.loads()[0].instants)


def test_a_running_load_can_be_stopped(tmp_path: Path) -> None:
    """Its end is noted, and most of it was never sent."""
    with Lab(workers=1, folder=tmp_path, settings=Settings(port=0, sync_port=0)) as lab:
        lab.month_end(60.0)
        eventually(lambda: bool(lab.loads()), seconds=20)

        lab.stop_loads()

        assert len(lab.loads()) == 2
        lab.wait()
        assert len(lab.sends()) < len(lab.loads()[0].instants)


def test_a_killed_generator_is_seen_without_waiting(tmp_path: Path) -> None:
    """Whoever reads the loads of a lab sees the end of one that was killed."""
    with Lab(workers=1, folder=tmp_path, settings=Settings(port=0, sync_port=0)) as lab:
        load = lab.send(steady(5.0, seconds=600.0), lab.target(Endpoint.QUEUED))
        eventually(lambda: bool(lab.loads()), seconds=20)

        os.kill(load._process.pid, signal.SIGKILL)

        eventually(lambda: len(lab.loads()) == 2, seconds=10)
