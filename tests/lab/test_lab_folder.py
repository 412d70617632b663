"""The folder of a system: whose it is, and what becomes of the files in it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from shorthand import WORKER, take_and_claim

from pdflab.errors import UsageError
from pdflab.lab.folder import archive, begin_files, lock_folder, save_records
from pdflab.service.jobqueue.base import Submission
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker
from pdflab.settings import Settings


def with_one_job(settings: Settings) -> tuple[Broker, JobQueue]:
    broker = embedded_broker()
    queue = JobQueue(broker.client(), settings)
    queue.enqueue([Submission("a", "custom", "{}")])
    return broker, queue


def test_a_folder_belongs_to_one_system(tmp_path: Path) -> None:
    """The second is refused while the first has it, and not afterwards."""
    lock = lock_folder(tmp_path)

    with pytest.raises(UsageError, match="Another pdflab is running"):
        lock_folder(tmp_path)

    lock.release()
    lock_folder(tmp_path).release()


def test_files_whose_jobs_redis_has_not_are_archived(settings: Settings) -> None:
    """The log begins anew, and the old one is found in `earlier/`."""
    settings.log_file.write_text("of an earlier system\n")
    settings.storage_folder.mkdir()

    began_after = begin_files(settings, JobQueue(embedded_broker().client(), settings))

    [kept] = settings.folder.glob("earlier/*/jobs.log")
    assert (began_after, kept.read_text()) == (0, "of an earlier system\n")
    assert not settings.log_file.exists()


def test_plans_of_loads_that_nobody_ended_go(settings: Settings) -> None:
    """Their starter was killed; they ended with it."""
    (settings.folder / "plans").mkdir()
    (settings.folder / "plans" / "1.json").touch()
    settings.storage_folder.mkdir()

    begin_files(settings, JobQueue(embedded_broker().client(), settings))

    assert not (settings.folder / "plans").exists()


def test_files_of_a_redis_with_a_history_are_continued(settings: Settings) -> None:
    """They stay; a log in a new folder begins after the last event, and says so."""
    _, queue = with_one_job(settings)
    settings.log_file.write_text("so far\n")
    elsewhere = replace(settings, log=settings.folder / "new.log")

    assert [begin_files(one, queue) for one in (settings, elsewhere)] == [1, 1]

    assert settings.log_file.read_text() == "so far\n"
    assert json.loads(elsewhere.log_file.read_text())["gap"]


def test_a_fresh_start_archives_the_files_of_redis_too(settings: Settings) -> None:
    """Nothing of the earlier system is left to be continued."""
    (settings.folder / "redis").mkdir()
    (settings.folder / "redis" / "appendonly.aof").write_text("commands")
    settings.storage_folder.mkdir()

    archive(settings, fresh=True)

    assert list(settings.folder.glob("earlier/*/redis/appendonly.aof"))
    assert not (settings.folder / "redis").exists()


def test_the_records_are_saved_for_the_audit(settings: Settings) -> None:
    """One line for each job that Redis knows."""
    broker, _ = with_one_job(settings)

    save_records(settings, broker)

    [record] = map(json.loads, settings.records_file.read_text().splitlines())
    assert (record["job_id"], record["state"]) == ("a", "QUEUED")


def test_a_record_whose_time_is_over_is_not_saved(settings: Settings) -> None:
    """Its PDF may be deleted already, and the audit would miss it."""
    broker, queue = with_one_job(settings)
    queue.complete(take_and_claim(queue), WORKER)
    assert queue.list_expired() == []

    save_records(replace(settings, retention=1e-6), broker)

    assert settings.records_file.read_text() == ""


def test_the_shortest_retention_of_a_log_is_kept(settings: Settings) -> None:
    """What Redis forgot under it is not missing; a new log begins with the present one."""
    _, queue = with_one_job(settings)
    for retention in (500.0, 60.0, 500.0):
        begin_files(replace(settings, retention=retention), queue)
    assert float(settings.retention_file.read_text()) == 60.0

    archive(settings, fresh=False)
    begin_files(replace(settings, retention=500.0), queue)
    assert float(settings.retention_file.read_text()) == 500.0


def test_a_full_disk_ends_in_a_warning(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The stop goes on; and half of the records would tell the audit that jobs are lost."""
    broker, _ = with_one_job(settings)
    settings.records_file.with_suffix(".new").symlink_to("/dev/full")

    save_records(settings, broker)

    assert "could not be saved" in caplog.text
    assert not settings.records_file.exists()
