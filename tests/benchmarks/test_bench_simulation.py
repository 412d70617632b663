"""`pdflab bench simulation` answers with the promised keys, and its ratios are of what was measured."""

import importlib.util
import json

import pytest

from pdflab.benchmarks import simulation as bench
from pdflab.benchmarks.measuring import median_ratio
from pdflab.errors import UsageError

PROMISED = {"vs_simpy", "vs_ciw", "event_vs_simpy", "ten_million_s", "knee_s", "hundred_million_mb"}


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    """One round of a few jobs: too few to be a measurement, enough to be whole."""
    pytest.importorskip("ciw")
    return bench.measure(rounds=1, scale=0.01, most=100_000)


def test_the_promised_keys_are_there(figures: dict[str, object]) -> None:
    """Scripts rely on them, and on the object being plain JSON."""
    reported = json.loads(json.dumps(figures))

    assert reported.keys() == PROMISED | {"jobs_per_s"}
    assert all(isinstance(reported[key], int | float) and reported[key] > 0 for key in PROMISED)


def test_the_table_names_all_and_their_ratios(figures: dict[str, object]) -> None:
    """What a person reads is what the JSON says."""
    shown = "\n".join(map(str, bench.explain(figures)))

    assert f"{figures['vs_simpy']} times as fast as SimPy, {figures['vs_ciw']} as Ciw" in shown
    assert all(name in shown for name in ("SimPy", "Ciw", "ours"))


def test_ratios_are_of_the_same_round() -> None:
    """A slow moment meets both; the median of the rounds counts."""
    assert median_ratio([40.0, 4.0, 90.0], [10.0, 1.0, 30.0]) == 4.0


def test_memory_does_not_grow_with_the_jobs() -> None:
    """Ten times as many jobs need no more than a megabyte more: nothing is kept but the workers."""
    small, large = (bench._peak_in_a_fresh_process(count) for count in (100_000, 1_000_000))

    assert large - small < 5


def test_without_the_yardsticks_it_says_how_to_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """SimPy and Ciw belong to the test extra."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(UsageError, match=r"pip install -e '.\[test\]'"):
        bench.measure()
