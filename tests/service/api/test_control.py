"""The API changes the whole queue: pause, resume, cancel all, purge. What loses something is confirmed."""

import json

import pytest
from conftest import eventually
from flask.testing import FlaskClient
from shorthand import WORKER, ask, client_of, line, opened, state, submit, take_and_claim

from pdflab.audit import audit
from pdflab.jobs import Cause
from pdflab.service.api import control
from pdflab.service.eventlog.recorder import Recorder
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.base import Storage
from pdflab.settings import Settings

CONFIRMED = {"confirm": True}


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """A client of the API over an empty queue."""
    return client_of(queue, settings)


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """The API's own pdf_storage/."""
    return opened(settings)


def end_jobs(queue: JobQueue, storage: Storage) -> None:
    """Complete `c1` and `c2`, fail `f1`, and leave `waiting`."""
    submit(queue, "c1", "c2", "f1", "waiting")
    for name in ("c1", "c2"):
        claim = take_and_claim(queue, name)
        storage.put(name, claim.token, b"%PDF- small %%EOF")
        queue.complete(claim, WORKER)
    queue.fail(take_and_claim(queue, "f1"), WORKER, Failure(Cause.REJECTED, "no glyph"))


def test_a_queue_is_paused_and_resumed(api: FlaskClient, queue: JobQueue) -> None:
    """Meanwhile documents are accepted, and the statistics say that it is paused."""
    paused = api.post("/queue/pause")
    accepted = ask(api)

    assert (paused.status_code, paused.json, accepted.status_code) == (200, {"paused": True}, 202)
    assert queue.take(0.01) is None
    assert api.get("/stats").json["paused"] is True
    assert api.post("/queue/resume").json == {"paused": False}
    assert line(queue) == [accepted.json["job_id"]]


def test_all_queued_jobs_are_cancelled(api: FlaskClient, queue: JobQueue) -> None:
    """Once it is confirmed; the answer says how many there were, and how many wait now."""
    submit(queue, "a", "b", "c")
    take_and_claim(queue)

    refused = api.post("/queue/cancel")
    done = api.post("/queue/cancel", json=CONFIRMED)

    assert refused.status_code == 400
    assert refused.json["detail"] == (
        'This ends 2 QUEUED jobs as FAILED, without a PDF. To do it, send "confirm": true.'
    )
    assert done.json == {"cancelled": 2, "queued": 0}
    assert [state(queue, name)[0] for name in "abc"] == ["P", "F", "F"]


@pytest.mark.parametrize(
    ("states", "purged", "left"),
    [("COMPLETED", 2, {"f1", "waiting"}), ("FAILED", 1, {"c1", "c2", "waiting"}), ("both", 3, {"waiting"})],
)
def test_ended_jobs_are_purged_with_their_pdfs(
    api: FlaskClient, queue: JobQueue, storage: Storage, states: str, purged: int, left: set[str]
) -> None:
    """The records and the files go together; what has not ended stays."""
    end_jobs(queue, storage)

    answer = api.post("/jobs/purge", json={"state": states, "confirm": True})

    assert (answer.status_code, answer.json) == (200, {"purged": purged, "kept": 0})
    assert {job.job_id for job in queue.all_jobs()} == left
    assert {*storage.list()} == left & {"c1", "c2"}


def test_a_purge_has_to_be_confirmed(api: FlaskClient, queue: JobQueue, storage: Storage) -> None:
    """The sentence says what would be lost."""
    end_jobs(queue, storage)

    for body in ({"state": "both"}, {"state": "both", "confirm": "yes"}):
        refused = api.post("/jobs/purge", json=body)
        assert (refused.status_code, refused.json["detail"]) == (
            400,
            "This deletes 3 COMPLETED and FAILED jobs, with all that is known about them and their PDFs. "
            'To do it, send "confirm": true.',
        )
    assert queue.kept()["COMPLETED"] == 2


@pytest.mark.parametrize("body", [{}, {"state": "QUEUED"}, {"state": ["both"]}])
def test_only_ended_jobs_can_be_purged(api: FlaskClient, body: object) -> None:
    """422 names the field."""
    answer = api.post("/jobs/purge", json=body)

    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "state")


def test_a_body_that_is_no_object_is_refused(api: FlaskClient) -> None:
    """400, and nothing happens."""
    assert [api.post(f"/{path}", json=[1]).status_code for path in ("queue/cancel", "jobs/purge")] == [
        400
    ] * 2


def test_a_file_that_cannot_be_deleted_keeps_its_record(
    api: FlaskClient, queue: JobQueue, storage: Storage, settings: Settings
) -> None:
    """503; never one without the other."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)
    (settings.storage_folder / "a.pdf").mkdir()

    answer = api.post("/jobs/purge", json={"state": "both", "confirm": True})

    assert answer.status_code == 503
    assert queue.get("a") is not None


def test_a_purge_that_cannot_be_written_down_deletes_nothing(
    api: FlaskClient, queue: JobQueue, storage: Storage, settings: Settings
) -> None:
    """An audit would look for the files in vain."""
    end_jobs(queue, storage)
    settings.purged_file.mkdir()

    answer = api.post("/jobs/purge", json={"state": "both", "confirm": True})

    assert answer.status_code == 503
    assert "nothing is purged" in answer.json["detail"]
    assert {*storage.list()} == {"c1", "c2"}


def test_a_long_purge_stops_and_says_what_is_left(
    api: FlaskClient, queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a browser gets an answer; the same request goes on."""
    end_jobs(queue, storage)
    monkeypatch.setattr(control, "_TIME_LIMIT", -1.0)
    monkeypatch.setattr(JobQueue, "list_ended", _one_at_a_time)

    answers = [api.post("/jobs/purge", json={"state": "COMPLETED", "confirm": True}) for _ in range(2)]

    assert [answer.json for answer in answers] == [{"purged": 1, "kept": 1}, {"purged": 1, "kept": 0}]


def _one_at_a_time(queue: JobQueue, states: list[str], *, older_than: float) -> list[str]:
    return list(queue._run("list_ended", older_than, 1, *states))


def test_the_audit_of_a_purged_system_is_clean(
    api: FlaskClient, queue: JobQueue, storage: Storage, settings: Settings
) -> None:
    """Purged jobs are counted as expired ones; a PDF that is missed for another reason is found."""
    end_jobs(queue, storage)
    queue.cancel("waiting")
    recorder = Recorder(queue, settings.log_file)
    recorder.open(), recorder.close()
    settings.accepted_file.write_text(json.dumps({"job_id": "c1", "at": 1.0}) + "\n")

    api.post("/jobs/purge", json={"state": "both", "confirm": True})
    purged = audit(settings)
    records = [job.to_dict() for job in queue.all_jobs()]
    settings.records_file.write_text("".join(json.dumps(record) + "\n" for record in records))

    assert (purged.findings, audit(settings).findings) == ((), ())
    assert (purged.counts.expired, purged.counts.failed, purged.counts.lost) == (2, 2, 0)


def test_a_pdf_that_is_lost_after_a_purge_is_found(
    api: FlaskClient, queue: JobQueue, storage: Storage, settings: Settings
) -> None:
    """A purge excuses only what had ended before it."""
    api.post("/jobs/purge", json={"state": "both", "confirm": True})
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)
    recorder = Recorder(queue, settings.log_file)
    recorder.open(), recorder.close()

    eventually(lambda: bool(audit(settings).findings), seconds=1)
    assert audit(settings).summary == "a is COMPLETED, and its PDF is not whole"
