"""The interface of every storage of finished PDFs.

Read next: pdflab/service/storage/folder.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Stores one PDF a job, under the job's id. A PDF is there whole, or not at all."""

    def prepare(self) -> None:
        """Create what is missing. Raises UsageError when nothing can be stored there."""
        ...

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store a PDF in one atomic step; two workers with different tokens do not disturb each other.

        Raises StorageUnavailable when it cannot be stored now.
        """
        ...

    def exists(self, job_id: str) -> bool:
        """Return whether a job's PDF is stored. Raises StorageUnavailable."""
        ...

    def read(self, job_id: str) -> bytes | None:
        """Return a job's PDF, or None when there is none. Raises StorageUnavailable."""
        ...

    def list(self) -> Iterator[str]:
        """Yield the ids of the jobs whose PDFs are stored."""
        ...

    def delete(self, job_id: str) -> bool:
        """Delete a job's PDF, and return whether it is gone."""
        ...

    def tidy(self, *, older_than: float) -> None:
        """Remove what was left half-written more than so many seconds ago."""
        ...

    def archive(self, folder: Path) -> None:
        """Move every PDF into a folder, and begin empty."""
        ...
