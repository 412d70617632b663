"""Lab: start the whole system, send load, inject faults, and read the results.

    with Lab(workers=2) as lab:
        lab.burst(50)
        lab.wait()
        print(lab.stats())

Read next: pdflab/lab/system.py.
"""

import itertools
import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdflab.analysis.run import Send
from pdflab.child_process import wait_until
from pdflab.errors import LoadFailed, require
from pdflab.jobs import Endpoint, JobEvent
from pdflab.lab.system import PROCESSES, THREADS, System, known_name
from pdflab.load.generator import Target
from pdflab.load.launcher import Load, LoadProcess, LoadThread
from pdflab.load.plan import Plan
from pdflab.load.retries import NO_RETRIES, Retries
from pdflab.load.scenarios import plan_for
from pdflab.load.send_log import LoadNote
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.service.jobqueue.base import WorkerStatus
from pdflab.service.jobqueue.dashboard_view import Stats
from pdflab.service.storage.base import Storage
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import PRESETS, Settings

if TYPE_CHECKING:
    from pdflab.service.worker.emails import EmailCount


class Lab(System):
    """The queued and the synchronous service side by side, with as many workers as rendering servers.

    `mode` is "processes" or "threads", `worker` "reliable", "naive", "email" or "email-keyed". The preset
    "teaching" has leases of 3 s, so that a class sees the job of a dead worker return. What no argument sets,
    PDFLAB_* variables do; with `settings`, these alone. Ports are free ones by default. Without a `folder`,
    the lab uses a temporary one and removes it when it stops, unless its Redis, its PDFs or its log outlive
    it: then pdflab-data.
    Raises UsageError for invalid values.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        mode: str = PROCESSES,
        worker: str = "reliable",
        preset: str = "standard",
        folder: str | Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        chosen = settings or _settings_from(os.environ, preset)
        chosen = replace(chosen, workers=chosen.workers if workers is None else workers)
        named = folder or (None if settings else os.environ.get("PDFLAB_FOLDER"))
        temporary = not (named or chosen.has_places)
        place = tempfile.mkdtemp(prefix="pdflab-") if temporary else named or chosen.folder
        self.folder = Path(place).resolve()
        chosen = replace(chosen, folder=self.folder)
        super().__init__(chosen, mode=mode, worker=worker, temporary=temporary)
        self._loads: list[Load] = []
        self._seeds = itertools.count(1)
        self._open_logs()

    def __repr__(self) -> str:
        return f"Lab(workers={self.settings.workers}, mode={self.mode!r})"

    def stop(self) -> None:
        """Stop everything and save the job records; a second stop does nothing. Logs stay readable."""
        with self._lifecycle:
            try:
                self._halt()
            finally:
                super().stop()

    def halt(self) -> None:
        """Stop everything for a while: `start` continues with the same files, `stop` ends it for good.

        Only an embedded Redis stays, because it keeps the queue in its memory.
        """
        with self._lifecycle:
            self._running()
            self._halt()
            self._guard_folder()

    def reset(self) -> None:
        """Restart everything, empty; the old files are moved to `earlier/` in the lab's folder."""
        with self._lifecycle:
            self._running()
            self._halt()
            self.start(fresh=True)

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
        load = LoadThread([(0.0, kind, request)], self.target(endpoint), self.settings)
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
        load = self._load(replace(plan, lines=lines), self.target(endpoint))
        load.start()
        self._note(load)

    def send(self, plan: Plan, at: Target) -> Load:
        """Start sending a plan to a target and return at once."""
        load = self._load(plan, at)
        load.start()
        self._note(load)
        return load

    def stop_loads(self) -> None:
        """Stop every load that is being sent, and note its requests in flight as cancelled."""
        for load in self._loads:
            load.terminate()

    def target(
        self,
        endpoint: Endpoint,
        *,
        timeout: float = 30.0,
        clients: int | None = None,
        retries: Retries = NO_RETRIES,
    ) -> Target:
        """Return an endpoint as a target, for clients of this timeout in seconds."""
        url = self.url if endpoint == Endpoint.QUEUED else self.sync_url
        return Target(url, endpoint, timeout, clients, self.token, retries)

    # Faults

    def cut(self) -> int:
        """Close every connection to Redis, and return how many there were."""
        return self.broker.cut()

    def kill_redis(self) -> None:
        """Kill the private redis-server with SIGKILL; it restarts from its append-only file."""
        self.broker.kill()

    # Measurements

    @property
    def redis(self) -> str:
        """A description of the Redis of this lab."""
        broker = self.broker
        return broker.name + ("; measure speed with a real redis-server" if broker.embedded else "")

    def stats(self) -> Stats:
        """Return the queue's statistics at this instant."""
        return self.queue.stats()

    def workers(self) -> list[WorkerStatus]:
        """Return the status of each worker, and since when."""
        return self.queue.workers()

    def events(self, endpoint: Endpoint = Endpoint.QUEUED) -> list[JobEvent]:
        """Return every event of an endpoint so far; those of the queued one are in jobs.log."""
        return self._events[endpoint].read()

    def sends(self) -> list[Send]:
        """Return every request sent so far, to either endpoint, with its outcome."""
        return self._sends.read()

    def loads(self) -> list[LoadNote]:
        """Return each load's begin and end so far, to either endpoint."""
        for load in self._loads:
            load.poll()  # it notes the end of one that was killed
        return self._load_notes.read()

    def emails(self, job_ids: Collection[str | None] | None = None) -> "EmailCount":
        """Count the e-mails that workers sent, those about these jobs or all."""
        from pdflab.service.worker.emails import Outbox

        return Outbox(self.settings.emails_file).count(job_ids)

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

    def _halt(self) -> None:
        """Stop everything that runs, and read the logs once more: their items outlive the files."""
        loads, self._loads, self._parts = self._loads, [], None
        reads = [*(log.read for log in self._events.values()), self._sends.read, self._load_notes.read]
        with ExitStack() as last_first:  # each runs, even after an interrupt
            for read in reads:
                last_first.callback(read)
            last_first.callback(self._ending.close)
            for load in loads:
                last_first.callback(load.terminate)

    def _start(self, *, fresh: bool) -> None:
        super()._start(fresh=fresh)
        self._open_logs()  # where a log was archived, there is a new one

    def _open_logs(self) -> None:
        """Read the logs from their beginning."""
        files = {Endpoint.QUEUED: self.settings.log_file, Endpoint.SYNCHRONOUS: self.settings.sync_log_file}
        self._events = {endpoint: Tail(file, read_event) for endpoint, file in files.items()}
        self._sends = Tail(self.settings.sends_file, Send.from_json)
        self._load_notes = Tail(self.settings.loads_file, LoadNote.from_json)

    def _settled(self) -> bool:
        """Return whether all has ended. Check loads first: their next requests are not yet in the stats."""
        self.check()
        if any(load.poll() is None for load in self._loads):
            return False
        stats, events = self.stats(), self.events()
        recorded = events[-1].number if events else self._running().began_after
        return stats.queued + stats.processing == 0 and recorded >= stats.events

    def _load(self, plan: Plan, at: Target) -> Load:
        return (LoadThread if self.mode == THREADS else LoadProcess)(plan, at, self.settings)

    def _note(self, load: Load) -> None:
        with self._lifecycle:
            self._loads = [*(one for one in self._loads if one.poll() is None), load]


def _settings_from(environ: Mapping[str, str], preset: str) -> Settings:
    """Return the settings of PDFLAB_* variables, over which a preset wins; each lab has ports of its own."""
    ports = {"PDFLAB_PORT": "0", "PDFLAB_SYNC_PORT": "0"}
    return Settings.from_env(ports | dict(environ), **PRESETS[known_name("preset", preset, PRESETS)])
