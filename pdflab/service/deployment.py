"""A deployment is one Redis with one storage: each has a mark with its id, and a stranger is refused.

Read next: pdflab/service/entrypoints.py.
"""

import socket

from pdflab.errors import require
from pdflab.service.jobqueue.base import Monitor, new_id
from pdflab.service.storage.base import Storage


def check_deployment(queue: Monitor, storage: Storage) -> None:
    """Mark a new Redis or storage. Raises UsageError if the two belong to different deployments.

    Otherwise jobs would be COMPLETED in a storage in which their users do not look.
    """
    ours = storage.deployment(new_id())
    theirs, place = queue.join_deployment(ours, f"{socket.gethostname()}:{storage}")
    require(
        ours == theirs,
        f"This Redis belongs to a deployment with its PDFs in {place}, not in {storage}. Use that storage, "
        "or another Redis or database number; if that deployment is gone, delete pdf_jobs_deployment.",
    )
