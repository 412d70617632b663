"""Finds or starts a Redis: the one at a URL, else a private redis-server, else the embedded one.

Read next: pdflab/service/jobqueue/embedded_redis.py.
"""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.retry import Retry

from pdflab.child_process import end, spawn
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.service.jobqueue.embedded_redis import embedded_server

_log = logging.getLogger(__name__)
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

    def client(self, *, patient: bool = True, alone: bool = False) -> "redis.Redis":
        """Return a client: a patient one retries, an impatient one times out within half a second.

        A client `alone` is for a single thread and keeps its connection: a connection pool would take a
        third of the time of a worker's command.
        """
        if self.inside is not None:
            from fakeredis import FakeRedis

            return FakeRedis(server=self.inside, decode_responses=True)  # type: ignore[no-any-return]
        seconds = 5.0 if patient else 0.5
        retry = Retry(ConstantBackoff(0.05), 2) if patient else Retry(NoBackoff(), 0)
        return redis.Redis.from_url(
            self.url or "",
            decode_responses=True,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=retry,
            single_connection_client=alone,
        )

    def revive(self) -> None:
        """Restart our Redis if it has died; a redis-server continues from its append-only file."""
        if self.process and self.start and self.process.poll() is not None:
            _log.warning("%s ended with %s; it is started again.", self.name, self.process.returncode)
            end(self.process, seconds=0)
            self.process = self.start()

    def cut(self) -> int:
        """Close every connection to Redis, as a network failure would; return how many there were."""
        self._require_server("cuts no connection")
        with self._own_client() as client:
            cut: Any = client.client_kill_filter(_type="normal", skipme=True)
        return int(cut)

    def kill(self) -> None:
        """Kill our redis-server with SIGKILL; `revive` restarts it from its append-only file."""
        self._require_server("keeps nothing when it is killed")
        with self._own_client() as client:
            server: Any = client.info("server")
            os.kill(int(server["process_id"]), signal.SIGKILL)

    @property
    def can_be_attacked(self) -> bool:
        """Return whether this is our own redis-server, so that faults can be injected."""
        return self.process is not None and not self.embedded

    @contextmanager
    def _own_client(self) -> Iterator["redis.Redis"]:
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


def broker_at(url: str) -> Broker:
    """Use the Redis at a URL. Raises UsageError, naming it without its password, when it does not answer."""
    shown = without_password(url)
    broker = Broker(f"the Redis at {shown}", url)
    try:
        client = broker.client(patient=False)
    except ValueError:
        raise UsageError(
            f"{shown} is not a Redis URL: it begins with redis://, rediss:// or unix://."
        ) from None
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        raise UsageError(
            f"The Redis at {shown} does not answer ({error}); start it, or correct the URL."
        ) from None
    return broker


def private_broker(folder: Path, *, temporary: Path | None = None, appendfsync: str = "everysec") -> Broker:
    """Start a private Redis that other processes can share: a server found on PATH, or the embedded one.

    It keeps its data in `folder`. It ends with the calling process, even a killed one, and then removes the
    `temporary` folder. A killed redis-server loses no acknowledged write. When the machine crashes,
    appendfsync `everysec` loses up to a second of writes; `always` loses none, but waits for the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    socket_folder = tempfile.mkdtemp(prefix="pdflab-")  # only this user may open it
    path = f"{socket_folder}/redis.sock"  # short: macOS allows 103 characters
    server = next((found for name in _SERVERS if (found := shutil.which(name))), None)
    command = [sys.executable, "-m", "pdflab.service.jobqueue.embedded_redis", path]
    if server:
        command = [server, *_options(folder, path, appendfsync)]
    to_remove = [socket_folder, *([str(temporary)] if temporary else [])]

    def start() -> "subprocess.Popen[bytes]":
        return spawn(["pdflab.child_process", *to_remove, "--", *command], folder / "broker.log")

    broker = Broker("embedded (fakeredis, in a process of its own)", f"unix://{path}", start(), start)
    _await(broker, folder)
    broker.embedded = server is None
    if server:
        info: Any = broker.client().info("server")
        broker.name = f"a private {Path(server).name} {info['redis_version']}"
    return broker


def embedded_broker() -> Broker:
    """Return an embedded Redis that the threads of this process share; it spawns no process."""
    return Broker("embedded in this process (fakeredis)", None, inside=embedded_server(), embedded=True)


def without_password(url: str) -> str:
    """Return a URL without its password, even if the password should have been quoted."""
    hidden = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"(password=)[^&]*", r"\1***", hidden)


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
