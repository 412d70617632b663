"""The routes of the dashboard and its operations, and of statistics, events, metrics and health.

Read next: pdflab/service/api/snapshot.py.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from pdflab.errors import BrokerRefuses, InvalidRequest
from pdflab.service.api.context import context
from pdflab.service.api.control import body_of_request
from pdflab.service.api.history import columns
from pdflab.service.api.snapshot import compact
from pdflab.service.http.errors import problem
from pdflab.service.http.openapi import openapi_description
from pdflab.service.jobqueue.dashboard_view import Stats

# The page runs its own script and nothing else, and no other site shows it inside a frame.
_POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

_GAUGES = {
    "pdflab_queue_depth": ("Entries in the list that workers take from.", "queue_depth"),
    "pdflab_queue_oldest_age_seconds": ("Seconds that the oldest job in the queue has waited.", "oldest_age"),
    "pdflab_workers": ("Workers that have renewed their lease lately.", "workers"),
    "pdflab_workers_expected": ("Workers that the system runs, if it has said so.", "workers_expected"),
    "pdflab_paused": ("1 while the queue is paused.", "paused"),
    "pdflab_cancelled": ("Of the failed jobs, those that a user has cancelled.", "cancelled"),
    "pdflab_refused": ("Documents refused because the queue was full, since the start.", "refused"),
    "pdflab_invalid": ("Requests for documents answered 400, 413 or 422, since the start.", "invalid"),
    "pdflab_unavailable": ("Requests for documents answered 503, since the start.", "unavailable"),
    "pdflab_pdfs": ("PDFs that are stored and not expired.", "pdf_count"),
    "pdflab_throughput_per_second": ("PDFs completed per second, over the last ten seconds.", "throughput"),
    "pdflab_events": ("State changes since the start.", "events"),
    "pdflab_fenced": ("Completions refused because their token was stale, since the start.", "fenced"),
}

_NOT_RUNNING = (
    "No operation with this id is running here. It has ended, or was not started here: end it where it was "
    "started; of several processes of the API (PDFLAB_API_PROCESSES), another may answer a second request."
)

monitoring_routes = Blueprint("monitoring", __name__)


@monitoring_routes.get("/")
def show_dashboard() -> Response:
    """Show the live dashboard, with a button for each operation."""
    return _page("index.html", operations=context().operations.listing())


@monitoring_routes.get("/job/<job_id>")
def show_job_page(job_id: str) -> Response:
    """Show the page of one job, which asks for the job itself."""
    return _page("job.html")


@monitoring_routes.post("/operations/<name>")
def start_operation(name: str) -> tuple[Mapping[str, object], int]:
    """Start an operation outside this process: {"n": 50, "seconds": 10}."""
    return context().operations.start(name, body_of_request()), 202


@monitoring_routes.get("/operations")
def list_operations() -> dict[str, Any]:
    """List the loads that are being sent, whoever started them: those that log into the service's folder."""
    return {"operations": [*context().operations.running()]}


@monitoring_routes.delete("/operations/<name>")
def end_operation(name: str) -> dict[str, str] | Response:
    """End a running operation, by the `id` that it was started or listed with."""
    if context().operations.end(name):
        return {"id": name}
    return problem(404, _NOT_RUNNING)


@monitoring_routes.get("/stats")
def show_stats() -> dict[str, Any]:
    """Return service statistics, cached for 0.5 s."""
    return asdict(context().stats())


@monitoring_routes.get("/snapshot")
def show_snapshot() -> Response:
    """Return all that the dashboard shows, cached for 0.5 s."""
    headers = {"Cache-Control": "no-store"}
    return Response(context().snapshot(), headers=headers, content_type="application/json")


@monitoring_routes.get("/history")
def show_history() -> Response:
    """Return a sample a second of the last 15 minutes, as columns, cached for 0.5 s: those after ?after=."""
    after = request.args.get("after", "0")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", after):
        raise InvalidRequest([("", "after must be 0, or the last value of `at` in an earlier answer.")])
    samples, now = context().history()
    found = columns([sample for sample in samples if round(sample["at"] or 0.0, 3) > float(after)])
    found |= {"now": now, "completed_synchronously": context().sync_log.completed_at(found["at"])}
    return Response(compact(found), headers={"Cache-Control": "no-store"}, content_type="application/json")


@monitoring_routes.get("/events")
def list_events() -> dict[str, Any]:
    """Return the transitions after a position, and the position to ask for next."""
    after = request.args.get("after", "0")
    if not re.fullmatch("[0-9]{1,15}(-[0-9]{1,15})?", after):
        raise InvalidRequest([("", "after must be 0, or the value of `after` in an earlier answer.")])
    events, truncated = context().monitor.events(after)
    position = events[-1].event_id if events else after
    return {"events": [event.to_dict() for event in events], "after": position, "truncated": truncated}


@monitoring_routes.get("/metrics")
def show_metrics() -> Response:
    """Return service statistics for Prometheus, cached for 0.5 s."""
    return Response(_exposition(context().stats()), content_type=CONTENT_TYPE_LATEST)


@monitoring_routes.get("/healthz")
def show_health() -> dict[str, str] | Response:
    """Answer ok while the service and its Redis answer, and jobs are safe in it."""
    try:
        context().health()
    except BrokerRefuses as error:
        return problem(503, str(error), retry_after=1)
    return {"status": "ok"}


@monitoring_routes.get("/openapi.json")
def show_description() -> dict[str, Any]:
    """Return the OpenAPI description of this API."""
    return openapi_description(current_app.url_map, current_app.view_functions)


def _page(name: str, **values: object) -> Response:
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return Response(render_template(name, **values), headers=headers)


def _exposition(stats: Stats) -> bytes:
    registry = CollectorRegistry()
    jobs = Gauge(
        "pdflab_jobs", "Jobs by state; those that ended, since the start.", ["state"], registry=registry
    )
    for state in ("queued", "processing", "completed", "failed"):
        jobs.labels(state).set(getattr(stats, state))
    for name, (help_text, field) in _GAUGES.items():
        if (value := getattr(stats, field)) is not None:
            Gauge(name, help_text, registry=registry).set(value)
    return generate_latest(registry)
