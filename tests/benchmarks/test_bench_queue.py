"""`pdflab bench queue` answers with the promised keys, and its numbers come from what was measured."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import needs

from pdflab.benchmarks import fleet, queue, turns, yardsticks
from pdflab.benchmarks.measuring import rounds_of
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.redis_server import Broker, private_broker
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
BESIDE = {
    "ping_hot_us",
    "overhead_us",
    "two_bare",
    "worker_rss_unicode_mb",
    "worker_start_s",
    "core_share",
    "per_s",
    "redis",
    "embedded",
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """One round of everything, and few jobs in it: too few to be a measurement, enough to be whole."""
    needs("redis-server", "redis-server")
    with pytest.MonkeyPatch.context() as patch:
        for module, name, few in (
            (fleet, "JOBS_PER_WORKER", 4),
            (fleet, "EMPTY_JOBS", 10),
            (fleet, "SCRIPTS", 6),
        ):
            patch.setattr(module, name, few)
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
    assert 20 < figures["worker_rss_mb"] <= figures["worker_rss_unicode_mb"] < 300
    assert 0.05 < figures["worker_start_s"] < 60
    assert -1_000 < figures["start_ms"] < 60_000
    assert 0 < figures["core_share"] < 1.5
    assert figures["per_s"]["invoice"].keys() == {"bare", "worker", "process", "processes"}
    assert figures["per_s"]["empty"].keys() == {"worker", "process", "processes"}


def test_each_target_has_its_sentence(figures: dict[str, Any]) -> None:
    """A person reads what was measured beside what was aimed at."""
    shown = "\n".join(map(str, queue.explain(figures)))

    assert "(aim 85 %" in shown
    for target in (
        "at most 2)",
        "at least 1.8)",
        "at least 10,000)",
        "at most 5;",
        "under 80)",
        "under 110)",
    ):
        assert target in shown


def test_a_busy_machine_is_reported(figures: dict[str, Any]) -> None:
    """Figures of a core that others used meanwhile are no figures of the queue."""
    sentences = list(queue.explain(figures | {"core_share": 0.5}))

    assert any("the bare loop had 50% of a core" in str(sentence) for sentence in sentences)


def test_round_trips_are_one_and_one_on_either_redis(apart: Broker, settings: Settings) -> None:
    """Enqueueing thirty jobs is one, and one more job costs a busy worker one more."""
    assert turns.round_trips(apart, settings) == {"round_trips_enqueue": 1, "round_trips_busy": 1}


def test_ratios_compare_within_a_round() -> None:
    """Each round met one moment of the machine; over all of them, medians would mix up several."""
    took = turns.Seconds(
        bare=10 * [10.0] + 10 * [3.0] + 10 * [4.0], cycle=10 * [12.0] + 10 * [6.0] + 10 * [40.0]
    )
    took.overhead, took.ping = 30 * [1.0], 30 * [0.5]
    took.hot, took.empty, took.batch, took.share = [0.1], [0.25], [0.0001], [1.0]

    figures = turns.figures_of(took)

    assert figures["efficiency"] == 0.5
    assert figures["overhead_pings"] == 2.0
    assert figures["ping_us"] == 500_000
    assert figures["empty_jobs_per_s"] == 4
    assert figures["batch_per_s"] == 10_000


def test_rounds_end_when_they_take_too_long() -> None:
    """On a slow machine there are fewer of them, but never fewer than a median needs."""
    assert list(rounds_of(40, "slow", max_seconds=-1.0)) == [0, 1, 2]


def test_the_yardsticks_worker_does_nothing_but_take_and_complete(tmp_path: Path) -> None:
    """What it renders is empty, and what it stores is never there."""
    job = Job("a", "invoice", JobState.PROCESSING, "{}", queued_at=0.0)
    storage = yardsticks.Nothing(tmp_path)
    storage.put("a", "token", b"%PDF")

    assert yardsticks.nothing(job).pdf == b""
    assert (storage.exists("a"), list(tmp_path.iterdir())) == (False, [])
