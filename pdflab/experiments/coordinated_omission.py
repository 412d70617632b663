"""`pdflab demo --scenario freeze`: what a load test that waits for its server does not see.

The endpoint stands still for a moment, while a few clients ask, each of whom waits for an answer before it
asks
again: a closed loop. Whoever should have asked meanwhile has not; so hardly a request looks slow.

Read next: experiments/runner.py.
"""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from pdflab.analysis.metrics import percentiles, send_columns
from pdflab.analysis.run import Run
from pdflab.analysis.validity import outcomes
from pdflab.cli.terminal import figures_table
from pdflab.errors import UsageError
from pdflab.experiments.runner import freeze
from pdflab.lab import Lab
from pdflab.settings import Settings

_STANDSTILL = 1.4  # seconds
_CLIENTS = 5  # few enough to be under 1 in 100 of all who ask within the shortest demo
_SHORTEST = 6.0
_COLUMNS = {"p50": "half of them", "p90": "90 of 100", "p99": "99 of 100", "max": "slowest"}


def show_omission(settings: Settings, *, seconds: float, timeout: float, as_json: bool) -> int:
    """Freeze the endpoint of a system of its own once; print what a naive tool says beside the truth."""
    if not _SHORTEST <= seconds <= 600:
        raise UsageError(f"--seconds must be between {_SHORTEST:g} and 600 for a freeze.")
    console = Console(stderr=as_json)
    console.print(f"{_CLIENTS} clients for {seconds:g} s; halfway the API stands still for {_STANDSTILL} s")
    with Lab(workers=settings.workers, folder=settings.folder, settings=settings, fresh=True) as lab:
        run = freeze(lab, seconds=_STANDSTILL, clients=_CLIENTS, lasting=seconds, timeout=timeout)
    columns = send_columns(run.sends, run.events)
    counted = {
        "since it was sent": asdict(percentiles(columns.uncorrected)),
        "since it was meant to go": asdict(percentiles(columns.acknowledgement)),
    }
    unanswered = {kind: number for kind, number in outcomes(run.sends).items() if kind != "accepted"}
    files = _save(run, settings)
    if as_json:
        print(json.dumps({"answered_within_s": counted, "unanswered": unanswered} | files))
    else:
        console.print(_table(counted))
        for kind, number in unanswered.items():
            console.print(f"{number:,} {kind}: in neither row")
        console.print(
            "The first row is what most tools say: a client that waits sends nothing, and what is not sent "
            "is not slow. This is called coordinated omission.",
            soft_wrap=True,
        )
        for name, path in files.items():
            console.print(f"{name}: {path}", soft_wrap=True, highlight=False)
    return 0


def _table(counted: dict[str, dict[str, float | None]]) -> Table:
    table = figures_table("answered within", *_COLUMNS.values())
    for name, figures in counted.items():
        table.add_row(name, *(_told(figures[key]) for key in _COLUMNS))
    return table


def _told(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.3f} s"


def _save(run: Run, settings: Settings) -> dict[str, Any]:
    """Save the chart and the run; return where they are."""
    from pdflab.charts.comparison import draw_omission
    from pdflab.charts.style import make_figure, png

    figure = make_figure(760, 420)
    figure.set_layout_engine("constrained")
    draw_omission(figure.subplots(), run)
    chart, data = settings.folder / "freeze.png", settings.folder / "freeze.run.json"
    chart.write_bytes(png(figure))
    run.save(data)
    return {"chart": str(chart), "run": str(data)}
