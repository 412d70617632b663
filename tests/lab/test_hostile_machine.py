"""A hostile machine: limits, full disks and wrong clocks, all real. Nothing that was accepted is lost."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from conftest import children_of, eventually, needs
from shorthand import answers

from pdflab.audit import audit
from pdflab.child_process import wait_until
from pdflab.documents.kinds import sample_request
from pdflab.jobs import Cause
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.settings import Settings

QUICK = Settings(port=0, sync_port=0, lease=1.5)
# As nobody, who is bound by limits, but reads what root may: the interpreter may be in root's home.
_CAPS = "+dac_override,+dac_read_search"
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={_CAPS}"]
AS_NOBODY += [f"--ambient-caps={_CAPS}"]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def needs_root() -> None:
    if os.geteuid():
        pytest.skip("only root can mount a file system, or start a process as another user")


@contextmanager
def up(folder: Path, *prefix: str) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """Run `pdflab up`; yield the process, its URL, and the log of its supervisor."""
    log = folder / "up.log"
    command = [*prefix, sys.executable, "-P", "-m", "pdflab", "up", "--folder", str(folder / "data")]
    command += ["--open", "--workers", "2", "--port", "0", "--sync-port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output, text=True, cwd=folder)
    with process:
        assert process.stdout
        line = process.stdout.readline()
        assert line, log.read_text()
        try:
            yield process, line.split()[3], log
        finally:
            process.terminate()
            process.wait(20)


def post(url: str, seed: int) -> tuple[int, dict[str, str]]:
    """Post a small document; return the status and the body of the answer."""
    sent = send_request(url, "/generate-pdf", method="POST", body=sample_request("custom", seed))
    return sent.status, json.loads(sent.body)


def workers_of(pid: int) -> set[int]:
    return {child for child, command in children_of(pid).items() if "pdflab worker" in command}


def completes(url: str) -> bool:
    """Return whether a document that is submitted now is completed within seconds."""
    _, job = post(url, 1)
    return wait_until(lambda: b"COMPLETED" in send_request(url, job["status_url"]).body, 30)


def test_a_system_without_docstrings_and_asserts_works(tmp_path: Path) -> None:
    """As `python -OO` and PYTHONOPTIMIZE=2 run it: no docstring is data."""
    program = (
        "from pdflab.lab import Lab; from pdflab.settings import Settings\n"
        "from pdflab.lab.http_client import send_request\n"
        "with Lab(workers=1, settings=Settings(port=0, sync_port=0)) as lab:\n"
        "    lab.invoice(); lab.wait()\n"
        "    print(lab.stats().completed, send_request(lab.url, '/openapi.json').status)"
    )
    env = os.environ | {"PYTHONOPTIMIZE": "2"}

    for words, said in (("-c", program), "1 200\n"), (("-m", "pdflab", "up", "--help"), "usage: pdflab up"):
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=90, env=env)
        assert (done.returncode, said in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(("limit", "user"), [("nofile", []), ("nproc", AS_NOBODY)])
def test_workers_come_back_when_a_limit_of_the_supervisor_is_lifted(
    tmp_path: Path, limit: str, user: list[str]
) -> None:
    """Without a free file or process it cannot start any: it says why, and tries again."""
    if user:
        needs_root()
    with up(tmp_path, *user) as (process, url, log):

        def set_limit(value: str) -> None:
            subprocess.run([*user, "prlimit", f"--pid={process.pid}", f"--{limit}={value}:"], check=True)

        set_limit("1")
        killed = workers_of(process.pid)
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        eventually(lambda: "A process cannot be started" in log.read_text(), seconds=30)
        assert (len(killed), workers_of(process.pid)) == (2, set())

        set_limit("900")

        assert completes(url)
        assert log.read_text().count("\n") < 50


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """Yield a folder that is a disk of its own."""
    needs_root()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if (done := subprocess.run(mount, capture_output=True, text=True)).returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room at all, a little at a time."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"x" * 500_000):
            time.sleep(0.005)
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(b"x"):
            pass


@contextmanager
def posting(url: str) -> Iterator[list[str]]:
    """Post documents one after the other, and yield the growing list of those that were accepted."""
    accepted: list[str] = []
    stop = Event()

    def post_on() -> None:
        while not stop.wait(0.002):
            with suppress(OSError):
                status, job = post(url, len(accepted))
                if status == 202:
                    accepted.append(job["job_id"])

    threads = [Thread(target=post_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield accepted
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["it waits", "Redis is killed"])
def test_what_is_accepted_on_a_disk_that_fills_up_ends_once(tmp_path: Path, killed: bool) -> None:
    """The reserve keeps room for what Redis has answered; meanwhile nothing is accepted."""
    needs("redis-server", "redis-server")
    with small_disk(tmp_path, megabytes=64) as disk:
        settings = replace(QUICK, folder=disk / "data", disk_reserve=30_000_000, open=True)
        with Lab(folder=settings.folder, settings=settings) as lab:
            with posting(lab.url) as accepted:
                eventually(lambda: len(accepted) > 20, seconds=30)
                fill(disk / "full")
                before = len(accepted)
                time.sleep(1)
                if killed:
                    lab.kill_redis()
                    time.sleep(2)
                assert len(accepted) == before
                (disk / "full").unlink()
                eventually(lambda: len(accepted) > before, seconds=30)
            lab.wait()
            lines = [json.dumps({"job_id": job_id}) + "\n" for job_id in accepted]
            settings.accepted_file.write_text("".join(lines))

        counts = audit(settings).counts
    assert (counts.open, counts.lost, counts.invalid) == (0, 0, 0)
    assert counts.accepted >= len(accepted)  # a kill may come between the step and its answer
    assert counts.completed + counts.failed + counts.doubled == counts.accepted
    # A killed Redis may forget an ending that jobs.log has; the job ends again, and the audit says so.
    assert (counts.doubled + counts.holes == 0) or killed


def set_clock(clock: Path, text: str) -> None:
    new = clock.with_name("new")
    new.write_text(text)
    new.rename(clock)  # it is read at every look at the clock


@contextmanager
def shimmed_redis(folder: Path) -> Iterator[tuple[str, Callable[[str], None]]]:
    """Run a redis-server whose clock can be set; yield its URL, and what sets it, as in "+2d"."""
    needs("redis-server", "redis-server")
    if FAKETIME is None:
        pytest.skip("libfaketime is not installed; install it with: apt-get install libfaketime")
    clock, path = folder / "clock", folder / "s"
    clock.write_text("+0")
    # The C library's malloc comes before jemalloc, which asks for the time before the shim is ready.
    shim = {
        "LD_PRELOAD": f"{FAKETIME}:libc.so.6",
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
    }
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--dir": str(folder),
        "--save": "",
        "--appendonly": "yes",
    }
    command = ["redis-server", *(word for pair in options.items() for word in pair)]
    env = os.environ | shim | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env) as server:
        url = f"unix://{path}"
        try:
            eventually(lambda: answers(url), seconds=20)
            yield url, lambda text: set_clock(clock, text)
        finally:
            server.terminate()


@pytest.mark.slow
@pytest.mark.parametrize(("jump", "seconds"), [("-1h", 0.0), ("+2d", 8.0)])
def test_a_redis_whose_clock_jumps_loses_nothing(tmp_path: Path, jump: str, seconds: float) -> None:
    """The jobs of killed workers come back within a few leases, and no PDF is deleted."""
    with tempfile.TemporaryDirectory() as folder, shimmed_redis(Path(folder)) as (url, jump_by):
        settings = replace(QUICK, redis_url=url)
        with Lab(folder=tmp_path, settings=settings) as lab:
            lab.burst(40)
            lab.wait()
            early = set(lab.storage.list())
            lab.operate("burst", n=30, lines=400)
            eventually(lambda: lab.stats().processing == 2, seconds=20)
            jump_by(jump)
            for name in ("worker-1", "worker-2"):
                lab.kill(name)
            time.sleep(seconds)  # several sweeps
            lab.wait(timeout=30)
            jump_by("+0")
            lab.burst(10)
            lab.wait(timeout=30)
            assert set(lab.storage.list()) >= early
            lost = [event for event in lab.events() if event.cause is Cause.WORKER_LOST]

    assert lost
    assert audit(Settings(folder=tmp_path)).summary == "clean"
