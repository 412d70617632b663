"""Coordinated omission: what a closed-loop load test misses while its endpoint is frozen.

A few clients wait for each answer before they send again. So they send almost nothing during the freeze, and
hardly a request looks slow.

Read next: pdflab/experiments/runner.py.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pdflab.analysis.metrics import Percentiles, percentiles, send_columns
from pdflab.analysis.run import Run
from pdflab.analysis.validity import outcomes
from pdflab.errors import UsageError
from pdflab.experiments.figure_table import FigureTable
from pdflab.experiments.runner import run_with_freeze
from pdflab.lab import Lab
from pdflab.settings import Settings

EXPLANATION = (
    "The first row is what most tools report: a client that waits sends nothing, and what is not sent is not "
    "slow. This is called coordinated omission."
)
_FREEZE_SECONDS = 1.4
_CLIENTS = 5  # fewer than 1 in 100 of all requests, even in the shortest demo
_MIN_SECONDS, _MAX_SECONDS = 6.0, 600.0
_COLUMNS = ("p50", "p90", "p99", "max")


@dataclass(frozen=True, slots=True)
class Omission:
    """A run with a freeze, and its acknowledgement latency counted in both ways, in seconds."""

    run: Run
    since_sent: Percentiles
    since_intended: Percentiles
    not_accepted: Mapping[str, int]

    @property
    def table(self) -> FigureTable:
        """Both ways to count, one below the other."""
        rows = [
            (name, *("–" if (seconds := found[rank]) is None else f"{seconds:.3f} s" for rank in _COLUMNS))
            for name, found in self._counted().items()
        ]
        return FigureTable(("acknowledgement latency", *_COLUMNS), rows)

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain data."""
        return {"answered_within_s": self._counted(), "unanswered": dict(self.not_accepted)}

    def _counted(self) -> dict[str, dict[str, float | None]]:
        return {
            "since it was sent": asdict(self.since_sent),
            "since it was meant to go": asdict(self.since_intended),
        }


def describe_omission(seconds: float) -> str:
    """Return a description of the run. Raises UsageError for a load that is too short or too long."""
    if not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
        raise UsageError(f"--seconds must be between {_MIN_SECONDS:g} and {_MAX_SECONDS:g} for a freeze.")
    return f"{_CLIENTS} clients for {seconds:g} s; halfway the API is frozen for {_FREEZE_SECONDS} s"


def measure_omission(settings: Settings, *, seconds: float, timeout: float) -> Omission:
    """Freeze the endpoint of a private system once, under a closed loop of clients."""
    with Lab(workers=settings.workers, folder=settings.folder, settings=settings, fresh=True) as lab:
        run = run_with_freeze(
            lab, seconds=_FREEZE_SECONDS, clients=_CLIENTS, lasting=seconds, timeout=timeout
        )
    columns = send_columns(run.sends, run.events)
    since_sent, since_intended = percentiles(columns.uncorrected), percentiles(columns.acknowledgement)
    not_accepted = {kind: number for kind, number in outcomes(run.sends).items() if kind != "accepted"}
    return Omission(run, since_sent, since_intended, not_accepted)


def save_omission(omission: Omission, folder: Path) -> dict[str, str]:
    """Save the chart and the run in a folder; return their paths."""
    from pdflab.charts.comparison import draw_omission
    from pdflab.charts.style import make_axes, png

    figure, [ax] = make_axes(760, 420)
    draw_omission(ax, omission.run)
    chart, run = folder / "freeze.png", folder / "freeze.run.json"
    chart.write_bytes(png(figure))
    omission.run.save(run)
    return {"chart": str(chart), "run": str(run)}
