"""Whatever the machine refuses for a while, the system goes on; what cannot start says so at once."""

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest
from conftest import eventually, needs
from shorthand import submission

from pdflab.audit import audit
from pdflab.child_process import end, spawn
from pdflab.errors import PdfLabError
from pdflab.jobs import JobState, WorkerId
from pdflab.lab import Lab
from pdflab.lab.processes import Supervisor
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.producer import RedisProducer
from pdflab.service.jobqueue.redis_server import private_broker
from pdflab.settings import Settings

PDFLAB = [sys.executable, "-m", "pdflab"]


def test_a_child_is_restarted_while_its_log_cannot_be_written(tmp_path: Path) -> None:
    """A folder that is away for a while does not end supervision: workers come back, and wait for nobody."""
    with Lab(workers=1, folder=tmp_path / "lab", settings=Settings(port=0, sync_port=0)) as lab:
        logs = lab.settings.folder / "logs"
        logs.rename(tmp_path / "away")
        logs.touch()  # neither a folder nor one that can be made
        for _ in range(2):
            lab.kill("worker-1")
        logs.unlink()

        lab.invoice()
        eventually(lambda: lab.queue.stats().completed == 1, seconds=20)


def test_a_worker_replaces_itself_after_many_jobs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Between two jobs: none is lost or doubled, its supervisor restarts nothing, and it can be stopped."""
    settings = Settings(folder=tmp_path, port=0, sync_port=0, workers=1, worker_jobs=4)
    with Lab(folder=tmp_path, settings=settings, workers=1) as lab:
        process = WorkerId.parse(lab.workers()[0].worker).pid
        nice = os.getpriority(os.PRIO_PROCESS, process)
        lab.batch(20)
        lab.wait()

        workers = {event.worker for event in lab.events() if event.state is JobState.COMPLETED}
        assert len(workers) == 5
        assert {WorkerId.parse(worker).pid for worker in workers} == {process}
        assert os.getpriority(os.PRIO_PROCESS, process) == nice
        began = time.monotonic()
    assert time.monotonic() - began < settings.grace  # it has a signal handler again
    assert not [record for record in caplog.records if "a new one starts" in record.getMessage()]
    verdict = audit(settings)
    assert (verdict.counts.completed, verdict.summary) == (20, "clean")


@pytest.mark.parametrize("words", [["--guarded"], ["--again"]])
def test_a_worker_that_starts_while_redis_is_away_waits_for_it(tmp_path: Path, words: list[str]) -> None:
    """One of a running system, or one that has just replaced itself."""
    needs("redis-server", "redis-server")
    broker = private_broker(tmp_path / "redis")
    settings = Settings(folder=tmp_path, redis_url=broker.url)
    broker.kill()
    eventually(lambda: broker.process.poll() is not None, seconds=10)
    log = tmp_path / "worker.log"
    worker = spawn(["pdflab", "worker", *words], log, env=os.environ | settings.to_env())
    try:
        eventually(lambda: "Redis is away" in log.read_text(), seconds=20)
        broker.revive()
        assert broker.await_answer(Event())
        RedisProducer(broker.client(), settings).enqueue([submission("j")])
        eventually(lambda: RedisMonitor(broker.client(), settings).stats().completed == 1, seconds=20)
    finally:
        worker.terminate()
        end(worker, seconds=10)
        broker.stop()
    assert "Traceback" not in log.read_text()


def test_supervision_survives_what_it_meets(tmp_path: Path) -> None:
    """No process, no file: it says why, and tries again."""
    refusals = iter([OSError(24, "Too many open files"), MemoryError()])

    def revive() -> None:
        for refusal in refusals:
            raise refusal

    supervisor = Supervisor(Settings(folder=tmp_path), revive_broker=revive)
    supervisor.start("odd", "no-such-role")

    eventually(lambda: supervisor.broken is not None, seconds=20)
    supervisor.stop()


def test_files_in_the_current_folder_are_never_executed(tmp_path: Path) -> None:
    """A student's secrets.py, random.py or redis.py is not what our processes import."""
    for name in ("secrets", "random", "redis", "queue", "flask", "token", "select", "signal"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a foreign file was executed')")
    program = (
        "from pdflab.lab import Lab; from pdflab.settings import Settings\n"
        "with Lab(workers=1, settings=Settings(port=0, sync_port=0)) as lab: print('up')"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert (done.stdout, done.returncode) == ("up\n", 0), done.stderr


def test_a_system_starts_without_standard_files(tmp_path: Path) -> None:
    """As a service manager may start it: the first socket is not taken for a closed standard input."""
    command = f"exec {sys.executable} -m pdflab up --folder {tmp_path} --port 0 --sync-port 0 <&- >&- 2>&-"
    with subprocess.Popen(["sh", "-c", command]) as up:
        try:
            alive = tmp_path / "jobs.log"
            eventually(alive.exists, seconds=30)
            eventually((tmp_path / "logs" / "worker-2.log").exists, seconds=30)
            assert up.poll() is None
        finally:
            up.terminate()
            up.wait(15)
    assert "Error" not in (tmp_path / "logs" / "api.log").read_text()


def test_what_cannot_start_says_so_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after half a minute: a child that dies twice at its start is reported with its last line."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import sys\nif 'worker' in sys.argv: sys.exit('no worker today')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(broken))
    began = time.monotonic()

    with pytest.raises(PdfLabError, match=r"cannot be started: .*no worker today"):
        Lab(workers=1, folder=tmp_path / "lab", settings=Settings(port=0, sync_port=0)).start()

    assert time.monotonic() - began < 15


def test_a_redis_that_does_not_stay_up_is_restarted_more_and_more_slowly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rubbish at the end of its file: it says why, and does not spin."""
    needs("redis-server", "redis-server")
    broker = private_broker(tmp_path / "redis")
    broker.client().set("a", "b")
    process = broker.process
    broker.kill()
    process.wait()
    [part] = (tmp_path / "redis" / "appendonlydir").glob("*.incr.aof")
    part.write_bytes(part.read_bytes() + b"rubbish")

    end = time.monotonic() + 3
    while time.monotonic() < end:
        broker.revive()
        time.sleep(0.05)
    broker.stop()

    assert 2 <= broker.deaths <= 6
    assert "Bad file format reading the append only file" in caplog.text
