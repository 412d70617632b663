"""Loads in a thread or a process: how one is followed, ended, and what it leaves in the folder."""

import os
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from foreign import foreign_server

from pdflab.analysis.run import Send
from pdflab.errors import UsageError
from pdflab.load.generator import Target
from pdflab.load.launcher import LoadProcess, LoadThread, OperationStarter, read_plan
from pdflab.load.plan import burst, steady
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


@pytest.mark.parametrize("kind", [LoadThread, LoadProcess])
def test_an_operation_that_runs_can_be_ended(settings: Settings, kind: type[LoadThread]) -> None:
    """Long before its end; a thread also knows how much it has sent."""
    with foreign_server() as there:
        starter = OperationStarter(partial(kind, settings=settings), there.url)
        started = starter.start("month-end", {"seconds": 600.0})
        [running] = starter.running()

        assert starter.end(started["id"])

    assert running["documents"] == started["documents"] > 0
    assert (running["sent"] is None) == (kind is not LoadThread)
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
