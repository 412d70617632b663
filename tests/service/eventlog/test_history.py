"""The history: a sample a second in Redis, with percentiles of the last minute, though nobody looks."""

from pathlib import Path
from threading import Event, Thread

import pytest
from conftest import eventually
from shorthand import WORKER, events, submit, take_and_claim

from pdflab.jobs import Cause
from pdflab.service.eventlog import history as history_module
from pdflab.service.eventlog.history import History
from pdflab.service.eventlog.recorder import Recorder
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.dashboard_view import SAMPLES, Quantiles, Sample, sample_of
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def history(queue: JobQueue, clock: Clock) -> History:
    """A history of an empty queue."""
    return History(queue, clock=clock)


def work(queue: JobQueue, *seconds: tuple[float, float]) -> None:
    """Let one job after the other wait and be rendered for so many seconds."""
    for number, (wait, rendering) in enumerate(seconds):
        submit(queue, f"job-{number}")
        queue.clock_offset += wait
        claim = take_and_claim(queue, f"{number}")
        queue.clock_offset += rendering
        queue.complete(claim, WORKER)


def latest(queue: JobQueue) -> Sample:
    return queue.samples()[0][-1]


def rounded(queue: JobQueue, what: str) -> list[float | None]:
    values = [latest(queue)[f"{what}_{p}"] for p in ("p50", "p95", "p99")]
    return [value and round(value) for value in values]


def test_a_sample_has_the_numbers_of_its_instant(queue: JobQueue, history: History) -> None:
    """What is there, and what has ended since the start."""
    submit(queue, "a", "b", "c", "d")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    queue.fail(take_and_claim(queue, "2"), WORKER, Failure(Cause.REJECTED, "why"))
    take_and_claim(queue, "3")
    queue.cancel("d")

    history.sample()

    found = latest(queue)
    counts = [found[name] for name in ("queued", "processing", "completed", "failed", "cancelled", "refused")]
    assert counts == [0, 1, 1, 2, 1, 0]
    assert abs((found["at"] or 0.0) - queue.now()) < 60


def test_percentiles_are_of_waiting_and_of_completion(queue: JobQueue, history: History) -> None:
    """A job waits until it is PROCESSING; it is complete when its PDF is there."""
    work(queue, (1.0, 1.0), (2.0, 1.0), (9.0, 1.0))
    history.add(events(queue))

    history.sample()

    assert rounded(queue, "wait") == [2, 9, 9]
    assert rounded(queue, "completion") == [3, 10, 10]


def test_a_second_try_is_not_a_second_wait(queue: JobQueue, history: History) -> None:
    """The whole time counts until the PDF is there, from the acceptance on."""
    submit(queue, "a")
    queue.clock_offset += 1
    queue.release(take_and_claim(queue, "1"))
    queue.fail(take_and_claim(queue, "2"), WORKER, Failure(Cause.TIMED_OUT, "why", retry_in=0.0))
    queue.clock_offset += 4
    queue.sweep()
    queue.complete(take_and_claim(queue, "3"), WORKER)
    history.add(events(queue))

    history.sample()

    assert rounded(queue, "wait") == [1, 1, 1]
    assert rounded(queue, "completion") == [5, 5, 5]


def test_what_was_a_minute_ago_is_forgotten(queue: JobQueue, history: History, clock: Clock) -> None:
    """The percentiles are of now."""
    work(queue, (1.0, 1.0))
    history.add(events(queue))
    clock.now += 61

    history.sample()

    assert rounded(queue, "wait") == rounded(queue, "completion") == [None] * 3


def test_a_sample_is_added_once_a_second(queue: JobQueue, history: History, clock: Clock) -> None:
    """However often the recorder asks."""
    for _ in range(20):
        history.sample()
        clock.now += 0.25

    assert len(queue.samples()[0]) == 5


def test_the_history_is_bounded(queue: JobQueue, broker: Broker) -> None:
    """A quarter of an hour, after any time."""
    none = sample_of(queue.stats(), wait=Quantiles(), completion=Quantiles())
    for _ in range(SAMPLES + 10):
        queue.add_sample(none)

    assert broker.client().xlen("pdf_jobs_history") == SAMPLES


def test_samples_are_read_on_from_a_position(queue: JobQueue) -> None:
    """Each once; a line of another version is left out."""
    none = sample_of(queue.stats(), wait=Quantiles(), completion=Quantiles())
    queue.add_sample(none)
    first, position = queue.samples()
    queue._run("note_sample", SAMPLES, '{"of": "another version"}')
    queue.add_sample(none)
    second, last = queue.samples(position)

    assert (len(first), len(second)) == (1, 1)
    assert queue.samples(last) == ([], last)


def test_a_new_recorder_knows_when_open_jobs_were_accepted(queue: JobQueue, clock: Clock) -> None:
    """The last one was killed: the stream has what it knew. What has ended is not counted twice."""
    work(queue, (5.0, 1.0))
    submit(queue, "open")
    queue.clock_offset += 3
    seen = len(events(queue))
    queue.complete(take_and_claim(queue), WORKER)
    history = History(queue, clock=clock)

    history.add(events(queue)[seen:])
    history.sample()

    assert rounded(queue, "wait") == rounded(queue, "completion") == [3, 3, 3]


def test_a_job_from_before_the_stream_is_left_out(queue: JobQueue, history: History) -> None:
    """Nobody knows how long it has waited."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)
    late = events(queue)[1:]
    queue.trim_events(late[0].event_id)

    history.add(late)
    history.sample()

    assert rounded(queue, "completion") == [None] * 3


def test_only_so_many_open_jobs_are_remembered(
    queue: JobQueue, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are forgotten first: a recorder's memory does not grow with the queue."""
    monkeypatch.setattr(history_module, "_MOST_OPEN", 2)
    submit(queue, "a", "b", "c")

    history.add(events(queue))

    assert [*history._accepted] == ["b", "c"]


def test_the_recorder_keeps_the_history(queue: JobQueue, tmp_path: Path) -> None:
    """While nobody watches."""
    recorder, stop = Recorder(queue, tmp_path / "jobs.log"), Event()
    recorder.open()
    thread = Thread(target=recorder.run, args=(stop,))
    thread.start()
    try:
        work(queue, (2.0, 1.0))
        eventually(lambda: any(found["completion_p50"] for found in queue.samples()[0]), seconds=10)
    finally:
        stop.set()
        thread.join()

    assert rounded(queue, "completion") == [3, 3, 3]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([], (None, None, None)), ([3.0], (3.0, 3.0, 3.0)), (range(1, 101), (50, 95, 99)), ([2, 1], (1, 2, 2))],
)
def test_a_percentile_is_a_duration_that_occurred(seconds: list[float], expected: tuple[object, ...]) -> None:
    """The nearest rank."""
    quantiles = Quantiles.of(seconds)

    assert (quantiles.p50, quantiles.p95, quantiles.p99) == expected
