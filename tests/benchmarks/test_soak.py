"""`pdflab soak` sees what grows and what slows down, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import children_of, needs

from pdflab.benchmarks import soak
from pdflab.benchmarks.soak import Row, verdict_of

FLAT = Row(jobs=20, seconds=1.0, redis=5.0, worker=75.0, api=70.0, recorder=35.0, stats_ms=2.0)


def test_a_short_run_has_ten_rows_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each tenth is seen with every size and a look; then no process and no folder is left."""
    needs("redis-server", "redis-server")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = children_of(os.getpid()).keys()  # such as the session's own Redis

    rows = list(soak.soak(30))

    assert len(rows) == soak.ROWS
    assert [row.jobs >= 3 * tenth for tenth, row in enumerate(rows, 1)] == [True] * soak.ROWS
    assert rows[-1].jobs == 30
    assert all(row.redis and row.worker and row.api and row.recorder and row.stats_ms for row in rows)
    assert children_of(os.getpid()).keys() <= others
    assert not list(tmp_path.iterdir())


def test_what_stays_as_it_is_is_flat() -> None:
    """The first tenth fills what is then kept: it does not count, and neither does noise."""
    filling, noise = replace(FLAT, redis=1.0, worker=60.0), replace(FLAT, jobs=30, redis=7.0, worker=77.0)

    reported = verdict_of([filling, FLAT, noise])

    assert reported.flat
    assert reported.stats_as_fast
    assert reported.growth_mb["redis"] == 2.0
    assert reported.growth["worker"] == pytest.approx(0.027, abs=0.001)


@pytest.mark.parametrize("part", ["redis", "worker", "api", "recorder"])
def test_a_part_that_grows_is_seen(part: str) -> None:
    """Ten megabytes more in any of them are a leak, and the sentence names it."""
    grown = replace(FLAT, **{part: getattr(FLAT, part) + 10})

    reported = verdict_of([FLAT, FLAT, grown])

    assert not reported.flat
    assert f"{part} +10.0 MB" in next(reported.sentences())


def test_a_look_that_becomes_slower_is_seen() -> None:
    """GET /stats costs the same, whatever the history."""
    reported = verdict_of([FLAT, FLAT, replace(FLAT, stats_ms=5.0)])

    assert not reported.stats_as_fast
    assert "NOT AS FAST" in list(reported.sentences())[1]


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    """Exit code 130, no traceback, no process, no folder."""
    command = [sys.executable, "-m", "pdflab", "soak", "--jobs", "10000"]
    env = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True) as run:
        assert run.stdout is not None
        assert "/stats ms" in run.stdout.readline()
        run.stdout.readline()
        children = children_of(run.pid)

        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)

    assert run.returncode == 130
    assert "Traceback" not in errors
    assert children
    assert not {pid for pid in children if Path(f"/proc/{pid}").exists()}
    assert not list(tmp_path.iterdir())
