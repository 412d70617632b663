"""Lesson 02's two APIs, killed: one answers first and loses what it had in memory, one stores first."""

import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from conftest import eventually

from pdflab.analysis.run import Run
from pdflab.charts.failures import lost_jobs
from pdflab.child_process import end, spawn
from pdflab.experiments import buffering_api
from pdflab.experiments.promises import promise_runs, unanswered
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.service.http.server import address, listen
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

Api = tuple[str, "Popen[bytes]"]


@pytest.mark.slow
def test_only_the_api_that_answers_first_breaks_promises() -> None:
    """Killed three times each; with rarer writes it loses more."""
    runs = promise_runs(never=60.0, later=0.5)
    with Lab(workers=2) as lab:
        never, later, first = (run(lab) for _, run in runs.values())

    assert [label for label, _ in runs.values()][1:] == ["202 first, store later", "Store first, then 202"]
    assert lost_jobs(first) == 0 < lost_jobs(later) < lost_jobs(never) < accepted(never)
    assert all(accepted(run) + unanswered(run) == len(run.sends) for run in (never, later, first))
    assert accepted(first) > len(first.sends) / 2


def accepted(run: Run) -> int:
    return int(run.sends.accepted.sum())


@pytest.fixture
def api(real_redis: Broker, tmp_path: Path) -> Iterator[Api]:
    """One that writes once an hour: its address, and its process."""
    real_redis.client().flushall()
    sock = listen("127.0.0.1", 0, setting="port")
    words = [buffering_api.__name__, str(sock.fileno()), str(real_redis.url), "3600"]
    process = spawn(words, tmp_path / "api.log", sock=sock)
    yield address(sock), process
    end(process, seconds=0)
    sock.close()


@pytest.mark.parametrize(("number", "kept"), [(signal.SIGTERM, 1), (signal.SIGKILL, 0)])
def test_what_was_accepted_is_kept_if_the_process_ends_in_peace(
    api: Api, real_redis: Broker, number: int, kept: int
) -> None:
    """A 202 at once, and nothing in Redis. SIGKILL lets no last write happen."""
    url, process = api
    queue = RedisMonitor(real_redis.client(), Settings())

    answer = send_request(url, "/generate-pdf", method="POST", body={"type": "custom", "title": "A"})
    before = queue.stats().queued
    process.send_signal(number)
    eventually(lambda: process.poll() is not None, seconds=30)

    assert (answer.status, before, queue.stats().queued) == (202, 0, kept)
    assert [job.job_id for job in queue.all_jobs()] == [answer.json()["job_id"]] * kept
