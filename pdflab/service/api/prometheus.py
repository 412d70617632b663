"""Service statistics in the format of Prometheus.

Read next: pdflab/service/api/sync.py.
"""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from pdflab.service.jobqueue.base import Stats

_GAUGES = {
    "pdflab_queue_depth": ("Entries in the list that workers take from.", "queue_depth"),
    "pdflab_queue_oldest_age_seconds": ("Seconds that the oldest job in the queue has waited.", "oldest_age"),
    "pdflab_workers": ("Workers that have renewed their lease lately.", "workers"),
    "pdflab_pdfs": ("PDFs that are stored and not expired.", "pdf_count"),
    "pdflab_throughput_per_second": ("PDFs completed per second, over the last ten seconds.", "throughput"),
    "pdflab_events": ("State changes since the start.", "events"),
    "pdflab_fenced": ("Completions refused because their token was stale, since the start.", "fenced"),
}


def exposition(stats: Stats) -> tuple[bytes, str]:
    """Return the text of GET /metrics, and its content type."""
    registry = CollectorRegistry()
    jobs = Gauge(
        "pdflab_jobs", "Jobs by state; those that ended, since the start.", ["state"], registry=registry
    )
    for state in ("queued", "processing", "completed", "failed"):
        jobs.labels(state).set(getattr(stats, state))
    for name, (help_text, field) in _GAUGES.items():
        Gauge(name, help_text, registry=registry).set(getattr(stats, field))
    return generate_latest(registry), CONTENT_TYPE_LATEST
