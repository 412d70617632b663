"""The recorder: jobs.log has no hole and no duplicate, whatever dies and whenever."""

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from shorthand import WORKER, events, submit, take_and_claim

from pdflab.errors import BrokerRefuses, BrokerUnavailable, UsageError
from pdflab.jobs import JobEvent
from pdflab.service.eventlog import recorder as recorder_module
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.service.eventlog.recorder import Recorder
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.scripts import EVENTS


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "jobs.log"


@pytest.fixture
def recorder(queue: JobQueue, log: Path) -> Iterator[Recorder]:
    """A recorder that has the log."""
    recorder = Recorder(queue, log)
    recorder.open()
    yield recorder
    recorder.close()


def record(queue: JobQueue, log: Path) -> None:
    """Let a recorder start, write what there is, and end."""
    recorder = Recorder(queue, log)
    recorder.open()
    recorder.close()


def numbers(log: Path) -> list[int]:
    return [json.loads(line)["number"] for line in log.read_text().splitlines()]


def test_every_event_is_a_line(queue: JobQueue, recorder: Recorder, log: Path) -> None:
    """In their order, as they were written, each with its place in the stream."""
    submit(queue, "a", "b")
    queue.complete(take_and_claim(queue), WORKER)

    assert recorder.run_once() == 4
    assert recorder.run_once() == 0
    assert [JobEvent.from_fields(json.loads(line)) for line in log.read_text().splitlines()] == events(queue)


def test_a_redis_that_takes_no_write_does_not_stop_the_log(
    queue: JobQueue, recorder: Recorder, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its memory may be full while workers finish jobs; to keep time is a write."""
    stop = Event()

    def refuse() -> None:
        stop.set()
        raise BrokerRefuses("its memory is full")

    monkeypatch.setattr(queue, "keep_time", refuse)
    submit(queue, "a")

    recorder.run(stop)

    assert numbers(log) == [1]


def test_a_recorder_goes_on_where_the_last_one_ended(queue: JobQueue, log: Path) -> None:
    """Events that came while nobody recorded are written by the next: no hole, no duplicate."""
    submit(queue, "a", "b")
    record(queue, log)
    submit(queue, "c")

    record(queue, log)
    record(queue, log)

    assert numbers(log) == [1, 2, 3]


@pytest.mark.parametrize("cut", [1, 2, 30, 10_000])
def test_a_recorder_killed_at_any_byte_leaves_no_hole(queue: JobQueue, log: Path, cut: int) -> None:
    """A half-written last line is cut off and written again; also when it is all there is of the log."""
    submit(queue, "a", "b", "c")
    record(queue, log)
    whole = log.read_bytes()
    log.write_bytes(whole[:-cut] or whole[:10])

    record(queue, log)

    assert log.read_bytes() == whole


def test_a_second_recorder_is_refused(queue: JobQueue, recorder: Recorder, log: Path) -> None:
    """It would write every event twice; the sentence says what to do."""
    with pytest.raises(UsageError, match=r"Another recorder is writing .* stop it"):
        Recorder(queue, log).open()


def test_the_log_is_free_when_its_recorder_has_ended(queue: JobQueue, log: Path) -> None:
    """Closing gives up the lock, not only the end of the process."""
    ended, next_one = Recorder(queue, log), Recorder(queue, log)
    ended.open(), ended.close()

    next_one.open(), next_one.close()


def test_a_jump_in_the_numbers_is_noted(queue: JobQueue, recorder: Recorder, log: Path) -> None:
    """Events that are gone for good are said to be gone, in the log itself."""
    submit(queue, "a", "b", "c", "d")
    reported = events(queue)
    queue._redis.xdel(EVENTS, reported[1].event_id, reported[2].event_id)

    recorder.run_once()

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["number"] for line in lines if not line.get("gap")] == [1, 4]
    [gap] = [line for line in lines if line.get("gap")]
    assert (gap["expected"], gap["found"]) == (2, 4)


def test_a_recorder_killed_right_behind_a_noted_gap_loses_nothing(queue: JobQueue, log: Path) -> None:
    """The gap's line is whole and the event's line is not: the event is written by the next recorder."""
    submit(queue, "a", "b", "c")
    queue._redis.xdel(EVENTS, events(queue)[1].event_id)
    record(queue, log)
    whole = log.read_bytes()
    log.write_bytes(whole[:-5])

    record(queue, log)

    assert log.read_bytes() == whole


def test_a_redis_that_forgot_its_last_second_is_noticed(queue: JobQueue, log: Path) -> None:
    """Its numbers go back: the log says so, and what came before is not written twice."""
    submit(queue, "a", "b", "c")
    record(queue, log)
    queue._redis.hset("pdf_jobs_counts", "events", 1)

    submit(queue, "d")
    record(queue, log)

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["job_id"] for line in lines if not line.get("gap")] == ["a", "b", "c", "d"]
    assert [(line["expected"], line["found"]) for line in lines if line.get("gap")] == [(4, 2)]


def test_the_stream_is_trimmed_only_behind_what_the_log_has(
    queue: JobQueue, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some events stay for dashboards that look back; what nobody has written down yet stays too."""
    monkeypatch.setattr(recorder_module, "_KEEP", 3)
    for batch in ("ab", "cd", "ef"):
        submit(queue, *batch)
        recorder.run_once()

    kept = [event.number for event in events(queue)]
    assert kept[0] > 1
    assert {4, 5, 6} <= set(kept)
    submit(queue, "unwritten")
    assert events(queue)[-1].job_id == "unwritten"


def test_nothing_is_trimmed_when_nothing_could_be_written(
    queue: JobQueue, recorder: Recorder, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream is the only copy as long as the disk refuses the log."""
    monkeypatch.setattr(recorder_module, "_KEEP", 0)
    submit(queue, "a", "b")
    monkeypatch.setattr(Path, "open", Disk(log, bytes_left=10).open)

    with pytest.raises(OSError, match="No space left"):
        recorder.run_once()

    assert [event.number for event in events(queue)] == [1, 2]


class Disk:
    """A disk that takes so many more bytes of one file, and then is full, once."""

    def __init__(self, path: Path, *, bytes_left: int, when_full: Event | None = None) -> None:
        self._path, self._left, self._when_full = path, bytes_left, when_full
        self._file: Any = None
        self._open = Path.open

    @property
    def open(self) -> Any:
        def open_(path: Path, mode: str = "r", **options: Any) -> Any:
            file = self._open(path, mode, **options)
            if path == self._path and mode == "a" and self._left:
                self._file = file
                return self
            return file

        return open_

    def __enter__(self) -> "Disk":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, text: str) -> None:
        self._file.write(text[: self._left])
        self._left = 0
        if self._when_full:
            self._when_full.set()
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("bytes_left", [1, 100, 300])
def test_a_full_disk_makes_no_hole(
    queue: JobQueue, log: Path, monkeypatch: pytest.MonkeyPatch, bytes_left: int
) -> None:
    """Half a batch was written when the disk was full: later the log goes on behind its last whole line."""
    submit(queue, "a", "b", "c")
    stop = Event()  # set when the disk is full, so that the recorder does not wait before its next try
    monkeypatch.setattr(Path, "open", Disk(log, bytes_left=bytes_left, when_full=stop).open)
    recorder = Recorder(queue, log)
    recorder.open()

    recorder.run(stop)

    assert numbers(log) == [1, 2, 3]


def test_a_recorder_outlives_an_absence_of_redis(
    queue: JobQueue, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits, and then writes what it missed."""
    submit(queue, "a")
    stop, follow = Event(), queue.follow
    answers = iter(["away", "back"])

    def away_at_first(after: str, timeout: float) -> list[JobEvent]:
        if next(answers, "") == "away":
            stop.set()
            raise BrokerUnavailable("Redis does not answer; it is tried again.")
        return follow(after, timeout)

    monkeypatch.setattr(queue, "follow", away_at_first)
    recorder = Recorder(queue, log)
    recorder.open()
    recorder.run(stop)

    assert numbers(log) == [1]


def test_a_recorder_that_ends_writes_what_is_left(queue: JobQueue, log: Path) -> None:
    """More than one batch of it, too."""
    submit(queue, *(str(number) for number in range(2500)))

    record(queue, log)

    assert numbers(log) == list(range(1, 2501))


def test_a_log_that_was_moved_away_is_begun_anew(queue: JobQueue, log: Path) -> None:
    """As logrotate does it: no line is written twice, whether or not the recorder is killed afterwards."""
    submit(queue, "a", "b")
    first = Recorder(queue, log)
    first.open()
    first.run_once()
    log.rename(log.with_name("jobs.log.1"))
    submit(queue, "c")
    first.run_once()
    first.close()

    submit(queue, "d")
    record(queue, log)

    assert numbers(log.with_name("jobs.log.1")) == [1, 2]
    assert [event.job_id for event in Tail(log, read_event).read()] == ["c", "d"]


def test_a_recorder_that_is_killed_after_logrotate_writes_nothing_twice(queue: JobQueue, log: Path) -> None:
    """It has begun the next log at its next look, whether or not there was an event."""
    submit(queue, "a")
    killed = Recorder(queue, log)
    killed.open()
    killed.run_once()
    log.rename(log.with_name("jobs.log.1"))
    killed.run_once()
    killed._lock.release()  # as its end does

    submit(queue, "b")
    record(queue, log)

    assert [event.job_id for event in Tail(log, read_event).read()] == ["b"]


def test_an_error_while_it_looks_where_to_go_on_makes_no_hole(
    queue: JobQueue, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither write nor look succeeds for a while: it follows nothing before it knows what the log holds."""
    submit(queue, "a", "b")
    recorder = Recorder(queue, log)
    recorder.open()
    stop, refusals, opened = Event(), iter([True, True, True]), Path.open

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if self == log and next(refusals, False):
            raise OSError(errno.EMFILE, "Too many open files")
        if self == log:
            stop.set()
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    recorder.run(stop)

    assert numbers(log) == [1, 2]


def test_a_recorder_keeps_the_time_of_leases(
    queue: JobQueue, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should no worker live, leases run out all the same."""
    kept: list[None] = []
    turns = iter([False, False, True])
    monkeypatch.setattr(recorder_module, "_FOLLOW_TIMEOUT", 0.001)
    monkeypatch.setattr(queue, "keep_time", lambda: kept.append(None))
    stop = Event()
    monkeypatch.setattr(stop, "is_set", lambda: next(turns))
    recorder = Recorder(queue, log)
    recorder.open()

    recorder.run(stop)

    assert kept
