"""The numbers of the whole, as Prometheus reads them.

Read next: service/api/app.py.
"""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from pdflab.service.jobqueue.base import Stats

_GAUGES = {
    "pdflab_queue_depth": ("Entries in the list that workers take from.", "queue_depth"),
    "pdflab_queue_oldest_age_seconds": ("How long the oldest job in the line has waited.", "oldest_age"),
    "pdflab_workers": ("Workers that have lately been heard of.", "workers"),
    "pdflab_pdfs": ("PDFs that are stored and not expired.", "pdf_count"),
    "pdflab_throughput_per_second": ("PDFs completed a second, over the last ten.", "throughput"),
    "pdflab_events": ("State changes since the beginning.", "events"),
    "pdflab_fenced": ("Completions refused because their token was stale, since the beginning.", "fenced"),
}


def exposition(stats: Stats) -> tuple[bytes, str]:
    """Return the text for GET /metrics and its content type."""
    registry = CollectorRegistry()
    jobs = Gauge(
        "pdflab_jobs", "Jobs by state; those that ended, since the beginning.", ["state"], registry=registry
    )
    for state in ("queued", "processing", "completed", "failed"):
        jobs.labels(state).set(getattr(stats, state))
    for name, (help_text, field) in _GAUGES.items():
        Gauge(name, help_text, registry=registry).set(getattr(stats, field))
    return generate_latest(registry), CONTENT_TYPE_LATEST
