"""A client of the lab's Redis for a process that is no part of the lab: a student's worker.

Read next: pdflab/lab/browser_links.py.
"""

from typing import Any

from pdflab.service.jobqueue.redis_server import Broker


def redis_client(url: str) -> Any:
    """Return a client of the Redis at the URL of a lab's broker; it gives up within a second."""
    return Broker("the lab's Redis", url).client(patient=False)
