"""Both endpoints under the same plan: figures side by side, and what the queue improves.

Read next: pdflab/experiments/runner.py.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pdflab.analysis.metrics import latencies, summary
from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason, outcomes, wasted
from pdflab.experiments.figure_table import FigureTable
from pdflab.experiments.runner import Capacity
from pdflab.jobs import Endpoint

_ROWS = {
    "sent": ("sent", "{:,}"),
    "accepted": ("accepted", "{:,}"),
    "failed": ("without a PDF", "{:,}"),
    "accept_p50_s": ("acknowledgement p50", "{:.3f} s"),
    "accept_p99_s": ("acknowledgement p99", "{:.3f} s"),
    "naive_accept_p99_s": ("  uncorrected, as most tools count", "{:.3f} s"),
    "complete_p99_s": ("completion p99", "{:.3f} s"),
    "throughput_per_s": ("PDFs per second", "{:.0f}"),
    "wasted": ("PDFs for clients that had left", "{:,}"),
    "send_lag_p99_s": ("send lag p99", "{:.3f} s"),
}
CONCLUSION = (
    "What the queue buys: its endpoint answers at once, whatever waits behind it; it loses nothing when a "
    "process dies; workers can be added without touching it. What it does not: no core runs faster."
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The runs of one plan at both endpoints, and the capacity that the plan was made for."""

    capacity: Capacity
    runs: Mapping[Endpoint, Run]

    @property
    def figures(self) -> dict[Endpoint, dict[str, Any]]:
        """The figures of each run, by the keys of `demo --json`."""
        return {endpoint: _figures(self.runs[endpoint]) for endpoint in Endpoint}

    @property
    def table(self) -> FigureTable:
        """Both endpoints side by side. Latencies count from the intended send time."""
        columns = self.figures
        rows = [
            (name, *(_text(key, one[key]) for one in columns.values())) for key, (name, _) in _ROWS.items()
        ]
        return FigureTable(("", *columns), rows)

    @property
    def warnings(self) -> list[str]:
        """Why a run is not valid, if it is not."""
        reasons = {endpoint: invalid_reason(run) for endpoint, run in self.runs.items()}
        return [f"{endpoint}: {reason}" for endpoint, reason in reasons.items() if reason]

    @property
    def text(self) -> str:
        """The table; for each endpoint what was not accepted, and why; warnings, and the conclusion."""
        refused = [
            f"{endpoint}: " + ", ".join(f"{count:,} {kind}" for kind, count in found.items())
            for endpoint, run in self.runs.items()
            if (found := not_accepted(run))
        ]
        return "\n".join([str(self.table), *refused, *self.warnings, CONCLUSION])

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        capacity = {"capacity_per_s": round(self.capacity.per_s, 1), "spike": round(self.capacity.spike, 2)}
        return {str(endpoint): figures for endpoint, figures in self.figures.items()} | capacity


def not_accepted(run: Run) -> dict[str, int]:
    """Count the sends that were not accepted, by their outcome."""
    return {kind: count for kind, count in outcomes(run.sends).items() if kind != "accepted"}


def _figures(run: Run) -> dict[str, Any]:
    """Return the summary of a run, its latencies, its wasted work and whether it is valid."""
    found, (wasted_count, wasted_seconds) = latencies(run), wasted(run)
    return asdict(summary(run)) | {
        "naive_accept_p99_s": found["accept, naive"].p99,
        "send_lag_p99_s": found["send_lag"].p99,
        "wasted": wasted_count,
        "wasted_work_s": round(wasted_seconds, 3),
        "outcomes": outcomes(run.sends),
        "spoiled": invalid_reason(run),
        "latencies_s": {name: asdict(seconds) for name, seconds in found.items()},
    }


def _text(key: str, value: float | None) -> str:
    return "–" if value is None else _ROWS[key][1].format(value)
