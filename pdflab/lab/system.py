"""The whole system: a Redis, the recorder, both endpoints and the workers, started and stopped together.

Read next: lab/processes.py for processes, lab/threads.py for threads.
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
from pdflab.errors import BrokerUnavailable, PdfLabError, UsageError
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
WORKERS = {"reliable": "worker", "naive": "naive-worker"}  # each kind, and its role
_START_TIMEOUT = 30.0  # seconds


class System:
    """A running system. Raises UsageError when it cannot be started as it is set up.

    What an earlier system left in the folder is put aside, under `earlier/`, if this one is to begin
    `fresh` or its Redis knows nothing of it; else it goes on. A `temporary` folder is removed in the
    end, even if this process is killed.
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
        self._crew: Supervisor | Threads | None = None
        configured_storage(settings).prepare()
        self._folder_lock = _claimed(settings.folder)
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
        """Where the queued endpoint and the dashboard are."""
        return address(self._sockets[0])

    @property
    def sync_url(self) -> str:
        """Where the synchronous endpoint is."""
        return address(self._sockets[1])

    def scale(self, workers: int) -> None:
        """Run so many workers, and as many rendering processes at the synchronous endpoint."""
        if not 1 <= workers <= 64:
            raise UsageError(f"1 to 64 workers can run here, not {workers}.")
        with self._lock:
            self.settings = replace(self.settings, workers=workers)
            self._keep_running(WORKERS[self._worker], "worker", workers, None)
            # Threads of one server already share this process.
            self._keep_running(
                "sync-api", "sync-api", 1 if self._mode == THREADS else workers, self._sockets[1]
            )

    def set_worker_type(self, worker: str) -> None:
        """Let workers of another kind go on with the line: "reliable" ones, or "naive" ones."""
        if worker not in WORKERS:
            raise UsageError(f"There is no {worker!r} worker: take {' or '.join(WORKERS)}.")
        with self._lock:
            if worker != self._worker:
                crew, self._worker = self._running(), worker
                crew.end(crew.names("worker-"))
                self._keep_running(WORKERS[worker], "worker", self.settings.workers, None)

    def process_names(self) -> list[str]:
        """Name what can be killed and frozen: recorder, api, worker-1, sync-api-1, …"""
        return self._running().names()

    def kill(self, name: str) -> None:
        """Kill a part with SIGKILL; it is started again."""
        self._running().kill(self._part(name))

    def freeze(self, seconds: float, *names: str) -> None:
        """Stop parts where they are, by default all workers, and let them go on after so many seconds."""
        if not 0 < seconds <= 60:
            raise UsageError(f"A part can be frozen for up to 60 seconds, not {seconds:g}.")
        chosen = [self._part(name) for name in names] or self._running().names("worker-")
        self._running().freeze(chosen, seconds)

    def check(self) -> None:
        """Raise UsageError, saying why, when a part of the system can never run."""
        if self._crew and self._crew.broken:
            raise UsageError(self._crew.broken)

    def stop(self) -> None:
        """Stop everything and save the job records beside the log; a second stop does nothing.

        The recorder ends last: it writes what the others left in the stream.
        """
        with self._lock:
            crew, self._crew = self._crew, None
            sockets, self._sockets = self._sockets, []
        with ExitStack() as last_first:  # an interrupt, or a full disk, skips none of them
            last_first.callback(self._folder_lock.release)
            last_first.callback(self.broker.stop)
            for sock in sockets:
                last_first.callback(sock.close)
            if crew:
                last_first.callback(self._save_records)
                last_first.callback(crew.stop)
                last_first.callback(crew.end, [name for name in crew.names() if name != "recorder"])

    def _start(self) -> None:
        self.queue.prepare()
        if self.queue.stats().events == 0:
            _archive(self.settings, fresh=False)
        self.settings.records_file.unlink(missing_ok=True)  # an earlier stop's: they know no job of ours
        self.settings.kept_file.write_text(f"{self.settings.retention}\n")
        self.began_after = self._begin_log()
        for port, option in ((self.settings.port, "--port"), (self.settings.sync_port, "--sync-port")):
            self._sockets.append(listen(self.settings.host, port, setting=option))
        in_threads = self._mode == THREADS
        self._crew = (
            Threads(self.settings, self.broker)
            if in_threads
            else Supervisor(self.settings, revive_broker=self.broker.revive)
        )
        self._crew.start("recorder", "recorder")
        self._crew.start("api", "api", self._sockets[0])
        self.scale(self.settings.workers)
        self._await(lambda: _is_healthy(self.url) and _is_healthy(self.sync_url), "the two endpoints")
        self._await(lambda: self.queue.stats().workers >= self.settings.workers, "the workers")

    def _keep_running(self, role: str, name: str, count: int, sock: socket.socket | None) -> None:
        crew = self._running()
        wanted = [f"{name}-{number}" for number in range(1, count + 1)]
        running = crew.names(f"{name}-")
        crew.end([part for part in running if part not in wanted])
        for part in wanted:
            if part not in running:
                crew.start(part, role, sock)

    def _running(self) -> Supervisor | Threads:
        if self._crew is None:
            raise UsageError("The lab is not running; start it with `with Lab() as lab:` or lab.start().")
        return self._crew

    def _part(self, name: str) -> str:
        if name not in self.process_names():
            raise UsageError(
                f"There is no part {name!r} here: take one of {', '.join(self.process_names())}."
            )
        return name

    def _await(self, ready: Callable[[], bool], what: str) -> None:
        def is_ready() -> bool:
            self.check()
            return ready()

        if not wait_until(is_ready, _START_TIMEOUT):
            logs = self.settings.folder / "logs"
            raise PdfLabError(f"After {_START_TIMEOUT:g} s {what} did not answer; see {logs}.")

    def _begin_log(self) -> int:
        """Let a new log on a Redis with a history begin where that ends; return its last event's number."""
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
            _log.warning("The job records are not saved (%s).", error)


def _claimed(folder: Path) -> FileLock:
    """Keep a second system out of a folder: they would write one log."""
    lock = FileLock(folder / ".lock", thread_local=False)  # who stops may be another thread
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
    """Put the traces of an earlier system aside, its Redis too if this one is to begin fresh."""
    s = settings
    traces = [s.log_file, s.sync_log_file, s.accepted_file, s.sends_file, s.records_file, s.kept_file]
    traces += [s.folder / "redis"] if fresh else []
    there = [path for path in traces if path.is_file() or any(path.glob("[!.]*"))]
    storage = configured_storage(s)
    if not there and not any(storage.list()):
        return
    aside = s.folder / "earlier" / f"{datetime.now():%Y-%m-%d_%H%M%S.%f}"
    aside.mkdir(parents=True)
    for path in there:
        shutil.move(path, aside)  # it may lie on another disk
    storage.archive(aside)


def _is_healthy(url: str) -> bool:
    try:
        return send_request(url, "/healthz", timeout=2.0).status == 200
    except OSError:
        return False
