"""The worker that sends an e-mail: twice after a kill in between, once where the receiver knows the job."""

import json
from pathlib import Path

import pytest
from conftest import eventually
from shorthand import LEASE_OVER, job, opened, states, submit

from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import ImpossibleDocument
from pdflab.jobs import Job, JobState
from pdflab.lab import Lab
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.worker import emails
from pdflab.service.worker.emails import EmailCount, EmailWorker, Outbox
from pdflab.settings import Settings


@pytest.fixture(autouse=True)
def _answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emails, "_ANSWER_SECONDS", 0.0)


def draw(job: Job) -> Rendered:
    return Rendered(b"%PDF- e-mail %%EOF", 1)


class Killed(BaseException):
    """As SIGKILL: nothing catches it."""


@pytest.mark.parametrize(("keyed", "doubled"), [(False, 1), (True, 0)])
def test_a_worker_that_dies_after_the_send_leaves_a_second_one_to_its_successor(
    queue: JobQueue, settings: Settings, monkeypatch: pytest.MonkeyPatch, keyed: bool, doubled: int
) -> None:
    """The PDF is stored and not made again; the e-mail cannot be looked up, except by its receiver."""
    submit(queue, "a")

    def work() -> None:
        outbox = Outbox(settings.emails_file, keyed=keyed)
        EmailWorker(queue, opened(settings), render=draw, outbox=outbox).run_once(0.01)

    def die(*_: object, **more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(JobQueue, "complete", die)
        with pytest.raises(Killed):
            work()
    before = job(queue, "a").state
    queue.clock_offset += LEASE_OVER
    queue.sweep()
    work()

    assert before is JobState.PROCESSING
    assert states(queue, "a") == "QPQPC"
    assert Outbox(settings.emails_file).count() == EmailCount(1 + doubled, doubled)


def test_each_line_names_the_job_and_the_attempt_that_sent_it(queue: JobQueue, settings: Settings) -> None:
    """A reader sees whether a second line is of a second claim."""
    submit(queue, "a", "b")
    worker = EmailWorker(queue, opened(settings), render=draw, outbox=Outbox(settings.emails_file))

    while worker.run_once(0.01):
        pass

    lines = [json.loads(line) for line in settings.emails_file.read_text().splitlines()]
    assert [line["job_id"] for line in lines] == ["a", "b"]
    assert [set(line) for line in lines] == [{"job_id", "token", "at"}] * 2
    assert len({line["token"] for line in lines}) == 2


def test_a_document_without_a_pdf_has_no_email(queue: JobQueue, settings: Settings) -> None:
    """It fails, as with any other worker."""
    submit(queue, "a")

    def refuse(job: Job) -> Rendered:
        raise ImpossibleDocument("too large")

    worker = EmailWorker(queue, opened(settings), render=refuse, outbox=Outbox(settings.emails_file))
    worker.run_once(0.01)

    assert states(queue, "a") == "QPF"
    assert Outbox(settings.emails_file).count() == EmailCount(0, 0)


def test_two_outboxes_share_one_memory(tmp_path: Path) -> None:
    """A key that one worker has sent is known to another, which has never seen it."""
    ours, theirs = (Outbox(tmp_path / "emails.jsonl", keyed=True) for _ in range(2))

    ours.send("a", "1")
    theirs.send("a", "2")
    theirs.send("b", "3")
    ours.send("b", "4")

    assert ours.count() == theirs.count() == EmailCount(2, 0)


def test_the_emails_of_some_jobs_are_counted_alone(tmp_path: Path) -> None:
    """A lesson has several runs with one receiver."""
    outbox = Outbox(tmp_path / "emails.jsonl")
    for number, job_id in enumerate("aabbc"):
        outbox.send(job_id, str(number))

    assert outbox.count() == EmailCount(5, 2)
    assert outbox.count({"b", "c", None}) == EmailCount(3, 1)


@pytest.mark.parametrize(("worker", "doubled"), [("email", 1), ("email-keyed", 0)])
def test_a_real_kill_between_the_send_and_the_acknowledgement(
    tmp_path: Path, worker: str, doubled: int
) -> None:
    """SIGKILL as soon as the line is there; the lease runs out, and the restarted worker does it again."""
    settings = Settings(port=0, sync_port=0, lease=1.5)
    with Lab(workers=1, worker=worker, folder=tmp_path, settings=settings) as lab:
        lab.custom()
        eventually(lambda: lab.emails().sent == 1, seconds=30)
        lab.kill("worker-1")
        lab.wait()

        attempts = [event.state for event in lab.events()].count(JobState.PROCESSING)
        assert (attempts, lab.emails()) == (2, EmailCount(1 + doubled, doubled))
        assert lab.stats().completed == 1
