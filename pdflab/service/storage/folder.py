"""pdf_storage/: a finished PDF is there whole, or not at all.

Read next: service/eventlog/recorder.py.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from pdflab.errors import StorageUnavailable, UsageError


class Storage:
    """A folder of finished PDFs, one a job, named by the job's id.

    Files are written in a folder beside them, so that those which a killed worker left are found without
    looking through all that is finished.
    """

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder = folder
        self._aside = folder / ".aside"
        self._fsync = fsync

    def open(self) -> None:
        """Make the folder; raise UsageError when it cannot be written to."""
        try:
            self._aside.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f".{os.getpid()}.probe"
            probe.touch()
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"The folder {self.folder} cannot be written to ({error.strerror}); choose another one."
            ) from error

    def path(self, job_id: str) -> Path:
        """Where a job's PDF is, or will be."""
        return self.folder / f"{job_id}.pdf"

    def has(self, job_id: str) -> bool:
        """Return whether a job's PDF is there, and then whole. Raises StorageUnavailable."""
        try:
            os.stat(f"{self.folder}/{job_id}.pdf")  # asked for each job: a Path would take twice as long
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageUnavailable(f"The storage cannot be looked into ({error.strerror}).") from error
        return True

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store a job's PDF at once. It is written aside, under the token's name, and then renamed.

        Two workers that hold the same job write different files aside, and the last rename wins
        with the same bytes. Raises StorageUnavailable when the disk is full or read-only.
        """
        aside = self._aside / f"{job_id}.{token}"
        try:
            self._write(aside, pdf)
            os.replace(aside, self.path(job_id))
            self._sync_folder()
        except OSError as error:
            with suppress(OSError):  # the disk may not even let us remove it
                aside.unlink(missing_ok=True)
            raise StorageUnavailable(f"The PDF could not be stored ({error.strerror}).") from error

    def remove(self, job_id: str) -> bool:
        """Remove a job's PDF, and tell whether it is gone."""
        try:
            self.path(job_id).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def tidy(self, *, older_than: float) -> None:
        """Remove what has lain half-written for so many seconds: the worker that wrote it is gone."""
        with suppress(OSError):  # another worker tidies too, or the folder is away for a while
            self._aside.mkdir(exist_ok=True)  # somebody may have swept too thoroughly
            with os.scandir(self._aside) as entries:
                for entry in entries:
                    if time.time() - entry.stat().st_mtime > older_than:
                        os.unlink(entry)

    def _write(self, path: Path, pdf: bytes) -> None:
        with path.open("wb") as file:
            file.write(pdf)
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())

    def _sync_folder(self) -> None:
        """Let the new name survive power loss too, not only what it stands for."""
        if self._fsync:
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
