"""One look at a lab: each renderer has the name of its process, whatever becomes of it."""

import os
import socket
import time

import pytest
from fake_lab import FakeLab

from pdflab.analysis.scene import Renderer, RendererState
from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.load.plan import burst
from pdflab.load.send_log import LoadNote
from pdflab.notebook.look import Looker

HOST = socket.gethostname()
ONE, TWO = f"{HOST}:9000003:aaaa", f"{HOST}:9000004:bbbb"  # as FakeLab numbers its processes


@pytest.fixture
def lab() -> FakeLab:
    lab = FakeLab()
    lab.living = [ONE, TWO]
    return lab


def seen(lab: FakeLab, looker: Looker | None = None) -> list[tuple[str, str]]:
    look = (looker or Looker()).look(lab)  # type: ignore[arg-type]
    return [(one.name, one.state) for one in look.scene[Endpoint.QUEUED].renderers]


def claims(lab: FakeLab, worker: str) -> None:
    lab.reported.append(JobEvent("j", JobState.PROCESSING, time.time(), "invoice", number=1, worker=worker))


def test_each_renderer_has_the_name_of_its_process(lab: FakeLab) -> None:
    """In a fixed order, at both endpoints; a worker of another machine by its host."""
    lab.living = ["elsewhere:77:cccc", TWO, ONE]
    claims(lab, TWO)

    look = Looker().look(lab)  # type: ignore[arg-type]

    rows = look.scene[Endpoint.QUEUED].renderers
    assert [one.name for one in rows] == ["worker-1", "worker-2", "elsewhere 77"]
    assert rows[1].state is RendererState.RENDERING
    servers = look.scene[Endpoint.SYNCHRONOUS].renderers
    assert servers == [Renderer("sync-api-1", RendererState.IDLE), Renderer("sync-api-2", RendererState.IDLE)]
    assert look.names[TWO] == "worker-2"


def test_a_killed_worker_keeps_its_name_and_its_successor_starts(lab: FakeLab) -> None:
    """The registry still has the dead one; its process does not run, and another has its name."""
    looker = Looker()
    claims(lab, ONE)
    assert seen(lab, looker) == [("worker-1", "rendering"), ("worker-2", "idle")]

    lab.names[2] = ""  # worker-1 has another process, which is not registered yet
    lab.names.append("worker-1")

    assert seen(lab, looker) == [("worker-1", "starts"), ("worker-2", "idle"), ("worker-1", "killed")]


def test_frozen_processes_are_named(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """While they are stopped, with or without a job."""
    monkeypatch.setattr(lab, "frozen", lambda: frozenset({"worker-1", "worker-2"}))
    claims(lab, ONE)

    assert seen(lab) == [("worker-1", "frozen"), ("worker-2", "frozen")]


def test_threads_have_their_names_in_their_ids(lab: FakeLab) -> None:
    """They share one process."""
    lab.mode = "threads"
    lab.living = [f"worker-2@{HOST}:{os.getpid()}:bbbb", f"worker-1@{HOST}:{os.getpid()}:aaaa"]

    assert seen(lab) == [("worker-1", "idle"), ("worker-2", "idle")]


def test_a_load_whose_generator_was_killed_is_over_in_the_end(lab: FakeLab) -> None:
    """It never noted its end; when its last client has given up for certain, nobody waits."""
    lab.noted.append(LoadNote("a", Endpoint.SYNCHRONOUS, time.time() - 100, burst(5), timeout=10.0))
    looker = Looker()
    looker.look(lab)  # type: ignore[arg-type]

    look = looker.look(lab)  # type: ignore[arg-type]

    assert (look.scene[Endpoint.SYNCHRONOUS].clients, look.plans, look.is_busy) == (0, [], False)


def test_a_redis_that_is_away_is_no_look(lab: FakeLab) -> None:
    """And nothing is forgotten meanwhile."""
    lab.trouble = BrokerUnavailable("gone")

    with pytest.raises(BrokerUnavailable):
        seen(lab)
