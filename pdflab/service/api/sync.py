"""The synchronous endpoint: the PDF is rendered inside the request, and the client waits for it.

For a fair comparison, it has as many processes, on one listening socket, as the queue has workers. They
render the same documents with the same renderer. Their events go to a separate file.
Read next: pdflab/service/worker/worker.py.
"""

import os
import re
import time
from dataclasses import replace
from pathlib import Path
from threading import Lock

from flask import Flask, Response, request

from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.errors import ImpossibleDocument
from pdflab.jobs import Cause, JobEvent, JobState
from pdflab.service.http.errors import read_json
from pdflab.service.http.security import protect
from pdflab.service.jobqueue.base import new_id
from pdflab.settings import Settings


class EventLog:
    """Appends events to a file that several processes share; one write a line keeps the lines whole."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._lock = Lock()

    def append(self, job_id: str, state: JobState, kind: str, error: Exception | None = None) -> None:
        """Append an event at the present time, with reason and cause from an `error`."""
        event = JobEvent(job_id, state, time.time(), kind, worker=f"sync:{os.getpid()}")
        if error:
            event = replace(event, reason=str(error), cause=_cause(error))
        with self._lock:
            os.write(self._file, f"{event.to_json()}\n".encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def create_sync_app(settings: Settings, log: EventLog, *, fonts: FontBook) -> Flask:
    """Return the WSGI application of the synchronous endpoint."""
    app = Flask("pdflab-sync")
    protect(app, settings)

    @app.post("/generate-pdf/sync")
    def generate_pdf_now() -> Response:
        """Render the document and answer with it."""
        document = parse_request(read_json(request))
        job_id = _job_id(request.headers.get("X-Job-Id", ""))
        log.append(job_id, JobState.PROCESSING, document.type)
        try:
            rendered = render(document, created_at=time.time(), fonts=fonts)
        except Exception as error:
            log.append(job_id, JobState.FAILED, document.type, error)
            raise
        log.append(job_id, JobState.COMPLETED, document.type)
        return Response(rendered.pdf, content_type="application/pdf", headers={"X-Job-Id": job_id})

    @app.get("/healthz")
    def show_health() -> dict[str, str]:
        """Answer ok while the service answers."""
        return {"status": "ok"}

    return app


def _job_id(chosen: str) -> str:
    """Return the id that the caller has made, so that it can follow its job in the log, or a new one."""
    return chosen if re.fullmatch("[0-9a-f]{32}", chosen) else new_id()


def _cause(error: Exception) -> Cause:
    match error:
        case ImpossibleDocument():
            return Cause.REJECTED
        case MemoryError():
            return Cause.OUT_OF_MEMORY
        case _:
            return Cause.RENDERER_ERROR
