"""How each role of the system is put together, whether it is a process or a thread.

Nothing is imported before its role needs it: a worker never loads flask, the API never the renderer.

Read next: lab/processes.py.
"""

import gc
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from pdflab.service.jobqueue.consumer import RedisConsumer
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.producer import RedisProducer
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.configured import configured_storage
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings

if TYPE_CHECKING:
    from pdflab.service.api.context import Operations

_log = logging.getLogger(__name__)
_API_THREADS = 8
_NICENESS = 5  # a quarter of the processor where both want it
_SYNC_THREADS = 4  # waitress' own default


def run_api(
    broker: Broker,
    settings: Settings,
    stop: Event,
    sock: socket.socket,
    operations: "Operations",
    *,
    own_process: bool = True,
) -> None:
    """Serve the queued endpoint and the dashboard until told to stop."""
    from pdflab.service.api.app import create_app
    from pdflab.service.http.server import serve

    client = broker.client(patient=False)
    storage = configured_storage(settings)  # only read, and not prepared: accepting needs no disk
    producer, monitor = RedisProducer(client, settings), RedisMonitor(client, settings)
    app = create_app(producer, monitor, storage, settings, operations=operations)
    if own_process:
        gc.collect()
        # a full collection of all that is loaded takes some 0.1 s, in which no request is answered
        gc.freeze()
    serve(app, sock, stop, threads=_API_THREADS)


def run_sync_api(settings: Settings, stop: Event, sock: socket.socket, *, own_process: bool = True) -> None:
    """Serve the synchronous endpoint until told to stop."""
    from pdflab.service.api.sync import EventLog, create_sync_app
    from pdflab.service.http.server import serve
    from pdflab.service.worker.font_files import find_fonts

    if own_process:
        _yield()  # as the workers do: both endpoints' PDFs are made at the same priority
    log = EventLog(settings.sync_log_file)
    serve(create_sync_app(settings, log, fonts=find_fonts(settings.fonts)), sock, stop, threads=_SYNC_THREADS)
    log.close()


def run_recorder(broker: Broker, settings: Settings, stop: Event) -> None:
    """Write jobs.log until told to stop."""
    from pdflab.service.eventlog.recorder import Recorder

    recorder = Recorder(RedisMonitor(broker.client(), settings), settings.log_file)
    recorder.open()
    recorder.run(stop)


def run_worker(broker: Broker, settings: Settings, stop: Event, *, own_process: bool = True) -> None:
    """Work through the queue until told to stop; a process that overruns its grace hands its job back."""
    with _without_numpy() if own_process else nullcontext():
        from pdflab.service.worker.font_files import find_fonts
        from pdflab.service.worker.worker import Worker, renderer

    storage = configured_storage(settings)
    storage.prepare()
    render = renderer(find_fonts(settings.fonts))
    worker = Worker(
        RedisConsumer(broker.client(alone=True), settings),
        storage,
        render=render,
        heartbeat_queue=RedisConsumer(broker.client(), settings),
        time_limit=settings.time_limit,
        on_timeout=(lambda: os._exit(1)) if own_process else lambda: None,  # a thread cannot be ended
    )
    finished = Event()

    def insist() -> None:
        stop.wait()
        if not finished.wait(settings.grace):
            _log.warning("%s on_timeout its grace of %s s.", worker.worker_id, settings.grace)
            try:
                worker.release(over=RedisConsumer(broker.client(patient=False), settings))
            finally:  # whatever became of Redis: the lease runs out too
                os._exit(0)

    if own_process:
        _yield()
        Thread(target=insist, daemon=True).start()
    worker.run(stop, lease=settings.lease)
    finished.set()


def run_naive_worker(broker: Broker, settings: Settings, stop: Event) -> None:
    """Work as the tutorials do, until told to stop."""
    from pdflab.service.worker.font_files import find_fonts
    from pdflab.service.worker.naive import NaiveWorker
    from pdflab.service.worker.worker import renderer

    render = renderer(find_fonts(settings.fonts))
    storage = FolderStorage(settings.storage_folder)
    storage.prepare()
    NaiveWorker(JobQueue(broker.client(), settings), storage, render=render).run(stop)


def _yield() -> None:
    """Render at a lower priority than the API accepts: on shared cores a client's answer goes before its PDF.

    A server that renders inside the request has no such choice: its answers are as late as its PDFs. Linux
    weighs whole sessions against each other where it groups them, and looks at a process' own priority only
    within its session.
    """
    with suppress(OSError, AttributeError):
        os.nice(_NICENESS)
        if os.getsid(0) == os.getpid():  # else it is a terminal's session, and not ours to slow down
            Path("/proc/self/autogroup").write_text(str(_NICENESS))


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Hide numpy while fpdf2 is imported: it would load it for images, which no document has.

    That is 12 MB less for each worker, and a start that takes a third less time.
    """
    loaded = "numpy" in sys.modules
    if not loaded:
        sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if not loaded:
            sys.modules.pop("numpy", None)
