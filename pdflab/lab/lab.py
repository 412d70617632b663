"""Lab: start the whole system, send load, inject faults, and read the results.

    with Lab(workers=2) as lab:
        lab.burst(50)
        lab.wait()
        print(lab.stats())

Read next: pdflab/lab/system.py.
"""

import itertools
import shutil
import tempfile
import weakref
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Lock, RLock
from types import TracebackType
from typing import Any, Self

from pdflab.analysis.run import Send
from pdflab.child_process import wait_until
from pdflab.errors import LoadFailed, UsageError, require
from pdflab.jobs import Endpoint, JobEvent
from pdflab.lab.system import PROCESSES, THREADS, System, known_mode, known_worker
from pdflab.load.generator import Target
from pdflab.load.launcher import Load, LoadProcess, LoadThread
from pdflab.load.plan import Plan
from pdflab.load.scenarios import plan_for
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.service.jobqueue.base import Stats, WorkerStatus
from pdflab.service.storage.base import Storage
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import PRESETS, Settings


class Lab:
    """The queued and the synchronous service side by side, with as many workers as rendering servers.

    `mode` is "processes" or "threads", `worker` "reliable" or "naive". The preset "teaching" has leases of
    3 s, so that a class sees the job of a dead worker return. Without a `folder`, the lab uses a temporary
    one and removes it when it stops. It continues a used folder; `fresh` archives the old files instead.
    Raises UsageError for invalid values.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        mode: str = PROCESSES,
        worker: str = "reliable",
        preset: str = "standard",
        folder: str | Path | None = None,
        settings: Settings | None = None,
        fresh: bool = False,
    ) -> None:
        self.mode, self.worker = known_mode(mode), known_worker(worker)
        self.preset = "custom" if settings else preset
        self._temporary = Path(tempfile.mkdtemp(prefix="pdflab-")) if folder is None else None
        self._exits = ExitStack()
        self._exits.callback(_remove, self._temporary)
        self._finalizer = weakref.finalize(self, self._exits.close)  # at garbage collection, or at exit
        self.folder = Path(folder or self._temporary or "").resolve()
        chosen = settings or Settings.preset(preset, port=0, sync_port=0)
        self.settings = replace(chosen, workers=workers, folder=self.folder)
        self._fresh = fresh
        self._system: System | None = None
        self._loads: list[Load] = []
        self._seeds = itertools.count(1)
        self._lock = Lock()
        self._lifecycle = RLock()  # one start, stop or reset at a time
        self._open_files()

    def __enter__(self) -> Self:
        """Start everything."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    def __repr__(self) -> str:
        return f"Lab(workers={self.settings.workers}, mode={self.mode!r})"

    def start(self) -> None:
        """Start Redis, the recorder, both endpoints and the workers, and wait until all answer."""
        with self._lifecycle:
            if not self._finalizer.alive:
                raise UsageError("This lab has been stopped; make a new one: lab = Lab().")
            if self._system is None:
                self._system = System(
                    self.settings,
                    mode=self.mode,
                    worker=self.worker,
                    fresh=self._fresh,
                    temporary=self._temporary,
                )
                self._exits.callback(self._system.stop)

    def stop(self) -> None:
        """Stop everything and save the job records; a second stop does nothing. Logs stay readable."""
        with self._lifecycle, ExitStack() as last_first:  # each runs, even after an interrupt
            last_first.callback(self._finalizer)
            self._halt(last_first)

    def reset(self, *, mode: str | None = None, preset: str | None = None) -> None:
        """Restart everything, empty, optionally in another mode or preset.

        The old files are moved to `earlier/` in the lab's folder.
        """
        with self._lifecycle:
            self._running()
            settings = self.settings if preset is None else _with_preset(self.settings, preset)
            mode = known_mode(mode or self.mode)
            with ExitStack() as last_first:
                self._halt(last_first)
            self.mode, self.preset, self.settings = mode, preset or self.preset, settings
            self._fresh = True
            self._open_files()
            self.start()

    def scale(self, workers: int) -> None:
        """Run so many workers, and as many rendering processes at the synchronous endpoint."""
        self._running().scale(workers)
        self.settings = replace(self.settings, workers=workers)

    # The six operations

    def custom(self, *, endpoint: Endpoint = Endpoint.QUEUED, **fields: Any) -> str:
        """Request one custom document, with given or made-up fields; return the job id."""
        return self.document("custom", endpoint=endpoint, **fields)

    def invoice(self, *, endpoint: Endpoint = Endpoint.QUEUED, **fields: Any) -> str:
        """Request one invoice; return the job id."""
        return self.document("invoice", endpoint=endpoint, **fields)

    def report(self, *, endpoint: Endpoint = Endpoint.QUEUED, **fields: Any) -> str:
        """Request one report; return the job id."""
        return self.document("report", endpoint=endpoint, **fields)

    def batch(self, n: int = 50, *, endpoint: Endpoint = Endpoint.QUEUED) -> None:
        """Request n documents in one HTTP request."""
        self.operate("batch", endpoint=endpoint, n=n)

    def burst(self, n: int = 50, *, endpoint: Endpoint = Endpoint.QUEUED) -> None:
        """Request n documents within one second."""
        self.operate("burst", endpoint=endpoint, n=n)

    def month_end(self, seconds: float = 30.0, *, endpoint: Endpoint = Endpoint.QUEUED) -> None:
        """Send a month of business within so many seconds; its last working day is the busiest."""
        self.operate("month-end", endpoint=endpoint, seconds=seconds)

    def document(self, kind: str, *, endpoint: Endpoint = Endpoint.QUEUED, **fields: Any) -> str:
        """Request one document of a kind, with given or made-up fields, and return the job id.

        Raises LoadFailed, with the reason, when the request is not accepted.
        """
        from pdflab.documents.kinds import KINDS, sample_request

        require(kind in KINDS, f"There are no {kind!r} documents: take one of {', '.join(KINDS)}.")
        request = sample_request(kind, next(self._seeds)) | fields
        load = LoadThread([(0.0, kind, request)], self._target(endpoint), self.settings)
        load.start()
        self._note(load)
        load.wait()
        [send] = load.sends
        if not send.accepted or send.job_id is None:
            raise LoadFailed(f"The {endpoint} endpoint did not accept it: {send.error}.")
        return send.job_id

    def operate(
        self, name: str, *, endpoint: Endpoint = Endpoint.QUEUED, lines: int | None = None, **parameters: Any
    ) -> None:
        """Start an operation of OPERATIONS and return at once; `lines` sets the size of every document."""
        plan = plan_for(name, **({"seed": next(self._seeds)} | parameters))
        load = self._load(replace(plan, lines=lines), self._target(endpoint))
        load.start()
        self._note(load)

    def send(self, plan: Plan, at: Target) -> Load:
        """Start sending a plan to a target and return at once."""
        load = self._load(plan, at)
        load.start()
        self._note(load)
        return load

    # Faults

    def set_worker_type(self, worker: str) -> None:
        """Replace the workers by "reliable" or by "naive" ones; the queue stays."""
        self._running().set_worker_type(worker)
        self.worker = worker

    def process_names(self) -> list[str]:
        """Return the names of processes to kill or freeze: recorder, api, worker-1, sync-api-1, …"""
        return self._running().process_names()

    def kill(self, name: str = "worker-1") -> None:
        """Kill a process with SIGKILL; the lab restarts it, as an operator would."""
        self._running().kill(name)

    def freeze(self, seconds: float, *names: str) -> None:
        """Freeze processes with SIGSTOP, by default all workers, and wait until they continue."""
        self._running().freeze(seconds, *names)

    def cut(self) -> int:
        """Close every connection to Redis, and return how many there were."""
        return self._running().broker.cut()

    def kill_redis(self) -> None:
        """Kill the private redis-server with SIGKILL; it restarts from its append-only file."""
        self._running().broker.kill()

    # Measurements

    @property
    def url(self) -> str:
        """The URL of the queued endpoint and the dashboard."""
        return self._running().url

    @property
    def sync_url(self) -> str:
        """The URL of the synchronous endpoint."""
        return self._running().sync_url

    @property
    def redis(self) -> str:
        """A description of the Redis of this lab."""
        broker = self._running().broker
        return broker.name + ("; measure speed with a real redis-server" if broker.embedded else "")

    @property
    def embedded(self) -> bool:
        """Whether the Redis is the embedded one."""
        return self._running().broker.embedded

    def stats(self) -> Stats:
        """Return the queue's statistics at this instant."""
        return self._running().queue.stats()

    def workers(self) -> list[WorkerStatus]:
        """Return the status of each worker, and since when."""
        return self._running().queue.workers()

    def events(self) -> list[JobEvent]:
        """Return every event in jobs.log so far."""
        return self._events.read()

    def sync_events(self) -> list[JobEvent]:
        """Return every event of the synchronous endpoint so far."""
        return self._sync_events.read()

    def sends(self) -> list[Send]:
        """Return every request sent so far, to either endpoint, with its outcome."""
        return self._sends.read()

    @property
    def storage(self) -> Storage:
        """The storage of the finished PDFs."""
        return configured_storage(self.settings)

    def pdf(self, job_id: str) -> bytes | None:
        """Return a job's PDF, or None while there is none."""
        return self.storage.read(job_id)

    def wait(self, timeout: float = 120.0) -> None:
        """Wait until every request is answered, every job has ended, and jobs.log has every event.

        Raises TimeoutError, or UsageError when a process can never run.
        """
        if not wait_until(self._settled, timeout):
            waiting = self.stats().queued + self.stats().processing
            raise TimeoutError(
                f"After {timeout:g} s {waiting} jobs have not ended; wait again, or add workers."
            )

    def _halt(self, last_first: ExitStack) -> None:
        """Hand over everything that runs to `last_first`, which stops it when closed."""
        with self._lock:
            system, self._system = self._system, None
            loads, self._loads = self._loads, []
        if system:
            last_first.callback(self._read_all)
            last_first.callback(system.stop)
        for load in loads:
            last_first.callback(load.terminate)

    def _open_files(self) -> None:
        """Read the logs from their beginning."""
        self._events = Tail(self.settings.log_file, read_event)
        self._sync_events = Tail(self.settings.sync_log_file, read_event)
        self._sends = Tail(self.settings.sends_file, Send.from_json)

    def _read_all(self) -> None:
        """Read the logs once more: their items stay available when the files are gone."""
        self.events(), self.sync_events(), self.sends()

    def _settled(self) -> bool:
        """Return whether all has ended. Check loads first: their next requests are not yet in the stats."""
        self._running().check()
        if any(load.poll() is None for load in self._loads):
            return False
        stats, events = self.stats(), self.events()
        recorded = events[-1].number if events else self._running().began_after
        return stats.queued + stats.processing == 0 and recorded >= stats.events

    def _running(self) -> System:
        if self._system is None:
            raise UsageError("This lab is not running; start it with `with Lab() as lab:` or lab.start().")
        return self._system

    def _target(self, endpoint: Endpoint) -> Target:
        return Target(self.url if endpoint == Endpoint.QUEUED else self.sync_url, endpoint)

    def _load(self, plan: Plan, at: Target) -> Load:
        return (LoadThread if self.mode == THREADS else LoadProcess)(plan, at, self.settings)

    def _note(self, load: Load) -> None:
        with self._lock:
            self._loads = [*(one for one in self._loads if one.poll() is None), load]


def _with_preset(settings: Settings, preset: str) -> Settings:
    """Return the settings with the values of a preset, and all others unchanged."""
    chosen, names = Settings.preset(preset), {name for values in PRESETS.values() for name in values}
    return replace(settings, **{name: getattr(chosen, name) for name in names})


def _remove(folder: Path | None) -> None:
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
