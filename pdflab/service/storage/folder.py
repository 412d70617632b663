"""The storage in a folder, pdf_storage/: one file a job, renamed into place when it is whole.

Read next: pdflab/analysis/metrics.py.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from pdflab.errors import StorageUnavailable, UsageError
from pdflab.service.storage.base import Storage, is_whole


class FolderStorage(Storage):
    """A folder of finished PDFs, one a job, named by the job's id.

    Half-written files are in a separate folder beside it, so that `tidy` need not list all finished PDFs.
    """

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._folder = folder
        self._aside = folder / ".aside"
        self._fsync = fsync

    def prepare(self) -> None:
        """Make the folder. Raises UsageError when it cannot be written to."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._aside.mkdir(exist_ok=True)
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
        """Return whether a job's PDF is stored, and whole. Raises StorageUnavailable."""
        path = f"{self._folder}/{job_id}.pdf"  # for each job: a Path, or `open` without a file, takes longer
        try:
            os.stat(path)
            with open(path, "rb") as file:
                return is_whole(file.read())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageUnavailable(f"The storage cannot be read ({error.strerror}).") from error

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
        """Remove files half-written for more than so many seconds: their workers have died."""
        with suppress(OSError):  # another worker tidies too, or the folder is away for a while
            self._aside.mkdir(exist_ok=True)  # a clean-up may have removed it
            with os.scandir(self._aside) as entries:
                for entry in entries:
                    if time.time() - entry.stat().st_mtime > older_than:
                        os.unlink(entry)

    def archive(self, folder: Path) -> None:
        """Move the folder into another one, and begin empty, as a part of the same deployment."""
        mark = self.deployment(uuid4().hex)
        shutil.move(self._folder, folder)  # it may lie on another disk
        self.prepare()
        self.deployment(mark)

    def deployment(self, new: str) -> str:
        """Return the id of the deployment that the folder belongs to, by default `new` from now on."""
        path, aside = self._folder / ".deployment", self._folder / f".deployment.{uuid4().hex}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                aside.write_text(new)
                with suppress(FileExistsError):  # another role was quicker
                    os.link(aside, path)
                aside.unlink()
            return path.read_text()
        except OSError as error:
            raise StorageUnavailable(f"The storage cannot be written ({error.strerror}).") from error

    def __str__(self) -> str:
        return str(self._folder)

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """Make every `put` fail meanwhile, as on a disk that is full or read-only; for fault injection.

        A file replaces the folder of half-written PDFs: read-only permissions would not stop root. Stored
        PDFs stay readable; half-written ones are lost.
        """
        shutil.rmtree(self._aside.rename(self._folder / ".aside-away"), ignore_errors=True)
        self._aside.touch(exist_ok=False)  # a starting worker may have made it again
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
