"""The storage in a folder, pdf_storage/: one file a job, renamed into place when it is whole.

Read next: pdflab/analysis/metrics.py.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pdflab.errors import StorageUnavailable, UsageError
from pdflab.service.storage.base import Storage


class FolderStorage(Storage):
    """A folder of finished PDFs, one a job, named by the job's id.

    Files are written in a folder beside them, so that what a killed worker left half-written is found
    without looking through all that is finished.
    """

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._folder = folder
        self._aside = folder / ".aside"
        self._fsync = fsync

    def prepare(self) -> None:
        """Make the folder. Raises UsageError when it cannot be written to."""
        try:
            self._aside.mkdir(parents=True, exist_ok=True)
            probe = self._folder / f".{os.getpid()}.probe"
            probe.touch()
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"The folder {self._folder} cannot be written to ({error.strerror}); choose another one."
            ) from error

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store a PDF: write it aside, under the token's name, and rename it.

        Two workers that hold the same job write different files aside, and the last rename wins with the
        same bytes. Raises StorageUnavailable when the disk is full or read-only.
        """
        aside = self._aside / f"{job_id}.{token}"
        try:
            self._write(aside, pdf)
            os.replace(aside, self._path(job_id))
            self._sync_folder()
        except OSError as error:
            with suppress(OSError):  # the disk may not even let us remove it
                aside.unlink(missing_ok=True)
            raise StorageUnavailable(f"The PDF could not be stored ({error.strerror}).") from error

    def exists(self, job_id: str) -> bool:
        """Return whether a job's PDF is there, and then whole. Raises StorageUnavailable."""
        try:
            os.stat(f"{self._folder}/{job_id}.pdf")  # done for each job: a Path would take twice as long
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageUnavailable(f"The storage cannot be read ({error.strerror}).") from error
        return True

    def read(self, job_id: str) -> bytes | None:
        """Return a job's PDF, or None when there is none. Raises StorageUnavailable."""
        try:
            return self._path(job_id).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageUnavailable(f"The storage cannot be read ({error.strerror}).") from error

    def list(self) -> Iterator[str]:
        """Yield the ids of the jobs whose PDFs are in the folder."""
        return (path.stem for path in self._folder.glob("*.pdf"))

    def delete(self, job_id: str) -> bool:
        """Delete a job's PDF, and return whether it is gone."""
        try:
            self._path(job_id).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def tidy(self, *, older_than: float) -> None:
        """Remove what was left half-written more than so many seconds ago: its worker has died."""
        with suppress(OSError):  # another worker tidies too, or the folder is away for a while
            self._aside.mkdir(exist_ok=True)  # somebody may have cleaned up too thoroughly
            with os.scandir(self._aside) as entries:
                for entry in entries:
                    if time.time() - entry.stat().st_mtime > older_than:
                        os.unlink(entry)

    def archive(self, folder: Path) -> None:
        """Move the folder into another one, and begin empty."""
        shutil.move(self._folder, folder)  # it may lie on another disk
        self.prepare()

    def overwrite(self, job_id: str, pdf: bytes) -> None:
        """Write a PDF where readers read it, not atomically: only the naive worker does."""
        self._path(job_id).write_bytes(pdf)

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """Let every `put` fail meanwhile, as on a disk that is full or read-only. Chaos does this.

        A file takes the place of the folder in which PDFs are written: that stops root as well, which
        read-only permissions would not. What is stored stays readable; what was half-written is gone.
        """
        shutil.rmtree(self._aside.rename(self._folder / ".aside-away"), ignore_errors=True)
        self._aside.touch(exist_ok=False)  # a worker that starts just now may have made it again
        try:
            yield
        finally:
            self._aside.unlink()
            self._aside.mkdir(exist_ok=True)

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.pdf"

    def _write(self, path: Path, pdf: bytes) -> None:
        with path.open("wb") as file:
            file.write(pdf)
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())

    def _sync_folder(self) -> None:
        """Make the new name survive a power loss as well."""
        if self._fsync:
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
