"""The files that a system leaves behind: their names, and the keys and types of their lines.

They outlive the program that wrote them: an audit, a chart or a script of next year reads those of today.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import eventually
from inside import Run, summary
from outside import (
    IMPOSSIBLE,
    NOTE,
    api,
    ask,
    await_ending,
    lines_of,
    pdflab,
    redis_server,
    running,
    shape,
    submit,
    up,
)

TEXT, NUMBER, FLAG = "text", "number", "boolean"
EVENT = {
    "job_id": TEXT,
    "state": TEXT,
    "at": NUMBER,
    "kind": TEXT,
    "number": NUMBER,
    "event_id": TEXT,
    "attempt": NUMBER,
}
WORKED = EVENT | {"worker": TEXT}
REASONED = WORKED | {"cause": TEXT, "reason": TEXT}
SYNC = {"job_id": TEXT, "state": TEXT, "at": NUMBER, "kind": TEXT, "number": NUMBER, "attempt": NUMBER}
SENT = {
    "endpoint": TEXT,
    "kind": TEXT,
    "intended_at": NUMBER,
    "sent_at": NUMBER,
    "answered_at": NUMBER,
    "status": NUMBER,
    "job_id": TEXT,
    "error": None,
    "seed": NUMBER,
    "attempt": NUMBER,
    "retried": FLAG,
}
RECORD = {
    "job_id": TEXT,
    "kind": TEXT,
    "state": TEXT,
    "queued_at": NUMBER,
    "attempt": NUMBER,
    "crashes": NUMBER,
    "errors": NUMBER,
    "started_at": NUMBER,
    "ended_at": NUMBER,
    "worker": TEXT,
    "cause": None,
    "reason": None,
    "retry_of": None,
    "retried_as": None,
    "dismissed_at": None,
    "title": TEXT,
    "result": {"pages": NUMBER, "bytes": NUMBER, "missing_glyphs": []},
    "history": [{"state": TEXT, "at": NUMBER}],
}
EXAMPLE = Path(__file__).with_name("example.run.json")


@dataclass(frozen=True)
class Left:
    """Two folders that systems worked in, and the jobs of the first."""

    first: Path
    second: Path
    failed: str
    tried_again: str


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """What two systems leave behind, one after the other on the same Redis.

    The first makes documents at both endpoints, fails one, and cannot store another at once. The second
    finds a Redis with a history; later an event is missing when its recorder comes back.
    """
    top = tmp_path_factory.mktemp("left")
    first, second = top / "first", top / "second"
    first.mkdir(), second.mkdir()
    with redis_server(top) as (redis_url, client, _):
        with up(first, "--redis-url", redis_url, PDFLAB_RETENTION="5000") as (url, sync_url):
            _send_loads(first, url, sync_url)
            failed = submit(url, IMPOSSIBLE)
            ask(sync_url, "POST", "/generate-pdf/sync", IMPOSSIBLE)
            await_ending(url, failed)
            with _no_storage(first):
                tried_again = submit(url, NOTE)
                eventually(lambda: ask(url, "GET", f"/jobs/{tried_again}").json["errors"] == 1, seconds=20)
            await_ending(url, tried_again)
        storage = str(first / "pdf_storage")  # where this Redis has its PDFs
        with up(second, "--redis-url", redis_url, PDFLAB_STORAGE=storage) as (url, _):
            await_ending(url, submit(url, NOTE))
        with api(redis_url, second, PDFLAB_STORAGE=storage) as url:
            submit(url, NOTE), submit(url, NOTE)
        missing, _ = client.xrange("pdf_jobs_events")[-2:]
        client.xdel("pdf_jobs_events", missing[0])
        log, lines = second / "jobs.log", len(lines_of(second / "jobs.log"))
        with running("recorder", "--redis-url", redis_url, "--folder", str(second), folder=second):
            eventually(lambda: len(log.read_text().splitlines()) == lines + 2, seconds=20)
        yield Left(first, second, failed, tried_again)


def _send_loads(folder: Path, url: str, sync_url: str) -> None:
    """Send two documents to the queue, one whose client does not wait, and one to the other endpoint."""
    for words in (
        ("batch", "--n", "2", "--url", url),
        ("custom", "--url", url, "--timeout", "0.0001"),
        ("report", "--url", sync_url, "--endpoint", "synchronous"),
    ):
        pdflab("load", *words, "--seed", "1", "--folder", str(folder), folder=folder)


@contextmanager
def _no_storage(folder: Path) -> Iterator[None]:
    """A file lies where the folder of the PDFs should be."""
    storage, away = folder / "pdf_storage", folder / "away"
    storage.rename(away)
    storage.touch()
    try:
        yield
    finally:
        storage.unlink()
        away.rename(storage)


def test_a_folder_holds_files_by_these_names(left: Left) -> None:
    """Scripts and the audit find them; each PDF has its job's name."""
    names = {path.name for path in left.first.iterdir() if not path.name.startswith(".")}
    pdfs = {path.stem for path in (left.first / "pdf_storage").glob("*.pdf")}
    records = lines_of(left.first / "records.jsonl")

    assert names >= {"jobs.log", "accepted.jsonl", "sends.jsonl", "sync.jsonl", "records.jsonl", "retention"}
    assert names >= {"pdf_storage", "logs"}
    made = {
        record["job_id"] for file in (left.first, left.second) for record in lines_of(file / "records.jsonl")
    }
    failed = {record["job_id"] for record in records if record["state"] != "COMPLETED"}
    assert pdfs == made - failed
    assert (left.first / "retention").read_text() == "5000.0\n"


def test_a_line_of_the_log_keeps_its_keys(left: Left) -> None:
    """For each change of state: a worker once there is one, a reason where something was wrong."""
    found = [(line["state"], shape(line)) for line in lines_of(left.first / "jobs.log")]

    expected: list[tuple[str, Any]] = [
        ("QUEUED", EVENT),
        ("PROCESSING", WORKED),
        ("COMPLETED", WORKED),
        ("FAILED", REASONED),
        ("QUEUED", REASONED),
    ]
    assert all(line in expected for line in found)
    assert all(line in found for line in expected)


def test_a_cause_is_one_of_a_few_words(left: Left) -> None:
    """Programs compare it; the reason beside it is for people."""
    causes = {line["state"]: line["cause"] for line in lines_of(left.first / "jobs.log") if "cause" in line}

    assert causes == {"FAILED": "rejected", "QUEUED": "storage_unavailable"}
    assert [line["cause"] for line in lines_of(left.first / "sync.jsonl") if "cause" in line] == ["rejected"]


def test_the_log_has_a_job_from_its_beginning_to_its_end(left: Left) -> None:
    """In order and numbered; another try counts as another attempt."""
    lines = lines_of(left.first / "jobs.log")
    found = [(line["state"], line["attempt"]) for line in lines if line["job_id"] == left.tried_again]

    assert [line["number"] for line in lines] == [*range(1, len(lines) + 1)]
    assert found == [
        ("QUEUED", 0),
        ("PROCESSING", 1),
        ("QUEUED", 1),
        ("PROCESSING", 2),
        ("COMPLETED", 2),
    ]


def test_a_gap_has_a_line_of_its_own(left: Left) -> None:
    """One where a log begins on a Redis with a history, one where an event is missing."""
    lines = lines_of(left.second / "jobs.log")
    begun, missed = (line for line in lines if line.get("gap"))

    place = {"gap": FLAG, "event_id": TEXT, "number": NUMBER, "at": NUMBER}
    assert shape(begun) == place
    assert shape(missed) == place | {"expected": NUMBER, "found": NUMBER}
    assert lines[0] == begun
    assert missed["found"] == missed["expected"] + 1 == missed["number"] + 1 == lines[-1]["number"]


def test_a_line_of_the_synchronous_log_keeps_its_keys(left: Left) -> None:
    """There is no queue, and so no number, no event id and no QUEUED."""
    found = {line["state"]: shape(line) for line in lines_of(left.first / "sync.jsonl")}

    worked = SYNC | {"worker": TEXT}
    assert found == {
        "PROCESSING": worked,
        "COMPLETED": worked,
        "FAILED": worked | {"cause": TEXT, "reason": TEXT},
    }


def test_a_line_of_what_was_accepted_keeps_its_keys(left: Left) -> None:
    """One for each 202 that a client of ours has read."""
    lines = lines_of(left.first / "accepted.jsonl")

    assert shape(lines) == [{"job_id": TEXT, "at": NUMBER}]
    assert len(lines) == 2


def test_a_line_of_what_was_sent_keeps_its_keys(left: Left) -> None:
    """At either endpoint, answered or not."""
    lines = lines_of(left.first / "sends.jsonl")
    unheard = SENT | {"answered_at": None, "job_id": None, "error": TEXT}
    answered = {(line["endpoint"], line["status"]) for line in lines if line["answered_at"]}

    assert all(shape(line) in (SENT, unheard) for line in lines)
    assert answered == {("queued", 202), ("synchronous", 200)}
    assert [line["error"] for line in lines if not line["answered_at"]] == ["timeout"]


def test_a_saved_record_keeps_its_keys(left: Left) -> None:
    """As GET /jobs/<id> returns it, without what only HTTP knows."""
    found = {line["job_id"]: shape(line) for line in lines_of(left.first / "records.jsonl")}

    assert found.pop(left.failed) == RECORD | {"cause": TEXT, "reason": TEXT, "result": None}
    assert all(record in (RECORD, RECORD | {"cause": TEXT, "reason": TEXT}) for record in found.values())


def test_a_run_that_was_saved_can_be_read(tmp_path: Path) -> None:
    """The figures of an experiment of today, next year; saved again, it is the same document."""
    run = Run.load(EXAMPLE)
    run.save(tmp_path / "again.json")

    expected = json.loads(EXAMPLE.with_name("example.summary.json").read_text())
    assert json.loads(json.dumps(asdict(summary(run)))) == pytest.approx(expected)
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads(EXAMPLE.read_text())
    assert [send.status for send in run.sends].count(202) == expected["accepted"]


def test_a_run_from_before_causes_and_retries_can_be_read(tmp_path: Path) -> None:
    """Files of last year have a reason and no cause, and nobody retried."""
    document = json.loads(EXAMPLE.read_text())
    del document["events"]["cause"], document["sends"]["attempt"], document["sends"]["retried"]
    (tmp_path / "old.json").write_text(json.dumps(document))

    old = Run.load(tmp_path / "old.json")
    events = list(old.events)

    assert list(old.sends.clients) == list(Run.load(EXAMPLE).sends)
    assert events == [replace(event, cause=None) for event in Run.load(EXAMPLE).events]


def test_a_saved_run_is_read_by_the_planner(tmp_path: Path) -> None:
    """`pdflab plan --run` learns how long documents take from a file."""
    words = ("plan", "--run", str(EXAMPLE), "--jobs", "200", "--hours", "1", "--deadline", "2", "--json")

    found = json.loads(pdflab(*words, folder=tmp_path).stdout)

    assert found["service_s"] == pytest.approx(0.09635086493058638)
