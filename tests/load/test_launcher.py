"""Loads in a thread or a process: how one is followed, ended, and what it leaves in the folder."""

import os
import signal
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from conftest import eventually
from foreign import Foreign, foreign_server

from pdflab.analysis.run import Send
from pdflab.errors import UsageError
from pdflab.load.generator import Target
from pdflab.load.launcher import LoadProcess, LoadThread, OperationStarter, read_plan
from pdflab.load.plan import burst, steady
from pdflab.load.send_log import LoadNote
from pdflab.service.eventlog.reader import Tail
from pdflab.service.http.server import keep_to_one_core, usable_cores
from pdflab.settings import Settings


def test_a_thread_of_load_logs_and_keeps_each_send(settings: Settings) -> None:
    """It runs until all is answered; then its log is whole and closed."""
    with foreign_server() as there:
        load = LoadThread(burst(5, seconds=0.1), Target(there.url), settings)
        load.start()
        load.wait()

    logged = [Send.from_json(line) for line in settings.sends_file.read_text().splitlines()]
    assert (load.poll(), len(load.sends), logged) == (0, 5, load.sends)
    assert len(settings.accepted_file.read_text().splitlines()) == 5


def test_a_thread_of_load_can_be_ended(settings: Settings) -> None:
    """It sends no more, long before the end of its plan."""
    with foreign_server() as there:
        load = LoadThread(steady(50.0, seconds=600.0), Target(there.url), settings)
        load.start()
        assert load.poll() is None

        load.terminate()

    assert load.poll() == 0
    assert len(load.sends) < 600


def test_a_thread_of_load_notes_its_end_itself(settings: Settings) -> None:
    """Nobody asks whether it still runs; its end is in the folder all the same."""
    with foreign_server() as there:
        load = LoadThread(burst(3, seconds=0.1), Target(there.url), settings)
        load.start()

        eventually(lambda: ends(settings) == 1, seconds=10)

    load.wait()
    assert (load.poll(), ends(settings)) == (0, 1)


@pytest.mark.parametrize("kind", [LoadThread, LoadProcess])
def test_a_load_that_is_ended_notes_what_it_cancelled(settings: Settings, kind: type[LoadThread]) -> None:
    """Whoever ends it does not wait for a server that answers nobody."""
    with foreign_server() as there:
        load = stalled(there, kind, settings)

        load.terminate()

        assert not there.gate.is_set()
    sends = [Send.from_json(line) for line in settings.sends_file.read_text().splitlines()]
    assert {send.error for send in sends} == {"cancelled"}
    assert (len(sends), ends(settings)) == (5, 1)


@pytest.mark.parametrize("ending", ["it is polled", "it is terminated", "its grace is over"])
def test_the_end_of_a_killed_generator_is_noted_once(settings: Settings, ending: str) -> None:
    """By whoever finds it dead, or has to kill it; its plan goes, too."""
    with foreign_server() as there:
        load = stalled(there, LoadProcess, settings)
        number = signal.SIGSTOP if ending == "its grace is over" else signal.SIGKILL
        os.kill(load._process.pid, number)
        if ending == "it is polled":
            eventually(lambda: load.poll() == -signal.SIGKILL, seconds=10)

        for _ in range(2):
            load.terminate()

    assert (load.poll(), ends(settings)) == (-signal.SIGKILL, 1)
    assert list(settings.folder.glob("plans/*")) == []


def test_a_plan_goes_when_its_load_has_ended(settings: Settings) -> None:
    """The log has it; a folder that is used for a week does not fill with files."""
    with foreign_server() as there:
        load = LoadProcess(burst(3, seconds=0.1), Target(there.url), settings)
        load.start()
        eventually(lambda: load.poll() == 0, seconds=20)

    assert list(settings.folder.glob("plans/*")) == []
    assert ends(settings) == 1


def stalled(there: Foreign, kind: type[LoadThread] | type[LoadProcess], settings: Settings) -> LoadProcess:
    """Return a load whose five clients wait for a server that answers nobody."""
    there.gate.clear()
    load = kind(burst(5, seconds=0.1), Target(there.url), settings)
    load.start()
    eventually(lambda: len(there.came_at) == 5, seconds=20)
    return load


def ends(settings: Settings) -> int:
    """Return how many ends of loads are noted."""
    return sum(note.plan is None for note in Tail(settings.loads_file, LoadNote.from_json).read())


@pytest.mark.parametrize("kind", [LoadThread, LoadProcess])
def test_an_operation_that_runs_can_be_ended(settings: Settings, kind: type[LoadThread]) -> None:
    """Long before its end; once its generator has begun, it is listed with what is due."""
    with foreign_server() as there:
        starter = OperationStarter(partial(kind, settings=settings), there.url, settings)
        started = starter.start("month-end", {"seconds": 600.0})
        eventually(lambda: bool(starter.running()), seconds=20)
        [running] = starter.running()

        assert starter.end(started["id"])

    assert running["documents"] == started["documents"] > running["due"]
    assert (running["id"], running["endpoint"], running["is_ours"]) == (started["id"], "queued", True)
    assert starter.running() == []
    assert not starter.end(started["id"])


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core is all there is")
def test_a_load_that_the_api_starts_may_use_all_cores(settings: Settings) -> None:
    """The API keeps itself to one core, and the load would take that from it."""
    found: list[set[int]] = []

    def start_as_the_api_does(url: str) -> None:
        cores = usable_cores()
        keep_to_one_core()
        load = LoadProcess(steady(1.0, seconds=600.0), Target(url), settings, cores=cores)
        load.start()
        found.append(os.sched_getaffinity(load._process.pid))
        load.terminate()

    with foreign_server() as there:
        thread = Thread(target=start_as_the_api_does, args=(there.url,))
        thread.start()
        thread.join()

    assert found == [os.sched_getaffinity(0)]


def test_a_file_without_a_plan_is_refused(tmp_path: Path) -> None:
    """What is no plan is named in one sentence."""
    (tmp_path / "plan.json").write_text("[1]")

    for name in ("plan.json", "missing.json"):
        with pytest.raises(UsageError, match=f"{name} does not hold a plan"):
            read_plan(tmp_path / name)
