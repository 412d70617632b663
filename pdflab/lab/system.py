"""The whole system: Redis, the recorder, both endpoints and the workers, started and stopped together.

Read next: pdflab/lab/processes.py; pdflab/lab/threads.py does the same in threads.
"""

import json
import logging
import shutil
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

from pdflab.child_process import wait_until
from pdflab.errors import BrokerUnavailable, PdfLabError, UsageError, require
from pdflab.lab.http_client import send_request
from pdflab.lab.processes import Supervisor
from pdflab.lab.threads import Threads
from pdflab.service.eventlog.recorder import begin_log
from pdflab.service.http.server import address, listen
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.redis_server import Broker, broker_at, embedded_broker, private_broker
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import Settings

_log = logging.getLogger(__name__)
PROCESSES, THREADS = "processes", "threads"
_ROLES = {"reliable": "worker", "naive": "naive-worker"}  # of each type of worker
_START_TIMEOUT = 30.0  # seconds


class System:
    """A running system. Raises UsageError for invalid settings.

    It continues the files of an earlier system. If it starts `fresh`, or if its Redis lacks the jobs, it
    moves them to `earlier/`. A `temporary` folder is finally removed, even if this process is killed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        mode: str = PROCESSES,
        worker: str = "reliable",
        fresh: bool = False,
        temporary: Path | None = None,
    ) -> None:
        self._mode = mode
        self._worker = worker
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._supervisor: Supervisor | Threads | None = None
        configured_storage(settings).prepare()
        self._folder_lock = _lock_folder(settings.folder)
        try:
            if fresh:
                _archive(settings, fresh=True)
            self.broker = _broker(settings, mode, temporary)
        except BaseException:
            self._folder_lock.release()
            raise
        self.settings = replace(settings, redis_url=self.broker.url)
        self.queue = RedisMonitor(self.broker.client(), self.settings)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """The URL of the queued endpoint and the dashboard."""
        return address(self._sockets[0])

    @property
    def sync_url(self) -> str:
        """The URL of the synchronous endpoint."""
        return address(self._sockets[1])

    def scale(self, workers: int) -> None:
        """Run so many workers, and as many rendering processes at the synchronous endpoint."""
        if not 1 <= workers <= 64:
            raise UsageError(f"A lab runs 1 to 64 workers, not {workers}; choose another number.")
        with self._lock:
            self.settings = replace(self.settings, workers=workers)
            self._run_roles(_ROLES[self._worker], "worker", workers, None)
            servers = 1 if self._mode == THREADS else workers  # the threads of one server share this process
            self._run_roles("sync-api", "sync-api", servers, self._sockets[1])

    def set_worker_type(self, worker: str) -> None:
        """Replace the workers by "reliable" or by "naive" ones; the queue stays."""
        with self._lock:
            if known_worker(worker) != self._worker:
                supervisor, self._worker = self._running(), worker
                supervisor.end(supervisor.names("worker-"))
                self._run_roles(_ROLES[worker], "worker", self.settings.workers, None)

    def process_names(self) -> list[str]:
        """Return the names of processes to kill or freeze: recorder, api, worker-1, sync-api-1, …"""
        return self._running().names()

    def kill(self, name: str) -> None:
        """Kill a process with SIGKILL; the supervisor restarts it."""
        self._running().kill(self._known(name))

    def freeze(self, seconds: float, *names: str) -> None:
        """Freeze processes with SIGSTOP, by default all workers, for so many seconds."""
        require(0 < seconds <= 60, f"A process can be frozen for up to 60 seconds, not {seconds:g}.")
        chosen = [self._known(name) for name in names] or self._running().names("worker-")
        self._running().freeze(chosen, seconds)

    def check(self) -> None:
        """Raise UsageError, with the reason, if a process can never run."""
        if self._supervisor and self._supervisor.broken:
            raise UsageError(self._supervisor.broken)

    def stop(self) -> None:
        """Stop everything and save the job records beside the log; a second stop does nothing.

        The recorder ends last: it writes the remaining events of the stream.
        """
        with self._lock:
            supervisor, self._supervisor = self._supervisor, None
            sockets, self._sockets = self._sockets, []
        with ExitStack() as last_first:  # each runs, even after an interrupt or with a full disk
            last_first.callback(self._folder_lock.release)
            last_first.callback(self.broker.stop)
            for sock in sockets:
                last_first.callback(sock.close)
            if supervisor:
                last_first.callback(self._save_records)
                last_first.callback(supervisor.stop)
                others = [name for name in supervisor.names() if name != "recorder"]
                last_first.callback(supervisor.end, others)

    def _start(self) -> None:
        self.queue.prepare()
        if self.queue.stats().events == 0:
            _archive(self.settings, fresh=False)
        self.settings.records_file.unlink(missing_ok=True)  # records of an earlier stop lack our jobs
        self.settings.retention_file.write_text(f"{self.settings.retention}\n")
        self.began_after = self._begin_log()
        for port, option in ((self.settings.port, "--port"), (self.settings.sync_port, "--sync-port")):
            self._sockets.append(listen(self.settings.host, port, setting=option))
        if self._mode == THREADS:
            self._supervisor = Threads(self.settings, self.broker)
        else:
            self._supervisor = Supervisor(self.settings, revive_broker=self.broker.revive)
        self._supervisor.start("recorder", "recorder")
        self._supervisor.start("api", "api", self._sockets[0])
        self.scale(self.settings.workers)
        self._await(lambda: _is_healthy(self.url) and _is_healthy(self.sync_url), "the two endpoints")
        self._await(lambda: self.queue.stats().workers >= self.settings.workers, "the workers")

    def _run_roles(self, role: str, prefix: str, count: int, sock: socket.socket | None) -> None:
        """Run a role so many times, under the names `prefix`-1, `prefix`-2, …"""
        supervisor = self._running()
        wanted = [f"{prefix}-{number}" for number in range(1, count + 1)]
        running = supervisor.names(f"{prefix}-")
        supervisor.end([name for name in running if name not in wanted])
        for name in wanted:
            if name not in running:
                supervisor.start(name, role, sock)

    def _running(self) -> Supervisor | Threads:
        if self._supervisor is None:
            raise UsageError("The lab is not running; start it with `with Lab() as lab:` or lab.start().")
        return self._supervisor

    def _known(self, name: str) -> str:
        names = self.process_names()
        require(name in names, f"There is no process {name!r} here: take one of {', '.join(names)}.")
        return name

    def _await(self, ready: Callable[[], bool], what: str) -> None:
        def is_ready() -> bool:
            self.check()
            return ready()

        if not wait_until(is_ready, _START_TIMEOUT):
            logs = self.settings.folder / "logs"
            raise PdfLabError(f"After {_START_TIMEOUT:g} s {what} did not answer; see {logs}.")

    def _begin_log(self) -> int:
        """Start a new log after the last event of a Redis with a history; return the number of that event."""
        last = self.queue.last_event()
        if last is None:
            return 0
        if not self.settings.log_file.exists():
            begin_log(self.settings.log_file, last)
        return last.number

    def _save_records(self) -> None:
        try:
            jobs = RedisMonitor(self.broker.client(patient=False), self.settings).all_jobs()
            self.settings.records_file.write_text("".join(json.dumps(job.to_dict()) + "\n" for job in jobs))
        except (BrokerUnavailable, OSError) as error:
            _log.warning("The job records could not be saved (%s).", error)


def known_mode(mode: str) -> str:
    """Return the mode. Raises UsageError if it is unknown."""
    require(mode in (PROCESSES, THREADS), f"There is no mode {mode!r}: take {PROCESSES!r} or {THREADS!r}.")
    return mode


def known_worker(worker: str) -> str:
    """Return the type of worker. Raises UsageError if it is unknown."""
    require(worker in _ROLES, f"There is no {worker!r} worker: take {' or '.join(_ROLES)}.")
    return worker


def _lock_folder(folder: Path) -> FileLock:
    """Lock a folder against a second system, which would write to the same log."""
    lock = FileLock(folder / ".lock", thread_local=False)  # another thread may release it
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"Another pdflab is running in {folder}; stop it, or choose another folder."
        ) from None
    return lock


def _broker(settings: Settings, mode: str, temporary: Path | None) -> Broker:
    if settings.redis_url:
        return broker_at(settings.redis_url)
    if mode == THREADS:
        return embedded_broker()
    return private_broker(settings.folder / "redis", temporary=temporary, appendfsync=settings.appendfsync)


def _archive(settings: Settings, *, fresh: bool) -> None:
    """Move the files of an earlier system to `earlier/`; for a fresh start, also those of its Redis."""
    s = settings
    files = [s.log_file, s.sync_log_file, s.accepted_file, s.sends_file, s.records_file, s.retention_file]
    files += [s.folder / "redis"] if fresh else []
    found = [path for path in files if path.is_file() or any(path.glob("[!.]*"))]
    storage = configured_storage(s)
    if not found and not any(storage.list()):
        return
    archive = s.folder / "earlier" / f"{datetime.now():%Y-%m-%d_%H%M%S.%f}"
    archive.mkdir(parents=True)
    for path in found:
        shutil.move(path, archive)  # it may lie on another disk
    storage.archive(archive)


def _is_healthy(url: str) -> bool:
    try:
        return send_request(url, "/healthz", timeout=2.0).status == 200
    except OSError:
        return False
