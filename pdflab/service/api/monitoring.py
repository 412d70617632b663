"""The routes that show the service: the dashboard, statistics, events, metrics, health, the description.

Read next: pdflab/service/api/snapshot.py, then pdflab/service/api/prometheus.py.
"""

import re
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request

from pdflab.errors import InvalidRequest
from pdflab.service.api.context import context
from pdflab.service.api.prometheus import exposition
from pdflab.service.http.openapi import openapi_description

# The page runs its own script and nothing else, and no other site shows it inside a frame.
_POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

monitoring_routes = Blueprint("monitoring", __name__)


@monitoring_routes.get("/")
def show_dashboard() -> Response:
    """Show the live dashboard, with a button for each operation."""
    page = render_template("index.html", operations=context().operations.listing())
    return Response(page, headers={"Content-Security-Policy": _POLICY})


@monitoring_routes.get("/stats")
def show_stats() -> dict[str, Any]:
    """Return service statistics, cached for 0.5 s."""
    return asdict(context().stats())


@monitoring_routes.get("/snapshot")
def show_snapshot() -> Response:
    """Return all that the dashboard shows, cached for 0.5 s."""
    headers = {"Cache-Control": "no-store"}
    return Response(context().snapshot(), headers=headers, content_type="application/json")


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
    text, content_type = exposition(context().stats())
    return Response(text, content_type=content_type)


@monitoring_routes.get("/healthz")
def show_health() -> dict[str, str]:
    """Answer ok while the service and its Redis answer."""
    context().monitor.ping()
    return {"status": "ok"}


@monitoring_routes.get("/openapi.json")
def show_description() -> dict[str, Any]:
    """Return the OpenAPI description of this API."""
    return openapi_description(current_app.url_map, current_app.view_functions)
