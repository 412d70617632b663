"""Assembles each role of the system, to run as a process or as a thread.

Each function imports what its role needs: a worker never loads flask, the API never loads the renderer.

Read next: pdflab/lab/processes.py.
"""

import gc
import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread, local
from typing import TYPE_CHECKING, Any

from pdflab.service.jobqueue.consumer import RedisConsumer
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.producer import RedisProducer
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import Settings

if TYPE_CHECKING:
    from pdflab.service.api.answers import AnswerCounter
    from pdflab.service.api.context import Operations

_log = logging.getLogger(__name__)
_API_THREADS = 8
_NICENESS = 5  # leaves a quarter of a core to the renderer while the API is busy
_SYNC_THREADS = 4  # waitress' own default
_SWITCH_INTERVAL = 0.001  # seconds, not Python's 5 ms: a request is refused while others are rendered
_AGAIN = "--again"  # this role has run before: if Redis is away now, it waits
_SIGNAL_DELAY = 0.1  # seconds from a signal until its event is surely set


def run_api(
    broker: Broker,
    settings: Settings,
    stop: Event,
    sock: socket.socket,
    operations: "Operations",
    *,
    own_process: bool = True,
) -> None:
    """Serve the queued endpoint and the dashboard until asked to stop."""
    from pdflab.service.api.app import create_app
    from pdflab.service.http.server import keep_to_one_core, serve_http

    storage = configured_storage(settings)  # not prepared: accepting needs no disk
    client, connect = broker.client(patient=False), partial(broker.client, patient=False, alone=True)
    producer = ProducerOfEachThread(client, settings, connect=connect)
    monitor = RedisMonitor(client, settings)
    app = create_app(producer, monitor, storage, settings, operations=operations)
    if own_process:
        _set_loaded_aside()
        if settings.api_processes == 1:  # two might choose the same core
            keep_to_one_core()
    answers: AnswerCounter = app.extensions["pdflab"].answers
    Thread(target=answers.run, args=(stop,), name="answers", daemon=True).start()
    on_refusal = partial(answers.count, 413)
    serve_http(app, sock, stop, threads=_API_THREADS, max_body=settings.max_body, on_refusal=on_refusal)


def run_sync_api(settings: Settings, stop: Event, sock: socket.socket, *, own_process: bool = True) -> None:
    """Serve the synchronous endpoint until asked to stop. Its folder has the present limit of its backlog."""
    from pdflab.service.api.sync import EventLog, create_sync_app
    from pdflab.service.http.backlog import Places
    from pdflab.service.http.server import serve_http
    from pdflab.service.worker.font_files import find_fonts

    log, backlog = EventLog(settings.sync_log_file), Places(settings.backlog_file)
    app = create_sync_app(settings, log, fonts=find_fonts(settings.fonts))
    if own_process:
        sys.setswitchinterval(_SWITCH_INTERVAL)
        _lower_priority()  # as the workers do: both endpoints render at the same priority
        _set_loaded_aside()
    serve_http(app, sock, stop, threads=_SYNC_THREADS, max_body=settings.max_body, backlog=backlog)
    log.close()
    backlog.close()


def run_recorder(broker: Broker, settings: Settings, stop: Event) -> None:
    """Write jobs.log until asked to stop."""
    from pdflab.service.eventlog.recorder import Recorder

    recorder = Recorder(RedisMonitor(broker.client(), settings), settings.log_file)
    recorder.open()
    recorder.run(stop)


def run_worker(
    broker: Broker,
    settings: Settings,
    stop: Event,
    *,
    role: str = "worker",
    name: str = "",
    own_process: bool = True,
) -> None:
    """Process jobs until asked to stop; as "email-worker" or "email-keyed-worker", send e-mails about them.

    A process returns its job to the queue after its grace period, and replaces itself after many jobs.
    """
    with _without_numpy() if own_process else nullcontext():
        from pdflab.service.worker.font_files import find_fonts
        from pdflab.service.worker.worker import Worker, renderer

    make_worker: Callable[..., Worker] = Worker
    if role != "worker":
        from pdflab.service.worker.emails import EmailWorker, Outbox

        keyed = role == "email-keyed-worker"
        make_worker = partial(EmailWorker, outbox=Outbox(settings.emails_file, keyed=keyed))
    storage = configured_storage(settings)
    storage.prepare()
    worker = make_worker(
        RedisConsumer(broker.client(alone=True), settings),
        storage,
        render=renderer(find_fonts(settings.fonts)),
        name=name,
        heartbeat_queue=RedisConsumer(broker.client(), settings),
        time_limit=settings.time_limit,
        on_timeout=(lambda: os._exit(1)) if own_process else lambda: None,  # a thread cannot be ended
    )
    finished = Event()

    def enforce_grace() -> None:
        stop.wait()
        if not finished.wait(settings.grace):
            _log.warning("%s was still working after %s s; it ends.", worker.worker_id, settings.grace)
            try:
                worker.release(over=RedisConsumer(broker.client(patient=False), settings))
            finally:  # even if Redis does not answer: the lease expires anyway
                os._exit(0)

    if own_process:
        _lower_priority()
        _set_loaded_aside()
        Thread(target=enforce_grace, daemon=True).start()
    worker.run(stop, lease=settings.lease, jobs=settings.worker_jobs if own_process else math.inf)
    finished.set()
    if own_process and not stop.is_set():
        _begin_anew(stop)


def _begin_anew(stop: Event) -> None:
    """Replace this process by a fresh one, with the same process id and arguments, unless `stop` is set.

    No supervisor notices. From here on, a signal to stop ends the process: it has no job in its hands.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if not stop.wait(_SIGNAL_DELAY):
        os.execv(sys.executable, [*(word for word in sys.orig_argv if word != _AGAIN), _AGAIN])


def run_naive_worker(broker: Broker, settings: Settings, stop: Event, *, name: str = "") -> None:
    """Run the naive worker until asked to stop."""
    from pdflab.service.worker.font_files import find_fonts
    from pdflab.service.worker.naive import NaiveWorker
    from pdflab.service.worker.worker import renderer

    queue, storage = JobQueue(broker.client(), settings), configured_storage(settings)
    storage.prepare()
    NaiveWorker(queue, storage, render=renderer(find_fonts(settings.fonts)), name=name).run(stop)


class ProducerOfEachThread(RedisProducer):
    """A producer whose threads have a connection each: a connection pool takes as long as the command.

    `connect` makes the client of a thread, when the thread first needs it.
    """

    def __init__(self, client: Any, settings: Settings, *, connect: Callable[[], Any]) -> None:
        super().__init__(client, settings)
        self._connect, self._own = connect, local()

    @property
    def _redis(self) -> Any:
        if not hasattr(self._own, "client"):
            self._own.client = self._connect()
        return self._own.client


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Hide numpy while fpdf2 is imported: fpdf2 loads it for images, which no document has.

    This saves a worker 11 MB, and a fifth of its import time.
    """
    loaded = "numpy" in sys.modules
    if not loaded:
        sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if not loaded:
            sys.modules.pop("numpy", None)


def _set_loaded_aside() -> None:
    """Exclude from garbage collection what is loaded: a full collection would block for 0.1 s.

    Python postpones one until a quarter of all objects are new, as many as 20,000 documents leave behind.
    The second collection counts what is left: from now on, full ones are quick and come in time.
    """
    gc.collect()
    gc.freeze()
    gc.collect()


def _lower_priority() -> None:
    """Lower the priority of rendering below that of the API, so that answers come first on shared cores.

    Linux may group processes by session (autogroup) and compare priorities only within one. Then the
    priority of the session must be lowered, too.
    """
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
        if os.getsid(0) == os.getpid():  # otherwise the session belongs to a terminal
            Path("/proc/self/autogroup").write_text(str(_NICENESS))
