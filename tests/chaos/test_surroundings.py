"""The clock of Redis, a full disk, an evicted key: each fault does what it says, and ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from conftest import eventually, needs
from shorthand import states, submit, take_and_claim
from small_disk import on_a_small_disk

from pdflab.chaos.surroundings import (
    A_JOB_OF,
    clock_wrapper,
    evict,
    own_disk,
    shifted_clock,
    tidy_shared_memory,
)
from pdflab.errors import UsageError
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, private_broker

FULL = """
import os, sys
from pathlib import Path
from pdflab.chaos.surroundings import full_disk, own_disk
folder = Path(sys.argv[1])
free = lambda: os.statvfs(folder).f_bavail
before = free()
with full_disk(folder):
    print(own_disk(folder) > 0, free(), list(folder.iterdir()))
print(free() == before)
"""


def test_the_clock_of_redis_is_set_and_stays_so_after_a_restart(tmp_path: Path) -> None:
    """Only this Redis has another time, and only for a while."""
    needs("redis-server", "redis-server")
    file = tmp_path / "clock"
    wrapper = clock_wrapper(file)
    if not wrapper:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("libfaketime is not installed, or unfit")
    broker = private_broker(tmp_path / "redis", wrapper=wrapper)
    client, other = broker.client(), redis.Redis.from_url(str(broker.url))

    def ahead() -> int:
        return round(client.time()[0] - os.times().elapsed - start)

    start = client.time()[0] - os.times().elapsed
    try:
        with shifted_clock(file, "-172800"):
            assert ahead() == pytest.approx(-172_800, abs=60)
            broker.kill()
            eventually(lambda: not broker.revive() and answers(other), seconds=10)
            assert ahead() == pytest.approx(-172_800, abs=60)
        assert ahead() == pytest.approx(0, abs=60)
    finally:
        other.close()
        broker.stop()
        tidy_shared_memory()


def answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def test_a_disk_is_full_for_a_while_and_no_file_is_left(tmp_path: Path) -> None:
    """Where a small one can be mounted; the folder shows nothing of it."""
    command = on_a_small_disk(tmp_path, sys.executable, "-c", FULL, str(tmp_path))
    if command[0] != "unshare":
        pytest.skip("no file system can be mounted here")

    done = subprocess.run(command, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("True 0 []\nTrue\n", "")


def test_a_disk_that_others_use_is_not_filled(tmp_path: Path) -> None:
    """Nor is one for which there is no folder yet."""
    assert own_disk(tmp_path) is None
    assert own_disk(tmp_path / "not" / "yet") is None
    assert own_disk(Path("/dev/shm")) is None


def test_a_record_or_a_whole_key_is_evicted(queue: JobQueue, broker: Broker) -> None:
    """And nothing else; what is not there cannot be."""
    submit(queue, "a", "b")
    take_and_claim(queue)
    client = broker.client()

    assert evict(client, f"{A_JOB_OF}pdf_jobs_leases") == "pdf_jobs:a"
    assert evict(client, "pdf_jobs_queue") == "pdf_jobs_queue"
    assert (client.exists("pdf_jobs:a", "pdf_jobs_queue"), states(queue, "b")) == (0, "Q")
    for gone in ("pdf_jobs_queue", f"{A_JOB_OF}pdf_jobs_leases", f"{A_JOB_OF}pdf_jobs_delayed"):
        with pytest.raises(UsageError, match=f"no {gone}"):
            evict(client, gone)
