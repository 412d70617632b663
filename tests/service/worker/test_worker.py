"""A worker: it renders, stores and settles; whatever a document or Redis does, it lives."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from shorthand import (
    LEASE_OVER,
    events,
    job,
    line,
    opened,
    queue_away,
    state,
    states,
    submit,
    take_and_claim,
)

from pdflab.documents.kinds import sample_request
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import BrokerUnavailable, ImpossibleDocument, StorageUnavailable
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.base import Submission, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.base import Storage
from pdflab.service.worker.worker import Render, Worker, renderer
from pdflab.settings import Settings

PDF = b"%PDF- small %%EOF"
RENDERED = Rendered(PDF, 1)


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty pdf_storage/."""
    return opened(settings)


def render_quickly(job: Job) -> Rendered:
    return RENDERED


def find_it_impossible(job: Job) -> Rendered:
    raise ImpossibleDocument("this document's font has no glyph for '❤'")


def run_out_of_memory(job: Job) -> Rendered:
    raise MemoryError


def break_down(job: Job) -> Rendered:
    raise ZeroDivisionError("nobody thought of that")


def break_down_with_half_a_character(job: Job) -> Rendered:
    raise ValueError("cannot draw \ud800")


def must_not_be_called(job: Job) -> Rendered:
    pytest.fail("it was rendered again")


def fail_at_first(step: Callable[..., Any], times: int = 2) -> Callable[..., Any]:
    """Let Redis be away for so many calls of a step."""
    left = iter(range(times))

    def away_at_first(*arguments: Any, **options: Any) -> Any:
        if next(left, None) is not None:
            raise BrokerUnavailable("Redis does not answer; it is tried again.")
        return step(*arguments, **options)

    return away_at_first


def work(queue: JobQueue, storage: Storage, render: Render = render_quickly) -> int:
    """Let a worker take once; give how many jobs it has settled."""
    return Worker(queue, storage, render=render).run_once(0.01)


def test_a_worker_renders_stores_and_completes_until_the_queue_is_empty(
    queue: JobQueue, storage: Storage
) -> None:
    """Three jobs, three files, three endings, in the order in which they came."""
    submit(queue, "a", "b", "c")

    assert work(queue, storage) == 3
    assert [storage.read(name) for name in "abc"] == [PDF] * 3
    assert [states(queue, name) for name in "abc"] == ["QPC"] * 3
    assert [e.job_id for e in events(queue) if e.state is JobState.COMPLETED] == ["a", "b", "c"]


def test_with_nothing_to_do_a_worker_says_so(queue: JobQueue, storage: Storage) -> None:
    """No job, no file, no event."""
    assert work(queue, storage, must_not_be_called) == 0
    assert events(queue) == []


def test_a_pdf_is_stored_before_its_job_is_completed(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hears COMPLETED finds the file."""
    submit(queue, "a")
    stored: list[bool] = []
    complete = queue.complete

    def look_and_complete(*arguments: Any, **options: Any) -> Any:
        stored.append(storage.exists("a"))
        return complete(*arguments, **options)

    monkeypatch.setattr(queue, "complete", look_and_complete)
    work(queue, storage)

    assert stored == [True]


def test_a_pdf_that_is_there_already_is_not_rendered_again(queue: JobQueue, storage: Storage) -> None:
    """An earlier worker died after storing it: the job is completed as it is."""
    submit(queue, "a")
    storage.put("a", "earlier", b"%PDF- earlier %%EOF")

    assert work(queue, storage, must_not_be_called) == 1
    assert state(queue, "a") is JobState.COMPLETED
    assert storage.read("a") == b"%PDF- earlier %%EOF"


@pytest.mark.parametrize(
    ("render", "reason"),
    [
        (find_it_impossible, "this document's font has no glyph for '❤'"),
        (break_down, "The renderer broke on it (ZeroDivisionError: nobody thought of that)."),
    ],
)
def test_a_hopeless_document_fails_with_its_reason(
    queue: JobQueue, storage: Storage, render: Render, reason: str
) -> None:
    """At once, with a sentence a person understands and no file; and the next job is worked on."""
    submit(queue, "a", "b")

    assert work(queue, storage, lambda job: render(job) if job.job_id == "a" else RENDERED) == 2
    assert (states(queue, "a"), job(queue, "a").reason) == ("QPF", reason)
    assert (state(queue, "b"), storage.exists("a"), storage.exists("b")) == (JobState.COMPLETED, False, True)


def test_a_reason_that_cannot_be_written_fails_the_job_all_the_same(
    queue: JobQueue, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a surrogate pair in an exception's text must not kill the worker three times."""
    caplog.set_level(logging.CRITICAL)  # nor what hands a test's log from one process to another
    submit(queue, "a")

    work(queue, storage, break_down_with_half_a_character)

    assert state(queue, "a") is JobState.FAILED


def test_a_record_that_is_no_request_fails_with_the_wrong_field(queue: JobQueue, storage: Storage) -> None:
    """An older or newer API accepted what this worker cannot read."""
    queue.enqueue([Submission("a", "custom", '{"type":"custom","title":"no text"}')])

    work(queue, storage, renderer(FontBook()))

    assert (state(queue, "a"), job(queue, "a").reason) == (JobState.FAILED, "text: is required")


def storage_full(*_: Any) -> None:
    raise StorageUnavailable("The PDF could not be stored (No space left on device).")


@pytest.mark.parametrize("trouble", ["memory", "storage"])
def test_trouble_that_may_pass_is_tried_again_later(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """The job waits out its backoff; when the trouble has passed it is completed."""
    submit(queue, "a")
    with monkeypatch.context() as bad_times:
        if trouble == "storage":
            bad_times.setattr(storage, "put", storage_full)
        work(queue, storage, run_out_of_memory if trouble == "memory" else render_quickly)
    assert (state(queue, "a"), job(queue, "a").errors) == (JobState.QUEUED, 1)

    queue.clock_offset += 60
    queue.sweep()
    work(queue, storage)

    assert (states(queue, "a"), storage.exists("a")) == ("QPQPC", True)


def test_trouble_that_does_not_pass_ends_with_its_reason(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three tries, then FAILED: nobody waits for ever."""
    submit(queue, "a")
    monkeypatch.setattr(storage, "put", storage_full)

    for _ in range(3):
        work(queue, storage)
        queue.clock_offset += 60
        queue.sweep()

    assert states(queue, "a") == "QPQPQPF"
    assert "No space left on device" in (job(queue, "a").reason or "")


def test_a_worker_that_lost_its_job_to_another_does_not_disturb_it(queue: JobQueue, storage: Storage) -> None:
    """Frozen while it rendered, it wakes up when another has completed the job: refused, and counted."""
    submit(queue, "a")

    def freeze(job: Job) -> Rendered:
        queue.clock_offset += LEASE_OVER
        queue.sweep()
        queue.complete(take_and_claim(queue, "other", "worker-2"), "worker-2")
        return RENDERED

    assert work(queue, storage, freeze) == 0
    assert states(queue, "a") == "QPQPC"
    assert queue.stats().fenced == 1


@pytest.mark.parametrize("step", ["claim", "complete", "fail"])
def test_a_step_is_insisted_on_while_redis_is_away(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What was rendered is not rendered again: the same step is sent until Redis answers."""
    submit(queue, "a")
    monkeypatch.setattr(queue, step, fail_at_first(getattr(queue, step)))
    rendered: list[str] = []

    def render(job: Job) -> Rendered:
        rendered.append(job.job_id)
        return find_it_impossible(job) if step == "fail" else RENDERED

    assert work(queue, storage, render) == 1
    assert rendered == ["a"]
    assert states(queue, "a") == ("QPF" if step == "fail" else "QPC")


def test_a_worker_outlives_an_absence_of_redis(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take, renewal and sweep fail: it waits, comes back, works, and stops when it is asked to."""
    stop = Event()
    submit(queue, "a")
    for step in ("take", "renew", "sweep"):
        monkeypatch.setattr(queue, step, fail_at_first(getattr(queue, step)))

    def render_and_stop(job: Job) -> Rendered:
        stop.set()
        return RENDERED

    Worker(queue, storage, render=render_and_stop).run(stop, lease=0.03)

    assert states(queue, "a") == "QPC"


def test_a_worker_without_any_redis_stops_when_it_is_asked_to(
    storage: Storage, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never exits on a Redis error, and an unreachable Redis does not keep it from ending either."""
    away, stop, tries = queue_away(settings), Event(), []
    take = away.take

    def take_twice(timeout: float) -> str | None:
        tries.append(timeout)
        if len(tries) == 2:
            stop.set()
        return take(timeout)

    monkeypatch.setattr(away, "take", take_twice)
    Worker(away, storage, render=must_not_be_called).run(stop, lease=10.0)

    assert len(tries) == 2


def test_asked_to_stop_a_worker_finishes_its_job_and_takes_no_other(
    queue: JobQueue, storage: Storage
) -> None:
    """The next job is left for somebody else, and the worker has left the registry."""
    stop = Event()
    submit(queue, "a", "b")

    def render_until_asked_to_stop(job: Job) -> Rendered:
        stop.set()
        return RENDERED

    Worker(queue, storage, render=render_until_asked_to_stop).run(stop, lease=10.0)

    assert (states(queue, "a"), states(queue, "b")) == ("QPC", "Q")
    assert line(queue) == ["b"]
    assert queue.workers() == []


def test_with_no_time_left_a_worker_hands_its_job_back(queue: JobQueue, storage: Storage) -> None:
    """The current job is the next one out, and its attempt does not count."""
    submit(queue, "a", "b")

    def overrun(job: Job) -> Rendered:
        worker.release(over=queue)
        raise SystemExit

    worker = Worker(queue, storage, render=overrun)
    with pytest.raises(SystemExit):
        worker.run_once(0.01)

    assert (state(queue, "a"), job(queue, "a").attempt) == (JobState.QUEUED, 0)
    assert line(queue) == ["a", "b"]


def test_while_it_renders_a_worker_renews_its_lease_and_reports_what_it_does(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second thread does, so that a slow document is not taken for a dead worker."""
    stop, renewed, renew = Event(), Event(), queue.renew
    submit(queue, "a")

    def note(status: WorkerStatus, claims: list[Any]) -> None:
        renew(status, claims)
        if [claim.job.job_id for claim in claims] == [status.job_id] == ["a"]:
            renewed.set()

    def render_slowly(job: Job) -> Rendered:
        stop.set()
        return RENDERED if renewed.wait(10) else pytest.fail("the lease was not renewed")

    monkeypatch.setattr(queue, "renew", note)
    Worker(queue, storage, render=render_slowly).run(stop, lease=0.03)

    assert states(queue, "a") == "QPC"


@pytest.mark.parametrize("kind", ["custom", "invoice", "report"])
def test_the_same_job_gives_the_same_bytes(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whoever renders it and whenever: the instant in the file is the job's, not the clock's."""
    queue.enqueue([Submission("a", kind, json.dumps(sample_request(kind, 7)))])
    accepted = job(queue, "a")

    first = renderer(FontBook())(accepted)
    monkeypatch.setattr(time, "time", lambda: accepted.queued_at + 90_000)

    assert renderer(FontBook())(accepted) == first
    assert first.pdf.startswith(b"%PDF-")


def test_a_worker_process_loads_nothing_that_it_does_not_need() -> None:
    """No web server, no chart, no widget, no load generator: a worker starts fast and stays small."""
    program = "import sys, pdflab.service.worker.worker; print(*{m.partition('.')[0] for m in sys.modules})"

    output = subprocess.check_output([sys.executable, "-c", program], text=True)

    loaded = set(output.split())
    assert "fpdf" in loaded
    assert not {"redis", "flask", "werkzeug", "waitress"} & loaded
    assert not {"matplotlib", "ipywidgets", "IPython", "aiohttp"} & loaded


def test_two_workers_never_share_a_name(queue: JobQueue, storage: Storage) -> None:
    """Not even two of one process: a registry place or a token is one worker's own."""
    first, second = (Worker(queue, storage, render=render_quickly) for _ in range(2))

    assert first.worker_id != second.worker_id


def test_each_error_makes_the_wait_longer_and_no_two_jobs_come_back_together(
    queue: JobQueue, storage: Storage
) -> None:
    """The backoff doubles and is jittered: what failed at one instant is not tried again at one instant."""
    submit(queue, *(str(number) for number in range(20)))

    work(queue, storage, run_out_of_memory)

    client = queue._redis
    due = [score - time.time() for _, score in client.zrange("pdf_jobs_delayed", 0, -1, withscores=True)]
    assert len({round(seconds, 3) for seconds in due}) > 10
    assert max(due) - min(due) > 0.1
