"""The whole system: Redis, the recorder, both endpoints and the workers, started and stopped together.

Read next: pdflab/lab/processes.py; pdflab/lab/threads.py does the same in threads.
"""

import os
import shutil
import socket
import weakref
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from threading import RLock
from typing import Self

from pdflab.child_process import end, spawn, wait_until
from pdflab.errors import BrokerUnavailable, PdfLabError, UsageError, require
from pdflab.lab.browser_links import behind_jupyter, browser_url
from pdflab.lab.folder import archive, begin_files, lock_folder, save_records
from pdflab.lab.http_client import send_request
from pdflab.lab.processes import Supervisor
from pdflab.lab.threads import Threads
from pdflab.service.deployment import check_deployment
from pdflab.service.http.backlog import set_limit
from pdflab.service.http.server import address, listen
from pdflab.service.jobqueue.foreign_redis import broker_at
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker
from pdflab.service.storage.configured import configured_storage
from pdflab.service.token_file import with_token
from pdflab.settings import Settings

MODES = PROCESSES, THREADS = "processes", "threads"
_ROLES = {  # of each type of worker
    "reliable": "worker",
    "naive": "naive-worker",
    "email": "email-worker",
    "email-keyed": "email-keyed-worker",
}
_START_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs between a start and a stop."""

    broker: Broker
    queue: RedisMonitor
    supervisor: Supervisor | Threads
    sockets: list[socket.socket]  # of the queued and the synchronous endpoint
    began_after: int  # the number of the last event before our log


class System:
    """A system in the folder of its settings.

    A `temporary` folder is removed by `stop`, and even if this process is killed while a private Redis runs.
    Raises UsageError for invalid values.
    """

    def __init__(
        self, settings: Settings, *, mode: str = PROCESSES, worker: str = "reliable", temporary: bool = False
    ) -> None:
        self._temporary = settings.folder if temporary else None
        self.redis_wrapper: Sequence[str] = ()  # before the command of a private redis-server: for faults
        self._parts: _Parts | None = None
        self._ending, self._broker_ending = ExitStack(), ExitStack()  # of the parts; of an embedded Redis
        self._embedded: Broker | None = None  # it outlives a halt, because it writes nothing to a disk
        self._ports: dict[str, int] = {}  # of the last start: links that are open go on working
        self._lifecycle = RLock()  # one start, stop or change of the workers at a time
        exits = ExitStack()
        if temporary:
            exits.callback(shutil.rmtree, settings.folder, ignore_errors=True)
        exits.callback(self._broker_ending.close)
        exits.callback(self._ending.close)
        self._finalizer = weakref.finalize(self, exits.close)  # at garbage collection, or at exit
        self.settings, self.mode = behind_jupyter(settings, os.environ), known_name("mode", mode, MODES)
        self.worker = known_name("worker", worker, _ROLES)

    def __enter__(self) -> Self:
        """Start everything."""
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop everything."""
        self.stop()

    def start(self, *, fresh: bool = False) -> None:
        """Start everything, and wait until both endpoints and the workers answer.

        It continues the files of an earlier system. If it starts `fresh`, or if its Redis lacks the jobs, it
        moves them to `earlier/`.
        """
        with self._lifecycle:
            require(self._finalizer.alive, "This lab has been stopped; make a new one: lab = Lab().")
            if self._parts:
                return
            kept = self._embedded
            try:
                self._start(fresh=fresh)
            except BaseException:
                self._parts = None
                self._ending.close()
                if not kept:
                    self._end_embedded()
                raise

    def stop(self) -> None:
        """Stop everything and save the job records beside the log; a second stop does nothing."""
        with self._lifecycle:
            self._parts = None
            self._finalizer()

    @property
    def url(self) -> str:
        """The URL of the queued endpoint and the dashboard."""
        return address(self._running().sockets[0])

    @property
    def sync_url(self) -> str:
        """The URL of the synchronous endpoint."""
        return address(self._running().sockets[1])

    @property
    def token(self) -> str | None:
        """What requests to both endpoints must carry; None if the system is open."""
        return self.settings.token

    def link(self, path: str = "/") -> str:
        """Return the address of a page for a browser, such as the dashboard or a PDF.

        Where only the Jupyter server can be reached, it is a path on that server's site, not to be printed.
        """
        page = f"{browser_url(self.url, os.environ)}{path}"
        return f"{page}?token={self.token}" if self.token else page

    def address(self) -> str:
        """Return the address of the dashboard to print: a terminal makes no link of a path."""
        link, token = self.link(), f"?token={self.token}" if self.token else ""
        own = f"{self.url}/{token}"
        site = f" on this machine; in a browser, {link} after the name of your Jupyter site"
        return own if link == own else own + site

    @property
    def broker(self) -> Broker:
        """The Redis of this system."""
        return self._running().broker

    @property
    def queue(self) -> RedisMonitor:
        """The queue, to look at."""
        return self._running().queue

    @property
    def is_halted(self) -> bool:
        """Whether nothing runs, and `start` would start it: it has not begun, or rests."""
        return self._parts is None and self._finalizer.alive

    def scale(self, workers: int) -> None:
        """Run so many workers, and as many rendering processes at the synchronous endpoint."""
        require(1 <= workers <= 64, f"A lab runs 1 to 64 workers, not {workers}; choose another number.")
        with self._lifecycle:
            sync_socket = self._running().sockets[1]
            self._run_roles(_ROLES[self.worker], "worker", workers, None)
            servers = 1 if self.mode == THREADS else workers  # the threads of one server share this process
            self._run_roles("sync-api", "sync-api", servers, sync_socket)
            self.settings = replace(self.settings, workers=workers)
            _expect_workers(self.queue, workers)

    def set_worker_type(self, worker: str) -> None:
        """Replace the workers by those of another type; the queue gets back what naive ones lost."""
        with self._lifecycle:
            supervisor = self._running().supervisor
            if known_name("worker", worker, _ROLES) != self.worker:
                self.worker = worker
                supervisor.end(supervisor.names("worker-"))
                self.queue.expire_endless_leases()
                self._run_roles(_ROLES[worker], "worker", self.settings.workers, None)

    def set_sync_backlog(self, limit: int | None) -> None:
        """Bound the requests inside the synchronous endpoint; one more is refused at once, with 503.

        None is no bound. Those that wait and those that are rendered count, in all processes together. It
        holds from the next request on.
        """
        with self._lifecycle:
            self.settings = replace(self.settings, sync_backlog=limit)
            set_limit(self.settings.backlog_file, limit)

    def set_queue_limit(self, limit: int) -> None:
        """Let the queue hold so many jobs; one more is refused with 429. The API restarts for it."""
        with self._lifecycle:
            parts = self._running()
            self.settings = replace(self.settings, queue_limit=limit)
            parts.supervisor.configure(replace(self.settings, redis_url=parts.broker.url))
            names = parts.supervisor.names("api")
            parts.supervisor.end(names)  # it ends what it has; new requests wait at the socket
            for name in names:
                parts.supervisor.start(name, "api", parts.sockets[0])

    def restart_synchronous(self) -> None:
        """Restart the synchronous endpoint, and drop what waits or is rendered inside it."""
        with self._lifecycle:
            parts = self._running()
            names = parts.supervisor.names("sync-api-")
            parts.supervisor.end(names)
            for name in names:
                parts.supervisor.start(name, "sync-api", parts.sockets[1])

    def process_names(self) -> list[str]:
        """Return the names of processes to kill or freeze: recorder, api, worker-1, sync-api-1, …"""
        return self._running().supervisor.names()

    def pids(self) -> dict[str, int]:
        """Return the process id of each name; in threads, that of this process."""
        return self._running().supervisor.pids()

    def frozen(self) -> frozenset[str]:
        """Return the names of the processes that are frozen now."""
        return self._running().supervisor.frozen

    def kill(self, name: str = "worker-1") -> None:
        """Kill a process with SIGKILL; it is restarted, as by an operator."""
        self._processes(name).kill(name)

    def freeze(self, seconds: float, *names: str) -> None:
        """Freeze processes with SIGSTOP, by default all workers, and wait until they continue."""
        require(0 < seconds <= 60, f"A process can be frozen for up to 60 seconds, not {seconds:g}.")
        supervisor = self._processes(*names)
        supervisor.freeze([*names] or supervisor.names("worker-"), seconds)

    def check(self) -> None:
        """Raise UsageError, with the reason, if a process can never run."""
        if broken := self._running().supervisor.broken:
            raise UsageError(broken)

    def _start(self, *, fresh: bool) -> None:
        settings, ending = self.settings, self._ending
        ending.close()  # of a halt: the guard of the folder
        with suppress(OSError):  # the storage says what is wrong with it
            settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # for no other user
        configured_storage(settings).prepare()
        ending.callback(lock_folder(settings.folder).release)
        settings = self.settings = with_token(settings, fresh=True)
        if fresh:
            self._end_embedded()
            archive(settings, fresh=True)
        broker = self._start_broker()
        connected = replace(settings, redis_url=broker.url)
        queue = RedisMonitor(broker.client(), connected)
        queue.prepare()
        check_deployment(queue, configured_storage(settings))
        began_after = begin_files(settings, queue)
        set_limit(settings.backlog_file, settings.sync_backlog)
        sockets = [self._listen(name) for name in ("port", "sync_port")]
        supervisor: Supervisor | Threads
        if self.mode == THREADS:
            supervisor = Threads(connected, broker)
        else:
            supervisor = Supervisor(connected, revive_broker=broker.revive)
        ending.callback(_expect_workers, queue, None)
        ending.callback(save_records, settings, broker)
        ending.callback(supervisor.stop)
        ending.callback(_end_all_but_recorder, supervisor)
        self._parts = _Parts(broker, queue, supervisor, sockets, began_after)
        supervisor.start("recorder", "recorder")
        supervisor.start("api", "api", sockets[0])
        for number in range(2, 1 + (settings.api_processes if self.mode == PROCESSES else 1)):
            supervisor.start(f"api-{number}", "api", sockets[0])
        self.scale(settings.workers)
        if not wait_until(self._all_answer, _START_TIMEOUT):
            logs = settings.folder / "logs"
            raise PdfLabError(f"After {_START_TIMEOUT:g} s not all processes answered; see {logs}.")

    def _start_broker(self) -> Broker:
        s = self.settings
        if (kept := self._embedded) and not (kept.process and kept.process.poll() is not None):
            return kept
        if s.redis_url:
            return broker_at(s.redis_url)
        if self.mode == THREADS:
            broker = embedded_broker()
        else:
            folder, sync, wrapper = s.folder / "redis", s.appendfsync, self.redis_wrapper
            broker = private_broker(folder, temporary=self._temporary, appendfsync=sync, wrapper=wrapper)
        self._embedded = broker if broker.embedded else None
        (self._broker_ending if broker.embedded else self._ending).callback(broker.stop)
        return broker

    def _guard_folder(self) -> None:
        """Start a process that removes a temporary folder if this one is killed while nothing else runs."""
        if self._temporary and self.mode == PROCESSES:
            words = ["pdflab.child_process", str(self._temporary), "--", "tail", "-f", os.devnull]
            guard = spawn(words, self._temporary / "logs" / "guard.log")
            self._ending.callback(end, guard, seconds=2.0)
            self._ending.callback(guard.terminate)

    def _end_embedded(self) -> None:
        self._embedded = None
        self._broker_ending.close()

    def _listen(self, name: str) -> socket.socket:
        """Listen on the port of the last start, if it is free; else on that of the settings."""
        host, port = self.settings.host, getattr(self.settings, name)
        option = f"--{name.replace('_', '-')} or PDFLAB_{name.upper()}"
        try:
            sock = listen(host, self._ports.get(name, port), setting=option)
        except UsageError:
            sock = listen(host, port, setting=option)
        self._ending.callback(sock.close)
        self._ports[name] = sock.getsockname()[1]
        return sock

    def _run_roles(self, role: str, prefix: str, count: int, sock: socket.socket | None) -> None:
        """Run a role so many times, under the names `prefix`-1, `prefix`-2, …"""
        supervisor = self._running().supervisor
        wanted = [f"{prefix}-{number}" for number in range(1, count + 1)]
        running = supervisor.names(f"{prefix}-")
        supervisor.end([name for name in running if name not in wanted])
        for name in wanted:
            if name not in running:
                supervisor.start(name, role, sock)

    def _running(self) -> _Parts:
        if self._parts is None:
            raise UsageError("This lab is not running; start it with `with Lab() as lab:` or lab.start().")
        return self._parts

    def _processes(self, *chosen: str) -> Supervisor:
        """Return the supervisor of processes that can be killed or frozen, and have these names."""
        supervisor = self._running().supervisor
        for name in chosen:
            known_name("process", name, supervisor.names())
        if isinstance(supervisor, Threads):
            raise UsageError("Threads cannot be killed or frozen; use processes: Lab(mode='processes').")
        return supervisor

    def _all_answer(self) -> bool:
        self.check()
        if failing := self._running().supervisor.failing:
            raise PdfLabError(failing)
        endpoints = _is_healthy(self.url) and _is_healthy(self.sync_url)
        return endpoints and self.queue.stats().workers >= self.settings.workers


def known_name(what: str, name: str, names: Iterable[str]) -> str:
    """Return the name. Raises UsageError, with what it names, if it is none of these."""
    require(name in names, f"There is no {what} {name!r} here: take one of {', '.join(names)}.")
    return name


def _end_all_but_recorder(supervisor: Supervisor | Threads) -> None:
    """End the other roles first: the recorder writes the remaining events of the stream."""
    supervisor.end([name for name in supervisor.names() if name != "recorder"])


def _expect_workers(queue: RedisMonitor, workers: int | None) -> None:
    with suppress(BrokerUnavailable):  # a figure for those who watch
        queue.expect_workers(workers)


def _is_healthy(url: str) -> bool:
    try:
        return send_request(url, "/healthz", timeout=2.0).status == 200
    except OSError:
        return False
