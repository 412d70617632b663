"""A Redis for everyone: at a URL, private, or embedded; and nothing of it is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from conftest import eventually
from shorthand import answers, submit

from pdflab.errors import UsageError
from pdflab.service.jobqueue import redis_server as broker_module
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker
from pdflab.settings import Settings


def test_the_threads_of_a_process_share_one_embedded_redis() -> None:
    """What one client pushes another pops; a second embedded Redis knows nothing of it."""
    one, other = embedded_broker(), embedded_broker()
    taken: list[object] = []
    waiting = Thread(target=lambda: taken.append(one.client().brpop(["list"], timeout=10)))
    waiting.start()

    one.client().lpush("list", "job")
    waiting.join()

    assert taken == [("list", "job")]
    assert one.embedded
    assert not other.client().exists("list")


def test_a_name_is_for_people_and_decides_nothing() -> None:
    """A Redis is embedded because it was made so, whatever it is called."""
    theirs, ours = Broker("embedded in a kiosk", "redis://kiosk"), embedded_broker()
    ours.name = "a Redis"

    assert (theirs.embedded, ours.embedded) == (False, True)


def test_a_private_server_lives_until_it_is_stopped(real_redis: Broker, tmp_path: Path) -> None:
    """A socket that only we may use, no port, its data in our folder; then nothing is left of it."""
    broker = private_broker(tmp_path / "redis")
    sock = Path(broker.url.removeprefix("unix://"))

    assert answers(broker.url)
    assert broker.name.startswith("a private redis-server ")
    assert sock.stat().st_mode & 0o077 == 0
    assert broker.client().config_get("port")["port"] == "0"
    broker.stop()
    broker.stop()

    assert not answers(broker.url)
    assert not sock.parent.exists()


def test_a_private_server_remembers_what_it_held(
    real_redis: Broker, tmp_path: Path, settings: Settings
) -> None:
    """Stopped and started again in the same folder, it knows every job."""
    for job_id in ("a", "b"):
        broker = private_broker(tmp_path / "redis")
        submit(JobQueue(broker.client(), settings), job_id)
        remembered = JobQueue(broker.client(), settings).stats().queued
        broker.stop()

    assert remembered == 2


def test_a_private_server_that_cannot_start_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended at once: a sentence that names its log."""
    monkeypatch.setattr(broker_module.shutil, "which", lambda name: "/bin/false")

    with pytest.raises(UsageError, match=r"did not start; .*redis\.log"):
        private_broker(tmp_path / "redis")


def test_a_server_that_is_stopped_leaves_the_folder_of_its_system(real_redis: Broker, tmp_path: Path) -> None:
    """It may start again there; only its socket goes."""
    temporary = tmp_path / "temporary"
    broker = private_broker(temporary / "redis", temporary=temporary)
    socket = Path((broker.url or "").removeprefix("unix://"))

    broker.stop()

    assert (temporary / "redis").exists()
    assert not socket.parent.exists()


def test_a_private_server_ends_with_the_process_that_started_it(real_redis: Broker, tmp_path: Path) -> None:
    """Even by SIGKILL: the server, its socket and the temporary folder are gone a few seconds later."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = (
        "from pathlib import Path; from pdflab.service.jobqueue.redis_server import private_broker;"
        f"b = private_broker(Path({str(tmp_path / 'redis')!r}), temporary=Path({str(temporary)!r}));"
        "print(b.url, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        url = starter.stdout.readline().strip()
        assert answers(url)

        os.kill(starter.pid, signal.SIGKILL)

    eventually(lambda: not answers(url), seconds=5.0)
    eventually(lambda: not Path(url.removeprefix("unix://")).parent.exists(), seconds=2.0)
    eventually(lambda: not temporary.exists(), seconds=2.0)
