"""The clients of the loads that log into one folder: who waits, since when, and how the others fared."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pdflab.analysis.run import Send
from pdflab.jobs import Endpoint
from pdflab.load import client_watch
from pdflab.load.client_watch import ClientWatch
from pdflab.load.generator import Target
from pdflab.load.plan import burst, steady
from pdflab.load.send_log import LoadNote, SendLog
from pdflab.service.eventlog.reader import Tail
from pdflab.settings import Settings

TARGET = Target("http://127.0.0.1:1", Endpoint.SYNCHRONOUS, timeout=30.0)


@pytest.fixture
def log(settings: Settings) -> Iterator[SendLog]:
    """The log of a generator, which the test writes by hand."""
    settings.folder.mkdir(exist_ok=True)
    with closing(SendLog(settings, "load")) as log:
        yield log


@pytest.fixture
def watch(settings: Settings) -> ClientWatch:
    """What the API reads."""
    return ClientWatch(settings)


def begin(log: SendLog, settings: Settings, *, ago: float, **target: Any) -> list[float]:
    """Begin a burst of five, so many seconds ago, and return the instants of its clients."""
    log.begin(burst(5), TARGET, time.time() - ago)
    return Tail(settings.loads_file, LoadNote.from_json).read()[-1].instants


def answer(log: SendLog, at: float, *, status: int = 200, error: str | None = None) -> None:
    log(Send(Endpoint.SYNCHRONOUS, "custom", at, at, at + 0.1, status, error=error))


def test_clients_wait_from_their_planned_instants_on(
    log: SendLog, watch: ClientWatch, settings: Settings
) -> None:
    """Until they are answered: no endpoint knows of a request that it has not read yet."""
    before = watch.clients()["synchronous"]
    first, second, *_ = begin(log, settings, ago=5.0)
    all_wait = watch.clients()["synchronous"]
    answer(log, first)

    figures, [load] = watch.clients(), watch.running()

    assert (before["waiting"], before["longest"]) == (0, None)
    assert all_wait["waiting"] == 5
    assert figures["synchronous"]["waiting"] == load["waiting"] == 4
    assert figures["synchronous"]["longest"] == pytest.approx(time.time() - second, abs=2.0)
    assert figures["queued"]["waiting"] == 0
    assert (load["id"], load["documents"], load["due"]) == ("load", 5, 5)


def test_nobody_waits_who_is_still_to_come(log: SendLog, watch: ClientWatch) -> None:
    """Of a long load, few are due."""
    log.begin(steady(1.0, seconds=600.0), TARGET, time.time() - 20.0)

    [load] = watch.running()

    assert load["due"] == load["waiting"] == watch.clients()["synchronous"]["waiting"]
    assert 0 < watch.clients()["synchronous"]["waiting"] < 100


def test_the_outcomes_of_clients_are_apart(log: SendLog, watch: ClientWatch, settings: Settings) -> None:
    """To give up, to be refused and to meet an error are three things; to be stopped is none of them."""
    instants = begin(log, settings, ago=5.0)
    outcomes = [(0, "timeout"), (429, "refused"), (0, "connection"), (0, "cancelled"), (200, None)]
    for at, (status, error) in zip(instants, outcomes, strict=True):
        answer(log, at, status=status, error=error)

    found = watch.clients()["synchronous"]

    assert (found["waiting"], found["gave_up"], found["refused"], found["errors"]) == (0, 1, 1, 1)


@pytest.mark.parametrize("ending", ["it ends", "its clients have all given up"])
def test_a_load_that_is_over_is_not_listed(
    log: SendLog, watch: ClientWatch, settings: Settings, ending: str
) -> None:
    """Whoever was not answered does not wait any more, though a killed generator noted no end."""
    begin(log, settings, ago=5.0 if ending == "it ends" else 40.0)
    if ending == "it ends":
        assert len(watch.running()) == 1
        log.close()

    assert watch.running() == []
    assert watch.clients()["synchronous"]["waiting"] == 0


def test_while_a_long_log_is_read_nothing_is_claimed(
    log: SendLog, watch: ClientWatch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API that has just started reads it in pieces: answers that it has not read are not "waiting"."""
    line = len(Send(Endpoint.SYNCHRONOUS, "custom", 1.0, 1.0).to_json())
    monkeypatch.setattr(client_watch, "_MOST_READ", 4 * line)
    for at in begin(log, settings, ago=5.0):
        answer(log, at)

    looks = [watch.clients() for _ in range(5)]

    assert looks[0] == {}
    assert (looks[-1]["synchronous"]["waiting"], looks[-1]["synchronous"]["errors"]) == (0, 0)


def test_a_log_of_another_format_makes_clients_unknown(
    log: SendLog, watch: ClientWatch, settings: Settings
) -> None:
    """The page of the service is shown without them."""
    begin(log, settings, ago=5.0)
    settings.sends_file.write_text("something else\n")

    assert watch.clients() == {}
    assert [load["waiting"] for load in watch.running()] == [None]
