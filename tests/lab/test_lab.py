"""The journeys: from a call of the lab to a PDF, in every way that it can run."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import children_of, eventually, lives, needs

from pdflab.analysis.validity import outcomes
from pdflab.audit import audit
from pdflab.errors import LoadFailed, UsageError
from pdflab.experiments.runner import run_plan
from pdflab.jobs import Endpoint, JobState
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.lab.processes import Supervisor
from pdflab.load.plan import burst
from pdflab.service.http.server import listen
from pdflab.service.jobqueue.redis_server import Broker
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
    assert (lab.pdf(job_id) or b"").startswith(b"%PDF-")


def test_the_synchronous_endpoint_answers_with_the_pdf_and_keeps_out_of_the_log(lab: Lab) -> None:
    """What is rendered inside a request never enters jobs.log."""
    job_id = lab.custom(endpoint="synchronous", title="Now", text="Not later.")

    lab.wait()

    last = [event for event in lab.events(Endpoint.SYNCHRONOUS) if event.job_id == job_id][-1]
    assert last.state is JobState.COMPLETED
    assert not [event for event in lab.events() if event.job_id == job_id]


def test_a_lab_is_closed_to_other_users(lab: Lab) -> None:
    """In either mode, at both endpoints; its token and its links open it."""
    asked = {
        (url, token): send_request(url, path, method=method, token=token).status
        for url, path, method in ((lab.url, "/jobs", "GET"), (lab.sync_url, "/generate-pdf/sync", "POST"))
        for token in (None, "another-token", lab.token)
    }

    closed = [status for (_, token), status in asked.items() if token != lab.token]
    assert closed == [401] * 4
    assert (asked[lab.url, lab.token], asked[lab.sync_url, lab.token]) == (200, 400)
    assert lab.settings.token_file.read_text().strip() == lab.token
    assert lab.link() == lab.address() == f"{lab.url}/?token={lab.token}"


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
    """What the endpoint refuses is an error that names the field."""
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
    """Speed should be measured with a real Redis, and the lab says so where it has none."""
    assert lab.broker.embedded == ("embedded" in lab.redis) == ("real redis-server" in lab.redis)


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


def test_the_synchronous_endpoint_can_be_bounded_while_it_runs(lab: Lab) -> None:
    """What is too much is refused with 503, in all its processes together; then everybody is let in again."""
    lab.set_sync_backlog(1)
    bounded = run_plan(lab, burst(40, seconds=0.2), lab.target(Endpoint.SYNCHRONOUS))
    lab.set_sync_backlog(None)
    unbounded = run_plan(lab, burst(10, seconds=0.2), lab.target(Endpoint.SYNCHRONOUS))

    assert set(outcomes(bounded.sends)) == {"accepted", "refused with 503"}
    assert outcomes(unbounded.sends) == {"accepted": 10}
    assert (bounded.settings["sync_backlog"], unbounded.settings["sync_backlog"]) == (1, None)


@pytest.fixture(params=["processes, redis-server", "processes, embedded", "threads"])
def resting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab in a temporary folder: what a notebook has."""
    mode, _, redis = request.param.partition(", ")
    if redis == "redis-server":
        needs("redis-server", "redis-server")
    if redis == "embedded":
        monkeypatch.setattr("pdflab.service.jobqueue.redis_server.server_program", lambda: None)
    with Lab(mode=mode, workers=1) as lab:
        yield lab


def test_a_lab_that_is_halted_goes_on_where_it_was(resting: Lab) -> None:
    """The same PDFs, events and links; what waited in the queue is done after the start."""
    lab = resting
    first = lab.custom()
    lab.wait()
    before, link = lab.events(), lab.link()
    send_request(lab.url, "/queue/pause", method="POST", token=lab.token)
    waiting = [lab.custom() for _ in range(3)]

    lab.halt()
    lab.start()
    send_request(lab.url, "/queue/resume", method="POST", token=lab.token)
    lab.wait()

    assert lab.events()[: len(before)] == before
    assert all(lab.pdf(job_id) for job_id in [first, *waiting])
    assert (lab.stats().completed, lab.link()) == (4, link)
    assert audit(lab.settings).summary == "clean"


def test_a_halted_lab_goes_when_it_is_stopped(resting: Lab) -> None:
    """Its temporary folder, and the Redis that had waited for a start."""
    before = children_of(os.getpid())
    lab = Lab(mode=resting.mode)
    lab.start()
    lab.halt()
    assert lab.folder.exists()

    lab.stop()

    assert not lab.folder.exists()
    assert children_of(os.getpid()).keys() <= before.keys()


def test_a_lab_whose_port_was_taken_meanwhile_takes_another(tmp_path: Path) -> None:
    """It starts all the same: its ports were any free ones."""
    with Lab(mode="threads", folder=tmp_path, workers=1, settings=QUICK) as lab:
        ports = urlsplit(lab.url).port, urlsplit(lab.sync_url).port
        lab.halt()
        with closing(listen("127.0.0.1", ports[0], setting="--port")):
            lab.start()

        assert urlsplit(lab.url).port != ports[0]
        assert urlsplit(lab.sync_url).port == ports[1]


def test_a_lab_whose_redis_has_forgotten_it_reads_its_new_log(real_redis: Broker, tmp_path: Path) -> None:
    """A start that archives the log also reads the next one from its beginning."""
    real_redis.client().flushall()
    settings = replace(QUICK, redis_url=real_redis.url)
    with Lab(folder=tmp_path, settings=settings, workers=1) as lab:
        lab.custom(title="A title that makes the first log longer than the second one")
        lab.wait()
        lab.halt()
        real_redis.client().flushall()
        lab.start()
        job_id = lab.custom()
        lab.wait()

        assert {event.job_id for event in lab.events()} == {job_id}
        assert [send.job_id for send in lab.sends()] == [job_id]
    assert list(tmp_path.glob("earlier/*/jobs.log"))


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
            _signal(signal.SIGKILL, _pids(role))
        lab.wait()
        workers = lab.stats().workers

    assert audit(lab.settings).summary == "clean"
    assert workers >= 2


def test_a_worker_that_dies_while_redis_is_frozen_costs_only_itself(tmp_path: Path) -> None:
    """Its successor waits for Redis like the others; the system is not given up."""
    needs("redis-server", "redis-server")
    with Lab(folder=tmp_path, settings=QUICK) as lab:
        lab.burst(20)
        lab.wait()
        frozen = _redis_of(lab)
        _signal(signal.SIGSTOP, frozen)
        _signal(signal.SIGKILL, _pids("pdflab worker")[:1])
        time.sleep(2)  # long enough for an impatient successor to give up
        _signal(signal.SIGCONT, frozen)
        lab.burst(20)
        lab.wait()

    assert audit(lab.settings).counts.completed == 40


def test_a_killed_redis_comes_back_with_what_it_had(tmp_path: Path) -> None:
    """The append-only file is read again; every accepted job has its ending."""
    needs("redis-server", "redis-server")
    with Lab(folder=tmp_path, settings=QUICK) as lab:
        lab.burst(100)
        eventually(lambda: lab.stats().completed > 10, seconds=15)
        time.sleep(
            1.2
        )  # everysec: what happened in the last second may be gone, and that is not the question here
        _signal(signal.SIGKILL, _redis_of(lab))
        eventually(lambda: bool(_redis_of(lab)), seconds=10)
        job_id = _patiently(lab.custom)
        lab.wait()

    assert audit(lab.settings).summary == "clean"
    assert lab.pdf(job_id)


def test_an_unfinished_system_that_goes_on_has_open_jobs_and_no_lost_ones(tmp_path: Path) -> None:
    """What an earlier stop saved knows nothing of the jobs that came after it."""
    needs("redis-server", "redis-server")
    with Lab(folder=tmp_path, settings=QUICK) as lab:
        lab.custom()
        lab.wait()
    script = _ONWARDS.format(folder=str(tmp_path))
    subprocess.run([sys.executable, "-c", script], check=False)  # kills itself with jobs in the queue

    counts = audit(lab.settings).counts

    assert (counts.lost, counts.completed >= 1, counts.open > 0) == (0, True, True)


def test_a_log_in_a_new_folder_begins_where_a_used_redis_stands(real_redis: Broker, tmp_path: Path) -> None:
    """Two folders on one Redis and storage: each log has its own jobs, and both audits are clean."""
    real_redis.client().flushall()
    settings = replace(QUICK, redis_url=real_redis.url, storage=tmp_path / "pdfs")
    for name in ("first", "second"):
        with Lab(folder=tmp_path / name, settings=settings, workers=1) as lab:
            lab.custom()
            lab.wait()
        assert (audit(lab.settings).summary, len(lab.events())) == ("clean", 3)


def test_a_forgotten_lab_is_stopped(tmp_path: Path) -> None:
    """A cell that is run again drops the first lab: nothing of it stays, in this process or below it."""
    before = children_of(os.getpid())
    lab = Lab(workers=1)
    lab.start()
    lab = Lab(workers=1, mode="threads")
    gc.collect()

    assert children_of(os.getpid()).keys() <= before.keys()
    lab.stop()
    with pytest.raises(UsageError, match="make a new one"):
        lab.start()


def test_an_interrupted_stop_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a stop, or a folder that is gone: the rest is stopped all the same."""
    before = children_of(os.getpid())
    monkeypatch.setattr(Supervisor, "stop", _interrupted(Supervisor.stop))
    lab = Lab(workers=1)
    lab.start()

    with pytest.raises(KeyboardInterrupt):
        lab.stop()
    lab.stop()

    assert children_of(os.getpid()).keys() <= before.keys()


@pytest.mark.parametrize("halted", [False, True])
def test_nothing_outlives_a_killed_kernel(halted: bool) -> None:
    """SIGKILL the process that holds a lab, or a halted one: children and temporary folder go."""
    program = _HOLDER.replace("lab.burst(50)", "lab.halt()") if halted else _HOLDER
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    family = children_of(holder.pid)

    holder.kill()
    holder.wait()
    holder.stdout.close()

    assert len(family) >= (1 if halted else 7)
    eventually(
        lambda: not any(lives(pid) for pid in family), seconds=10
    )  # 5 promised; twice for a busy machine
    eventually(lambda: not folder.exists(), seconds=1)


_HOLDER = """
import time
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
with Lab() as lab:
    lab.burst(50)
    print(lab.folder, flush=True)
    time.sleep(60)
"""


_ONWARDS = """
import os, signal, time
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
lab = Lab(folder={folder!r}, workers=1)
lab.start()
lab.batch(1000)
while len(lab.sends()) < 1001:
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _pids(words: str) -> list[int]:
    return [pid for pid, command in children_of(os.getpid()).items() if words in command]


def _redis_of(lab: Lab) -> list[int]:
    folder = str(Path(lab._running().broker.url or "").parent.name)
    return [pid for pid in _pids("redis-server unix") if folder in children_of(os.getpid())[pid]]


def _signal(number: signal.Signals, pids: list[int]) -> None:
    assert pids
    for pid in pids:
        os.kill(pid, number)


def _patiently(ask: Callable[[], str]) -> str:
    """Ask until it is accepted: while Redis comes back, the endpoint says 503."""
    for _ in range(100):
        try:
            return ask()
        except LoadFailed:
            time.sleep(0.1)
    raise AssertionError("refused for ten seconds")


def _interrupted(stop: Callable[[Supervisor], None]) -> Callable[[Supervisor], None]:
    def stop_and_interrupt(supervisor: Supervisor) -> None:
        stop(supervisor)
        raise KeyboardInterrupt

    return stop_and_interrupt
