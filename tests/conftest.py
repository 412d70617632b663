"""What the tests share: a broker of each kind, and the promise that a test leaves nothing behind."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pdflab.child_process import wait_until
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker
from pdflab.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ["PDFLAB_REHEARSAL"] = str(Path(__file__).parent / "rehearsals")  # lessons run unattended


def needs(program: str, package: str) -> None:
    """Skip at a desk, saying what to install; fail in CI, where it has to be there."""
    if shutil.which(program):
        return
    message = f"{program} is not installed; install it with: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave slow tests to .ci/run, which sets CI."""
    for item in items:
        if item.get_closest_marker("slow") and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="slow; run it with CI=true"))


def eventually(condition: Callable[[], bool], *, seconds: float) -> None:
    """Wait until a condition holds; fail when that takes far longer than it should."""
    assert wait_until(condition, seconds), f"not within {seconds} s"


def children_of(pid: int) -> dict[int, str]:
    """Return a process' living children and theirs, each with its command line."""
    command = ["ps", "-eo", "pid=,ppid=,stat=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split(maxsplit=3) for line in listed if " ps -eo " not in line]
    living = [row for row in rows if not row[2].startswith("Z")]
    found = {int(row[0]): row[3] for row in living if int(row[1]) == pid}
    for child in list(found):
        found |= children_of(child)
    return found


def lives(pid: int) -> bool:
    """Return whether a process is still there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The browser that is installed."""
    needs("chromium", "chromium")
    from playwright.sync_api import sync_playwright
    from servers import start_browser

    with sync_playwright() as playwright:
        chromium = start_browser(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A private redis-server for the whole session; each test begins with it empty."""
    needs("redis-server", "redis-server")
    broker = private_broker(tmp_path_factory.mktemp("redis"))
    yield broker
    broker.stop()


@pytest.fixture(params=["embedded", "real"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """The queue's contract holds on the embedded Redis and on a real one."""
    if request.param == "embedded":
        return embedded_broker()
    real: Broker = request.getfixturevalue("real_redis")
    real.client().flushall()
    return real


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a small system in a folder of its own, open to all: the token has tests of its own."""
    return Settings(folder=tmp_path, port=0, sync_port=0, open=True)


@pytest.fixture
def queue(broker: Broker, settings: Settings) -> JobQueue:
    """An empty queue."""
    return JobQueue(broker.client(), settings)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """A test that starts a thread ends it."""
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before, 5, interval=0.02)
    assert not (left := set(threading.enumerate()) - before), f"still running: {left}"
