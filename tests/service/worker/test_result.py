"""What was noticed about a PDF reaches whoever asks for the job."""

from pathlib import Path

import pytest

from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.base import Claim, Submission
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.base import Storage
from pdflab.service.storage.folder import FolderStorage
from pdflab.service.worker.worker import Worker

NOTICED = {"pages": 3, "bytes": 9, "missing_glyphs": ["U+12000 CUNEIFORM SIGN A"]}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = FolderStorage(tmp_path / "pdf_storage", fsync=False)
    storage.prepare()
    return storage


def render(_: Job) -> Rendered:
    return Rendered(b"%PDF-1.4\n", 3, ("U+12000 CUNEIFORM SIGN A",))


def job_of(queue: JobQueue) -> Job:
    job = queue.get("one")
    assert job
    return job


def test_a_completed_job_reports_its_pages_its_bytes_and_its_missing_glyphs(
    queue: JobQueue, storage: Storage
) -> None:
    """A box on the paper is no secret: its character is named with the job."""
    queue.enqueue([Submission("one", "custom", "{}")])
    assert job_of(queue).result is None

    Worker(queue, storage, render=render).run_once(timeout=0.1)

    assert job_of(queue).state is JobState.COMPLETED
    assert job_of(queue).result == NOTICED
    assert job_of(queue).to_dict()["result"] == NOTICED


def test_a_completion_that_is_sent_twice_reports_what_the_first_did(queue: JobQueue) -> None:
    """The answer was lost, and the step is repeated: nothing changes."""
    queue.enqueue([Submission("one", "custom", "{}")])
    claim = queue.claim("one", "worker", "token")
    assert claim

    queue.complete(claim, "worker", result=NOTICED)
    again = queue.complete(claim, "worker", result={"pages": 4})

    assert not again.fenced
    assert job_of(queue).result == NOTICED


def test_a_stale_completion_reports_nothing(queue: JobQueue) -> None:
    """Who lost the job has no word about its result."""
    queue.enqueue([Submission("one", "custom", "{}")])
    claim = queue.claim("one", "worker", "token")
    assert claim

    assert queue.complete(Claim(claim.job, "a token of old"), "worker", result=NOTICED).fenced
    assert job_of(queue).result is None


def test_a_pdf_that_was_already_there_is_completed_without_a_word(queue: JobQueue, storage: Storage) -> None:
    """The worker that made it died before it could tell; the next one does not render again."""
    queue.enqueue([Submission("one", "custom", "{}")])
    storage.put("one", "token", b"%PDF-1.4\n%%EOF")

    Worker(queue, storage, render=lambda _: pytest.fail("rendered twice")).run_once(timeout=0.1)

    assert job_of(queue).state is JobState.COMPLETED
    assert job_of(queue).result is None
