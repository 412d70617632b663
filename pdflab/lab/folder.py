"""The folder of a system: locked for one system, and continued or archived when the next one starts.

Read next: pdflab/service/storage/configured.py.
"""

import json
import logging
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.service.eventlog.recorder import begin_log
from pdflab.service.jobqueue.consumer import RedisConsumer
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.configured import configured_storage
from pdflab.settings import Settings

_log = logging.getLogger(__name__)


def lock_folder(folder: Path) -> FileLock:
    """Lock a folder against a second system, which would write to the same log."""
    lock = FileLock(folder / ".lock", thread_local=False)  # another thread may release it
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"Another pdflab is running in {folder}; stop it, or choose another folder."
        ) from None
    return lock


def begin_files(settings: Settings, queue: RedisMonitor) -> int:
    """Continue the files of an earlier system, or archive them if Redis lacks its jobs.

    A new log begins after the last event of a Redis with a history; return the number of that event.
    """
    if queue.stats().events == 0:
        archive(settings, fresh=False)
    shutil.rmtree(settings.folder / "plans", ignore_errors=True)  # of loads whose starter was killed
    settings.records_file.unlink(missing_ok=True)  # records of an earlier stop lack our jobs
    retention = settings.retention
    with suppress(OSError, ValueError):  # what was forgotten under a shorter one is not missing
        retention = min(retention, float(settings.retention_file.read_text()))
    settings.retention_file.write_text(f"{retention}\n")
    last = queue.last_event()
    if last is None:
        return 0
    if not settings.log_file.exists():
        begin_log(settings.log_file, last.event_id, last.number)
    return last.number


def archive(settings: Settings, *, fresh: bool) -> None:
    """Move the files of an earlier system to `earlier/`; for a fresh start, also those of its Redis."""
    s = settings
    files = [s.log_file, s.sync_log_file, s.accepted_file, s.sends_file, s.loads_file]
    files += [s.records_file, s.retention_file, s.purged_file, s.emails_file]
    files += [s.folder / "redis"] if fresh else []
    found = [path for path in files if path.is_file() or any(path.glob("[!.]*"))]
    storage = configured_storage(s)
    if not found and not any(storage.list()):
        return
    target = s.folder / "earlier" / f"{datetime.now():%Y-%m-%d_%H%M%S.%f}"
    target.mkdir(parents=True)
    for path in found:
        shutil.move(path, target)  # it may lie on another disk
    storage.archive(target)


def save_records(settings: Settings, broker: Broker) -> None:
    """Save the job records beside the log, so that the audit needs no Redis."""
    try:
        client = broker.client(patient=False)
        expired = RedisConsumer(client, settings).list_expired()  # their PDFs may be deleted already
        jobs = (job for job in RedisMonitor(client, settings).all_jobs() if job.job_id not in expired)
        aside = settings.records_file.with_suffix(".new")  # on a full disk half of them would be saved
        aside.write_text("".join(json.dumps(job.to_dict()) + "\n" for job in jobs))
        aside.replace(settings.records_file)
    except (BrokerUnavailable, OSError) as error:
        _log.warning("The job records could not be saved (%s).", error)
