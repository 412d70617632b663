"""`pdflab bench queue` answers with the promised keys, and its numbers come from what was measured."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import needs

from pdflab.benchmarks import queue, turns
from pdflab.benchmarks.measuring import rounds_of
from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import JobState
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker
from pdflab.settings import Settings

PROMISED = {
    "efficiency",
    "ping_us",
    "overhead_pings",
    "empty_jobs_per_s",
    "two_workers",
    "batch_per_s",
    "start_ms",
    "worker_rss_mb",
    "round_trips_enqueue",
    "round_trips_busy",
}
BESIDE = {"two_bare", "per_s", "redis"}


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """One round of everything, and few jobs in it: too few to be a measurement, enough to be whole."""
    needs("redis-server", "redis-server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "JOBS_PER_WORKER", 4)
        return queue.measure(rounds=1)


@pytest.fixture(params=["embedded", "real"])
def apart(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Broker]:
    """A private Redis in a process of its own, of each kind."""
    if request.param == "embedded":
        monkeypatch.setenv("PATH", "")
    else:
        needs("redis-server", "redis-server")
    broker = private_broker(tmp_path / "redis")
    yield broker
    broker.stop()


def test_it_reports_exactly_the_promised_keys(figures: dict[str, Any]) -> None:
    """Scripts rely on them, and on the object being plain JSON."""
    reported = json.loads(json.dumps(figures))

    assert reported.keys() == PROMISED | BESIDE
    assert all(isinstance(reported[key], int | float) for key in PROMISED)


def test_every_figure_is_of_its_unit(figures: dict[str, Any]) -> None:
    """A mistake in a unit would be one of a thousand; how fast this machine is, is not asked."""
    assert 0 < figures["efficiency"] < 3
    assert 5 < figures["ping_us"] < 1e6
    assert 0.01 < figures["overhead_pings"] < 1_000
    assert 20 < figures["worker_rss_mb"] < 300
    assert -1_000 < figures["start_ms"] < 60_000
    assert figures["per_s"].keys() == {"bare", "worker", "process", "processes"}


def test_each_target_has_its_sentence(figures: dict[str, Any]) -> None:
    """A person reads what was measured beside what was aimed at."""
    shown = "\n".join(map(str, queue.explain(figures)))

    assert "(aim 88 %" in shown
    for target in ("at most 2)", "at least 1.8)", "at least 10,000)", "at most 5;", "aim 70)"):
        assert target in shown


def test_round_trips_are_one_and_one_on_either_redis(apart: Broker, settings: Settings) -> None:
    """Enqueueing thirty jobs is one, and one more job costs a busy worker one more."""
    assert turns.round_trips(apart, settings) == {"round_trips_enqueue": 1, "round_trips_busy": 1}


def test_ratios_compare_within_a_round() -> None:
    """Each round met one moment of the machine; over all of them, medians would mix up several."""
    rounds = [{"efficiency": bare / cycle, "ping_us": 499.7} for bare, cycle in ((10, 12), (3, 6), (4, 40))]

    assert turns.medians(rounds) == {"efficiency": 0.5, "ping_us": 500}


def test_rounds_end_when_they_take_too_long() -> None:
    """On a slow machine there are fewer of them, but never fewer than a median needs."""
    assert list(rounds_of(40, "slow", max_seconds=-1.0)) == [0, 1, 2]


def test_an_empty_job_is_neither_rendered_nor_stored(settings: Settings) -> None:
    """Its PDF is there already: the worker asks for nothing else."""
    queue = JobQueue(embedded_broker().client(), settings)
    queue.enqueue(turns.submissions("{}", 2))

    turns._worker(queue, turns.AllStored()).run_once(0.1)

    assert [job.result for job in queue.page(JobState.COMPLETED, 9).jobs] == [None, None]


def test_timed_work_counts_rendering_and_storing(settings: Settings) -> None:
    """One instant and one duration a document; what it renders is stored."""
    _, storage = turns.render_and_store(settings)
    work = turns.TimedWork(lambda job: Rendered(b"%PDF", 1), storage)

    turns.make(work.render, work, "{}")  # type: ignore[arg-type]

    assert (len(work.began), len(work.worked)) == (1, 1)
    assert [storage.read(job_id) for job_id in storage.list()] == [b"%PDF"]
