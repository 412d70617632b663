"""The journeys: from a call of the lab to a PDF, in every way that it can run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import children_of, eventually, lives, needs

from pdflab.audit import audit
from pdflab.errors import LoadFailed, UsageError
from pdflab.jobs import JobState
from pdflab.lab import Lab
from pdflab.settings import Settings

QUICK = Settings(port=0, sync_port=0, lease=1.5)


@pytest.fixture(scope="module", params=["processes, redis-server", "processes, embedded", "threads"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running lab: on a private redis-server, on the embedded one, and inside this process."""
    mode, _, redis = request.param.partition(", ")
    if redis == "redis-server":
        needs("redis-server", "redis-server")
    with pytest.MonkeyPatch.context() as patch:
        if redis == "embedded":
            patch.setenv("PATH", "")
        with Lab(mode=mode, folder=tmp_path_factory.mktemp("lab"), settings=QUICK) as running:
            yield running


def test_a_click_becomes_a_pdf_and_its_story_is_in_the_log(lab: Lab) -> None:
    """Each state of a job is a line of jobs.log, in order, and the file is a PDF."""
    job_id = lab.invoice()

    lab.wait()

    states = [event.state for event in lab.events() if event.job_id == job_id]
    assert states == [JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED]
    assert lab.pdf(job_id).read_bytes().startswith(b"%PDF-")


def test_the_synchronous_door_answers_with_the_pdf_and_keeps_out_of_the_log(lab: Lab) -> None:
    """What is rendered inside a request never enters jobs.log."""
    job_id = lab.custom(door="synchronous", title="Now", text="Not later.")

    lab.wait()

    assert [event.state for event in lab.sync_events() if event.job_id == job_id][-1] is JobState.COMPLETED
    assert not [event for event in lab.events() if event.job_id == job_id]


def test_the_six_operations_leave_a_clean_audit(lab: Lab) -> None:
    """Whatever is asked for, in whatever way, every accepted job has exactly one ending."""
    before = lab.stats().completed
    lab.custom(), lab.invoice(), lab.report()
    lab.batch(20)
    lab.burst(20)
    lab.month_end(2)

    lab.wait()

    assert lab.stats().completed - before >= 43
    assert audit(lab.settings).summary == "clean"


def test_a_request_of_our_own_is_checked_like_any_other(lab: Lab) -> None:
    """What the door refuses is an error that names the field."""
    with pytest.raises(LoadFailed, match="titel"):
        lab.custom(titel="misspelt")


def test_an_impossible_document_fails_with_a_reason_and_the_worker_lives(lab: Lab) -> None:
    """A job that can never become a PDF ends as FAILED, and the next one is served."""
    impossible = lab.custom(title="Without end", text="a\n" * 25_000)
    possible = lab.custom(title="A", text="Latin")

    lab.wait()

    endings = {event.job_id: event for event in lab.events() if event.state.is_ending}
    assert endings[impossible].state is JobState.FAILED
    assert "more than 500 pages" in str(endings[impossible].reason)
    assert endings[possible].state is JobState.COMPLETED


def test_workers_come_and_go(lab: Lab) -> None:
    """The number of workers follows scale(), up and down."""
    lab.scale(3)
    eventually(lambda: lab.stats().workers == 3, seconds=15)

    lab.scale(1)
    eventually(lambda: lab.stats().workers == 1, seconds=15)


def test_the_lab_says_which_redis_it_uses(lab: Lab) -> None:
    """Figures of speed want a real Redis, and the lab says so where it has none."""
    assert ("embedded" in lab.redis) == ("figures of speed" in lab.redis)


def test_a_stopped_lab_can_still_be_read_and_stopped_again(tmp_path: Path) -> None:
    """Numbers outlive the system; the second stop does nothing; what needs the system says so."""
    lab = Lab(mode="threads", workers=1)
    with lab:
        lab.custom()
        lab.wait()

    lab.stop()

    assert len(lab.events()) == 3
    assert not lab.folder.exists()
    with pytest.raises(UsageError, match="not running"):
        lab.custom()


def test_a_second_lab_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    """Two systems in one folder would write one log: the second says what to do."""
    with Lab(mode="threads", folder=tmp_path), pytest.raises(UsageError, match="Another pdflab"):
        Lab(mode="threads", folder=tmp_path).start()


def test_an_embedded_redis_begins_anew_and_the_old_traces_are_kept_aside(tmp_path: Path) -> None:
    """A log is never continued by a system that knows nothing of it."""
    for _ in range(2):
        with Lab(mode="threads", folder=tmp_path, workers=1) as lab:
            lab.custom()
            lab.wait()

    assert audit(lab.settings).counts.accepted == 1
    [earlier] = (tmp_path / "earlier").iterdir()
    assert (earlier / "jobs.log").read_text().count("\n") == 3


def test_a_private_redis_goes_on_where_it_was(tmp_path: Path) -> None:
    """With a redis-server, a folder can be used again: one log, one numbering."""
    needs("redis-server", "redis-server")
    for _ in range(2):
        with Lab(folder=tmp_path, workers=1, settings=QUICK) as lab:
            lab.custom()
            lab.wait()

    assert [event.number for event in lab.events()] == [1, 2, 3, 4, 5, 6]
    assert audit(lab.settings).counts.completed == 2


def test_killed_workers_recorder_and_api_come_back_and_nothing_is_lost(tmp_path: Path) -> None:
    """SIGKILL at any instant: the guardian starts a new one, and the audit is clean."""
    with Lab(folder=tmp_path, settings=QUICK) as lab:
        lab.burst(200)
        eventually(lambda: lab.stats().completed > 5, seconds=15)
        for role in ("pdflab worker", "pdflab recorder", "pdflab api"):
            _kill(role)
        lab.wait()
        workers = lab.stats().workers

    assert audit(lab.settings).summary == "clean"
    assert workers >= 2


def test_nothing_outlives_a_killed_kernel() -> None:
    """SIGKILL the process that holds a lab: every child, its Redis and its temporary folder are gone."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    family = children_of(holder.pid)

    holder.kill()
    holder.wait()
    holder.stdout.close()

    assert len(family) >= 7
    eventually(lambda: not any(lives(pid) for pid in family), seconds=5)
    eventually(lambda: not folder.exists(), seconds=1)


_HOLDER = """
from pdflab.lab import Lab
with Lab() as lab:
    lab.burst(50)
    print(lab.folder, flush=True)
    time.sleep(60)
"""


def _kill(words: str) -> None:
    pids = [pid for pid, command in children_of(os.getpid()).items() if words in command]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
