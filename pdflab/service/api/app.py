"""The API as one WSGI application: it accepts documents, answers 202 and never renders.

Each family of routes has its own file. A view parses the request, calls the queue once, and answers.
Read next: pdflab/service/api/context.py, then pdflab/service/api/submit.py.
"""

from functools import partial
from pathlib import Path

from flask import Flask

from pdflab.service.api.answers import AnswerCounter
from pdflab.service.api.context import CachedCall, Context, Operations, has_room
from pdflab.service.api.control import control_routes
from pdflab.service.api.dead_letters import dead_letter_routes
from pdflab.service.api.history import SharedHistory
from pdflab.service.api.jobs import job_routes
from pdflab.service.api.monitoring import monitoring_routes
from pdflab.service.api.snapshot import take_snapshot
from pdflab.service.api.submit import submit_routes
from pdflab.service.api.sync_figures import SyncLog
from pdflab.service.http.security import protect
from pdflab.service.jobqueue.base import Monitor, Producer
from pdflab.service.jobqueue.dashboard_view import Stats
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
    answers = AnswerCounter(producer.count_answers)
    stats, history = CachedCall(lambda: _current(answers, monitor)), SharedHistory(monitor)
    sync_log = SyncLog(settings.sync_log_file)
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
        answers=answers,
        snapshot=CachedCall(partial(take_snapshot, monitor, stats, sync_log, operations)),
        sync_log=sync_log,
        history=CachedCall(lambda: (history.read(), producer.now())),
    )
    for family in (submit_routes, job_routes, control_routes, dead_letter_routes, monitoring_routes):
        app.register_blueprint(family)
    app.after_request(answers.see)
    protect(app, settings)
    return app


def _current(answers: AnswerCounter, monitor: Monitor) -> Stats:
    answers.flush()
    return monitor.stats()
