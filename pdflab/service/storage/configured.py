"""Chooses the storage for the settings: so far there is one.

Read next: pdflab/service/eventlog/recorder.py.
"""

from pdflab.service.storage.base import Storage
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings


def configured_storage(settings: Settings) -> Storage:
    """Return the storage of a system, not yet prepared."""
    return FolderStorage(settings.storage_folder, fsync=settings.fsync)
