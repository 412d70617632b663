"""The figures of the synchronous endpoint, from its log: a line is read once, a long log holds nobody up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pdflab.jobs import JobEvent, JobState
from pdflab.service.api import sync_figures
from pdflab.service.api.sync_figures import SyncFigures, SyncLog
from pdflab.service.jobqueue.dashboard_view import Quantiles

NOW = 1_000_000.0
P, C, F = JobState.PROCESSING, JobState.COMPLETED, JobState.FAILED

Write = Callable[..., None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The log."""
    return tmp_path / "sync.jsonl"


@pytest.fixture
def write(path: Path) -> Write:
    """What appends events, as EventLog does."""

    def append(job_id: str, *changes: tuple[JobState, float]) -> None:
        with path.open("a") as file:
            for state, ago in changes:
                file.write(JobEvent(job_id, state, NOW - ago, "custom").to_json() + "\n")

    return append


def figures(log: SyncLog) -> SyncFigures:
    found = log.figures()
    assert found is not None
    return found


def sync_log(path: Path) -> SyncLog:
    return SyncLog(path, clock=lambda: NOW)


def test_there_are_no_figures_without_a_log(path: Path) -> None:
    """The endpoint runs on another machine, or not at all."""
    assert sync_log(path).figures() is None


def test_what_is_rendered_is_counted_and_timed(path: Path, write: Write) -> None:
    """PDFs a second over ten seconds, percentiles over a minute, all counts since the beginning."""
    write("old", (P, 90.0), (C, 80.0))
    write("a", (P, 30.0), (C, 28.0))
    write("b", (P, 8.0), (C, 4.0))
    write("c", (P, 3.0), (F, 2.0))
    write("d", (P, 1.0))

    found = figures(sync_log(path))

    assert (found.completed, found.failed, found.in_progress, found.throughput) == (3, 1, 1, 0.1)
    assert found.rendered == Quantiles(2.0, 4.0, 4.0)


def test_a_log_is_read_on(path: Path, write: Write) -> None:
    """A half-written line waits for its end."""
    log = sync_log(path)
    write("a", (P, 5.0))
    line = JobEvent("a", C, NOW, "custom").to_json() + "\n"
    with path.open("a") as file:
        file.write(line[:30])
    before = figures(log)
    with path.open("a") as file:
        file.write(line[30:])
    after = figures(log)

    assert (before.completed, before.in_progress) == (0, 1)
    assert (after.completed, after.in_progress, after.rendered.p50) == (1, 0, 5.0)


def test_another_log_in_its_place_is_read_from_its_beginning(path: Path, write: Write) -> None:
    """A fresh start moves the old one away."""
    log = sync_log(path)
    write("a", (P, 5.0), (C, 4.0))
    write("b", (P, 5.0), (C, 4.0))
    figures(log)
    path.unlink()
    write("c", (P, 2.0))

    assert (figures(log).completed, figures(log).in_progress) == (0, 1)


def test_a_long_log_is_counted_whole_and_its_end_is_measured(
    path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API that is started again reads gigabytes in no time."""
    monkeypatch.setattr(sync_figures, "_MOST_PARSED", 500)
    for number in range(100):
        write(f"{number}", (P, 9.0), (C, 8.0))

    found = figures(sync_log(path))

    assert (found.completed, found.rendered.p50) == (100, 1.0)
    assert found.throughput < 1.0


def test_a_rendering_of_a_process_that_died_ends(path: Path, write: Write) -> None:
    """Its ending is in no log."""
    write("a", (P, 121.0)), write("b", (P, 119.0))

    assert figures(sync_log(path)).in_progress == 1


def test_what_was_completed_is_known_for_each_second(path: Path, write: Write) -> None:
    """Whether somebody looked or not; of what is older than the history, the sum is known."""
    log = sync_log(path)
    assert log.completed_at([NOW]) == [None]
    for number in range(3):
        write(f"{number}", (P, 9.0), (C, 8.0 - number))
    write("last", (P, 2.0), (F, 1.0))
    figures(log)

    assert log.completed_at([NOW - 9, NOW - 8, NOW - 7, NOW - 6, NOW]) == [0, 0, 1, 2, 3]


def test_the_seconds_of_a_long_log_are_counted_and_not_kept(
    path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in what is too long to be parsed."""
    monkeypatch.setattr(sync_figures, "_MOST_PARSED", 100)
    monkeypatch.setattr(sync_figures, "_MOST_SECONDS", 2)
    for number in range(5):
        write(f"{number}", (P, 9.0), (C, 8.0 - number))
    log = sync_log(path)
    figures(log)

    assert log.completed_at([NOW - 8, NOW - 4, NOW - 3]) == [3, 4, 5]


@pytest.mark.parametrize("line", ["half of a li", '{"of": "another version"}', "[]"])
def test_a_line_that_cannot_be_read_is_left_out(path: Path, write: Write, line: str) -> None:
    """The dashboard is shown, and the lines after it are counted."""
    path.write_text(f"{line}\n")
    write("a", (P, 3.0), (C, 2.0))

    assert (figures(sync_log(path)).completed, figures(sync_log(path)).throughput) == (1, 0.1)
