"""`pdflab bench render` answers with the promised keys, and its numbers come from what was measured."""

import gc
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

from pdflab.benchmarks import render as bench
from pdflab.benchmarks.measuring import take_turns
from pdflab.documents.kinds import KINDS, sample_request

PROMISED = {
    "core_vs_naive",
    "core_vs_platypus",
    "unicode_vs_naive",
    "unicode_bytes",
    "line_growth",
    "rss_growth_mb",
}


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    """One round of everything: too few to be a measurement, enough to be whole."""
    return bench.measure(rounds=1, documents=20)


def test_the_promised_keys_are_there(figures: dict[str, object]) -> None:
    """Scripts rely on them, and on the object being plain JSON."""
    reported = json.loads(json.dumps(figures))

    assert reported.keys() == PROMISED | {"ms"}
    assert all(isinstance(reported[key], int | float) for key in PROMISED)
    assert -50 < reported["rss_growth_mb"] < 50
    assert gc.get_freeze_count() == 0


def test_ratios_are_of_the_milliseconds_beside_them() -> None:
    """How many times better: theirs by ours; a line of 300 by a line of 40."""
    ms = {row: {"naive": 60.0, "platypus": 10.0, "ours": 4.0} for row in ("core_12", "unicode_12")}
    ms |= {"core_40": {"ours": 8.0}, "core_300": {"ours": 66.0}}

    assert bench._ratios(ms) == {
        "core_vs_naive": 15.0,
        "core_vs_platypus": 2.5,
        "unicode_vs_naive": 15.0,
        "line_growth": 1.1,
    }


def test_contenders_take_turns() -> None:
    """Each round draws all of them: a slow moment meets all; the first of a turn is not counted."""
    drawn: list[str] = []
    data = sample_request("custom", 1)

    def draws(name: str) -> Callable[[], float]:
        return partial(bench._take_turn, lambda _: drawn.append(name), data)

    times = take_turns({name: draws(name) for name in ("one", "other")}, 2)

    assert {name: len(taken) for name, taken in times.items()} == {"one": 2, "other": 2}
    assert [(name, len([*group])) for name, group in groupby(drawn)] == [
        ("one", bench.PER_TURN),
        ("other", bench.PER_TURN),
    ] * 2
    assert gc.isenabled()


def test_the_first_document_of_a_turn_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor's caches are cold."""
    seconds = iter([99.0, 1.0, 2.0, 3.0])
    monkeypatch.setattr(bench, "_timed", lambda draw, data: next(seconds))

    assert bench._take_turn(print, {}) == 2.0


def test_without_reportlab_its_column_is_empty(
    figures: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is skipped with a sentence that says how to have it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    without = figures | {"core_vs_platypus": None}

    assert any("reportlab is not installed" in str(part) for part in bench.explain(without))
    assert not any(column == "platypus" for _, column in bench._contenders(print))


def test_a_leak_is_seen() -> None:
    """Work that keeps 120 KB each time grows the process by 120 MB, less what was free in it."""
    kept: list[bytes] = []

    assert bench.growth([lambda: kept.append(b"x" * 120_000)] * 1_000, warm_up=0) > 60
    assert bench.growth([lambda: None] * 1_000) < 5


def test_the_work_is_of_all_kinds_and_one_in_twenty_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand different documents after the warm-up; those that fail have drawn most of it."""
    drawn: list[str] = []
    monkeypatch.setattr(bench, "_draw", lambda data, _: drawn.append(data["type"]))
    monkeypatch.setattr(bench, "_fail", lambda *_: drawn.append("fails"))
    for job in bench.jobs(bench.DOCUMENTS):
        job()
    monkeypatch.undo()

    assert len(drawn) == bench.WARM_UP + bench.DOCUMENTS
    assert set(drawn) == {*KINDS, "fails"}
    assert drawn.count("fails") == len(drawn) // 20
    bench.jobs(20)[19]()


def test_nothing_loads_the_benchmarks_before_they_run(tmp_path: Path) -> None:
    """The command line, the workers and the API start without them."""
    code = (
        "import sys; from pdflab.__main__ import main; main(['audit']);"
        "print([name for name in sys.modules if 'bench' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip().endswith("[]")
