"""The API as one WSGI application: it accepts documents, answers 202 and never renders.

Each family of routes has its own file. A view parses the request, calls the queue once, and answers.
Read next: pdflab/service/api/context.py, then pdflab/service/api/submit.py.
"""

from pathlib import Path

from flask import Flask

from pdflab.service.api.context import CachedCall, Context, Operations, has_room
from pdflab.service.api.control import control_routes
from pdflab.service.api.dead_letters import dead_letter_routes
from pdflab.service.api.jobs import job_routes
from pdflab.service.api.monitoring import monitoring_routes
from pdflab.service.api.snapshot import Snapshots
from pdflab.service.api.submit import submit_routes
from pdflab.service.http.security import protect
from pdflab.service.jobqueue.base import Monitor, Producer
from pdflab.service.storage.base import Storage
from pdflab.settings import Settings

_MAX_BATCH = 1000
_DASHBOARD = str(Path(__file__).parents[1] / "dashboard")


def create_app(
    producer: Producer,
    monitor: Monitor,
    storage: Storage,
    settings: Settings,
    *,
    operations: Operations,
) -> Flask:
    """Return the WSGI application; `operations` starts the loads that the dashboard offers."""
    stats = CachedCall(monitor.stats)
    app = Flask("pdflab", static_folder=_DASHBOARD, static_url_path="/static", template_folder=_DASHBOARD)
    app.extensions["pdflab"] = Context(
        producer,
        monitor,
        storage,
        operations,
        purged_file=settings.purged_file,
        room=CachedCall(lambda: has_room(settings.folder, settings.disk_reserve), lifetime=0.1),
        max_batch=min(_MAX_BATCH, settings.queue_limit),  # even an empty queue has no room for more
        health=CachedCall(monitor.ping),
        stats=stats,
        snapshot=CachedCall(Snapshots(monitor, stats).take),
    )
    for family in (submit_routes, job_routes, control_routes, dead_letter_routes, monitoring_routes):
        app.register_blueprint(family)
    protect(app, settings)
    return app
