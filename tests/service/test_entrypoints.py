"""Each role loads what it needs, and no more."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import eventually, needs
from shorthand import job, states, submit

from pdflab.service import entrypoints
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, private_broker
from pdflab.settings import Settings

CODE = """
import sys
from pathlib import Path
from threading import Event
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from pdflab.service.entrypoints import run_worker
from pdflab.settings import Settings

class Nobody:  # a broker that answers nothing: it is not what is looked at
    def client(self, **how):
        return Redis(port=1, socket_timeout=0.1, retry=Retry(NoBackoff(), 0))

stop = Event()
stop.set()
run_worker(Nobody(), Settings(folder=Path(sys.argv[1]), grace=60), stop)
print(sorted({"matplotlib", "numpy", "flask", "aiohttp"} & {*sys.modules}))
"""


STUCK = """
import sys, time
from pathlib import Path
from threading import Event
import pdflab.service.worker.worker
from pdflab.service.jobqueue.foreign_redis import broker_at
from pdflab.service.entrypoints import run_worker
from pdflab.settings import Settings

pdflab.service.worker.worker.renderer = lambda fonts: lambda job: time.sleep(60)
run_worker(broker_at(sys.argv[1]), Settings(folder=Path(sys.argv[2]), time_limit=0.2, lease=0.3), Event())
"""


def test_a_worker_that_is_stuck_in_a_document_ends_and_the_job_has_its_error(
    real_redis: Broker, settings: Settings
) -> None:
    """Nothing else stops a renderer: the process ends, its guardian starts another, the job goes on."""
    queue = JobQueue(real_redis.client(), settings)
    real_redis.client().flushall()
    submit(queue, "a")

    stuck = subprocess.run(
        [sys.executable, "-c", STUCK, real_redis.url, settings.folder],
        stderr=subprocess.PIPE,
        timeout=30,
        start_new_session=True,
    )

    assert (stuck.returncode, stuck.stderr) == (1, b"")
    assert states(queue, "a") == "QPQ"
    assert (job(queue, "a").errors, job(queue, "a").crashes) == (1, 0)


SLOW = """
import sys, time
from pathlib import Path
import pdflab.service.worker.worker
from pdflab.child_process import stop_event
from pdflab.service.jobqueue.foreign_redis import broker_at
from pdflab.service.entrypoints import run_worker
from pdflab.settings import Settings

pdflab.service.worker.worker.renderer = lambda fonts: lambda job: time.sleep(60)
run_worker(broker_at(sys.argv[1]), Settings(folder=Path(sys.argv[2]), grace=0.5), stop_event(guarded=False))
"""


@pytest.mark.parametrize("accident", ["none", "hangs", "is killed"])
def test_a_worker_that_is_asked_to_stop_ends_within_its_grace(
    tmp_path: Path, settings: Settings, accident: str
) -> None:
    """In the middle of a long document: it is handed back if Redis answers, and the process ends anyway."""
    needs("redis-server", "redis-server")
    broker = private_broker(tmp_path / "redis")
    queue = JobQueue(broker.client(), settings)
    submit(queue, "a")
    worker = subprocess.Popen(
        [sys.executable, "-c", SLOW, broker.url, settings.folder],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    eventually(lambda: states(queue, "a") == "QP", seconds=20)
    redis_server = broker.client().info("server")["process_id"]
    if accident != "none":
        os.kill(redis_server, signal.SIGSTOP if accident == "hangs" else signal.SIGKILL)

    began = time.monotonic()
    worker.terminate()
    try:
        assert worker.wait(10) == 0
        assert time.monotonic() - began < 5  # half a second for the document, half a one for Redis
        if accident == "none":
            assert (states(queue, "a"), job(queue, "a").attempt) == ("QPQ", 0)
    finally:
        worker.kill()
        worker.wait()
        if accident == "hangs":
            os.kill(redis_server, signal.SIGCONT)
        broker.stop()


def test_a_worker_loads_neither_charts_nor_numpy_nor_the_web(tmp_path: Path) -> None:
    """Memory is what limits how many workers a machine holds."""
    printed = subprocess.check_output(
        [sys.executable, "-c", CODE, tmp_path],
        text=True,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a worker lowers its session's priority, which is not to be the tests'
    )

    assert printed.strip() == "[]"


def full_collections() -> int:
    """Leave garbage in cycles behind, and count the full collections meanwhile."""
    before = gc.get_stats()[2]["collections"]
    for _ in range(200_000):
        cycle: list[object] = []
        cycle.append(cycle)
    return int(gc.get_stats()[2]["collections"]) - before


def test_garbage_does_not_wait_until_it_is_a_quarter_of_what_is_loaded() -> None:
    """Documents leave cycles behind; a worker that collects them late grows for 20,000 documents."""
    gc.collect()
    late = full_collections()

    entrypoints._set_loaded_aside()
    soon = full_collections()
    gc.unfreeze()

    assert (late, soon > 0) == (0, True)
