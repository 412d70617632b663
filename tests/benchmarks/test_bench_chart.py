"""`pdflab bench chart` measures what the live panel costs; how little that is, is a matter of the machine."""

from typing import Any

import pytest

from pdflab.benchmarks import chart
from pdflab.cli.bench import BENCHMARKS

PROMISED = {"panel_cpu", "throughput_loss"}
BESIDE = {"redis", "throughput_loss_range", "frames_per_s", "per_s"}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # there the panel would paint nothing
    return chart.measure(rounds=1, jobs=40)


def test_it_measures_a_panel_that_paints(figures: dict[str, Any]) -> None:
    """Shares, not per cent; and pictures were painted, or the panel would cost nothing."""
    assert BENCHMARKS["chart"] == chart.__name__
    assert figures.keys() == PROMISED | BESIDE
    assert figures["frames_per_s"] > 0
    assert -0.5 < figures["panel_cpu"] < 1
    assert figures["throughput_loss"] < 1

    shown = " ".join(chart.explain(figures))

    assert "(under 5 %)" in shown
    assert "(under 4 %" in shown


def test_disturbed_rounds_are_reported() -> None:
    """A median of noise is a number too."""
    figures: dict[str, Any] = {"redis": "a Redis", "per_s": 40.0, "panel_cpu": 0.01, "throughput_loss": 0.0}
    figures |= {"frames_per_s": 2.0, "throughput_loss_range": [-0.4, 0.4]}

    assert "when the machine is quiet" in " ".join(chart.explain(figures))
