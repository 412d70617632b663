"""One Redis and one storage belong together: two systems never work on one Redis into two places."""

from pathlib import Path

import pytest
from shorthand import opened

from pdflab.errors import UsageError
from pdflab.lab import Lab
from pdflab.service.deployment import check_deployment
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


def test_roles_of_one_deployment_start_as_often_as_they_like(queue: JobQueue, settings: Settings) -> None:
    """The first one marks Redis and storage, the others find their own mark."""
    for _ in range(3):
        check_deployment(queue, opened(settings))


def test_a_redis_of_another_deployment_is_refused(
    broker: Broker, queue: JobQueue, settings: Settings, tmp_path: Path
) -> None:
    """The sentence names the place where that one has its PDFs, and what to do."""
    check_deployment(queue, opened(settings))
    other = Settings(folder=tmp_path / "other")

    with pytest.raises(
        UsageError, match=rf"in \S+:{settings.storage_folder}, not in {other.storage_folder}\."
    ):
        check_deployment(JobQueue(broker.client(), other), opened(other))


def test_a_redis_that_was_emptied_is_marked_anew(broker: Broker, queue: JobQueue, settings: Settings) -> None:
    """The storage remembers to which deployment it belongs."""
    storage = opened(settings)
    check_deployment(queue, storage)
    marked = broker.client().get("pdf_jobs_deployment")

    broker.client().flushall()
    check_deployment(queue, storage)

    assert broker.client().get("pdf_jobs_deployment") == marked


def test_a_storage_that_begins_anew_stays_with_its_redis(queue: JobQueue, settings: Settings) -> None:
    """Its old PDFs are moved away, its mark is not."""
    storage = opened(settings)
    check_deployment(queue, storage)

    storage.archive(settings.folder / "earlier")

    check_deployment(queue, storage)
    assert list(storage.list()) == []


def test_a_second_system_on_the_same_redis_does_not_start(real_redis: Broker, tmp_path: Path) -> None:
    """In another folder its workers would make the first one's PDFs where nobody looks."""
    real_redis.client().flushall()
    places = [
        Settings(folder=tmp_path / name, redis_url=real_redis.url, port=0, sync_port=0) for name in "ab"
    ]
    with Lab(workers=1, folder=places[0].folder, settings=places[0]):
        second = Lab(workers=1, folder=places[1].folder, settings=places[1])
        with pytest.raises(UsageError, match="This Redis belongs to a deployment with its PDFs in"):
            second.start()
