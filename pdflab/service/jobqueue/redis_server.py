"""Starts a private Redis: a redis-server, or the embedded one; and opens connections to any.

Read next: pdflab/service/jobqueue/embedded_redis.py, then pdflab/service/jobqueue/foreign_redis.py.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.retry import Retry

from pdflab.child_process import end, how_it_ended, last_line, spawn
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.service.jobqueue.embedded_redis import embedded_server

_log = logging.getLogger(__name__)
_RETRY_INTERVAL = 1.0  # seconds between two looks for a Redis that is away
_STABLE = 10.0  # seconds that a restarted Redis has to stay up
_SERVERS = ("redis-server", "valkey-server")


@dataclass(slots=True)
class Broker:
    """A Redis, and its process if we started it.

    `name` is for display; `url` is None only for the embedded Redis inside this process.
    """

    name: str
    url: str | None
    process: "subprocess.Popen[bytes] | None" = None
    start: Callable[[], "subprocess.Popen[bytes]"] | None = None
    inside: Any = None  # the fakeredis server that the threads of this process share
    embedded: bool = False  # measure speed only with a real redis-server
    log: Path | None = None  # where our Redis writes why it ended
    socket_folder: str | None = None  # which goes with it
    deaths: int = 0  # in a row
    not_before: float = 0.0  # when it may be restarted, by time.monotonic()

    def client(self, *, patient: bool = True, alone: bool = False) -> "redis.Redis":
        """Return a client: a patient one retries, an impatient one times out within half a second.

        A client `alone` is for a single thread and keeps its connection: a connection pool would take a
        third of the time of a worker's command.
        """
        if self.inside is not None:
            from fakeredis import FakeRedis

            return FakeRedis(server=self.inside, decode_responses=True)  # type: ignore[no-any-return]
        seconds = 5.0 if patient else 0.5
        again = (redis.ConnectionError,)  # of an impatient one: Redis may have closed an old connection
        retry = Retry(ConstantBackoff(0.05), 2) if patient else Retry(NoBackoff(), 1, supported_errors=again)
        return redis.Redis.from_url(
            self.url or "",
            decode_responses=True,
            protocol=2,  # answers have another shape in the next one
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=retry,
            single_connection_client=alone,
        )

    def await_answer(self, stop: Event) -> bool:
        """Wait until Redis answers, and return True; or False when `stop` is set meanwhile."""
        client = self.client(patient=False)
        while not stop.is_set():
            try:
                return bool(client.ping())
            except redis.RedisError as error:
                _log.warning("Redis is away (%s); trying again.", error)
                stop.wait(_RETRY_INTERVAL)
        return False

    def revive(self) -> None:
        """Restart our Redis if it has died; a redis-server continues from its append-only file.

        One that does not stay up is restarted after a growing delay.
        """
        now = time.monotonic()
        if not self.process or not self.start or self.process.poll() is None or now < self.not_before:
            return
        how, reason = how_it_ended(self.process.returncode), f": {last_line(self.log)}" if self.log else ""
        _log.warning("%s %s%s; it is started again.", self.name, how, reason)
        end(self.process, seconds=0)
        self.deaths = self.deaths + 1 if now - self.not_before < _STABLE else 1
        self.process, self.not_before = self.start(), now + min(5.0, 0.1 * 2**self.deaths)

    def cut(self) -> int:
        """Close every connection to Redis, as a network failure would; return how many there were."""
        self._require_server("cuts no connection")
        with self.fault_client() as client:
            cut: Any = client.client_kill_filter(_type="normal", skipme=True)
        return int(cut)

    def kill(self) -> None:
        """Kill our redis-server with SIGKILL; `revive` restarts it from its append-only file."""
        self._require_server("keeps nothing when it is killed")
        with self.fault_client() as client:
            server: Any = client.info("server")
            os.kill(int(server["process_id"]), signal.SIGKILL)

    @property
    def can_be_attacked(self) -> bool:
        """Return whether this is our own redis-server, so that faults can be injected."""
        return self.process is not None and not self.embedded

    @contextmanager
    def fault_client(self) -> Iterator["redis.Redis"]:
        """Yield a client for one fault. Raises BrokerUnavailable when Redis is already away."""
        client = self.client(patient=False)
        try:
            yield client
        except redis.RedisError as error:
            raise BrokerUnavailable(
                f"Redis is already away ({error}); inject the fault when it answers again."
            ) from error
        finally:
            client.close()

    def _require_server(self, what: str) -> None:
        if not self.can_be_attacked:
            raise UsageError(f"This Redis is {self.name}: it {what}; install redis-server for that.")

    def stop(self) -> None:
        """Stop the Redis, if it was ours."""
        if self.process:
            self.process.terminate()
            end(self.process, seconds=5.0)
        if self.socket_folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)


def private_broker(
    folder: Path, *, temporary: Path | None = None, appendfsync: str = "everysec", wrapper: Sequence[str] = ()
) -> Broker:
    """Start a private Redis that other processes can share: a server found on PATH, or the embedded one.

    It keeps its data in `folder`. It ends with the calling process, even a killed one, and only then removes
    the `temporary` folder. A killed redis-server loses no acknowledged write. When the machine crashes,
    appendfsync `everysec` loses up to a second of writes; `always` loses none, but waits for the disk.
    A `wrapper` goes before the server's command.
    """
    folder.mkdir(parents=True, exist_ok=True)
    socket_folder = tempfile.mkdtemp(prefix="pdflab-")  # only this user may open it
    path = f"{socket_folder}/redis.sock"  # short: macOS allows 103 characters
    server = server_program()
    command = [sys.executable, "-P", "-m", "pdflab.service.jobqueue.embedded_redis", path]
    if server:
        command = [*wrapper, server, *_options(folder, path, appendfsync)]
    to_remove = [socket_folder, *([str(temporary)] if temporary else [])]

    def start() -> "subprocess.Popen[bytes]":
        return spawn(["pdflab.child_process", *to_remove, "--", *command], folder / "broker.log")

    broker = Broker("embedded (fakeredis, in a process of its own)", f"unix://{path}", start(), start)
    broker.socket_folder = socket_folder
    _await(broker, folder)
    broker.embedded = server is None
    if server:
        info: Any = broker.client().info("server")
        broker.name = f"a private {Path(server).name} {info['redis_version']}"
        broker.log = folder / "redis.log"
    return broker


def server_program() -> str | None:
    """Return the path of the server that a private Redis is; None if it has to be the embedded one."""
    return next((found for name in _SERVERS if (found := shutil.which(name))), None)


def embedded_broker() -> Broker:
    """Return an embedded Redis that the threads of this process share; it spawns no process."""
    return Broker("embedded in this process (fakeredis)", None, inside=embedded_server(), embedded=True)


def _options(folder: Path, socket_path: str, appendfsync: str) -> list[str]:
    options = {
        "--port": "0",
        "--unixsocket": socket_path,
        "--unixsocketperm": "700",
        "--dir": str(folder.resolve()),
        "--save": "",
        "--appendonly": "yes",
        "--appendfsync": appendfsync,
        "--maxmemory-policy": "noeviction",
        "--logfile": str((folder / "redis.log").resolve()),
    }
    return [word for pair in options.items() for word in pair]


def _await(broker: Broker, folder: Path, seconds: float = 15.0) -> None:
    """Wait until our Redis answers."""
    client = broker.client(patient=False)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and broker.process and broker.process.poll() is None:
        try:
            client.ping()
        except (redis.RedisError, OSError):
            time.sleep(0.02)
        else:
            return
    broker.stop()
    raise UsageError(f"The private Redis did not start; redis.log or broker.log in {folder} says why.")
