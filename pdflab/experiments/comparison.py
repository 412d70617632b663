"""`pdflab demo`: both endpoints under the same plan, as a table, a chart, and a report in one HTML file.

Read next: experiments/runner.py.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pdflab.analysis.run import Run
from pdflab.cli.terminal import figures_table
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.settings import Settings

ROWS = {
    "sent": ("sent", "{:,}"),
    "accepted": ("accepted", "{:,}"),
    "failed": ("without a PDF", "{:,}"),
    "accept_p50_s": ("answered within, half of them", "{:.3f} s"),
    "accept_p99_s": ("answered within, 99 of 100", "{:.3f} s"),
    "naive_accept_p99_s": ("  as most tools would count it", "{:.3f} s"),
    "complete_p99_s": ("PDF within, 99 of 100", "{:.3f} s"),
    "throughput_per_s": ("PDFs a second", "{:.0f}"),
    "wasted": ("PDFs made for clients who had gone", "{:,}"),
    "send_lag_p99_s": ("sent later than meant, 99 of 100 by", "{:.3f} s"),
}

_HONESTLY = (
    "What the queue buys: its endpoint answers at once whatever waits behind it, it loses nothing when a "
    "process "
    "dies, and workers can be added without touching it. What it does not: no core runs faster."
)


def demo(settings: Settings, *, scenario: str, seconds: float, timeout: float, as_json: bool) -> int:
    """Compare both endpoints under a scenario; print the table, save the chart, the runs and the report."""
    from pdflab.audit import audit as check
    from pdflab.experiments.runner import compare, measure_capacity
    from pdflab.experiments.runner import scenario as plan_of

    if not 1 <= seconds <= 600:
        raise UsageError("--seconds must be between 1 and 600.")
    console = Console(stderr=as_json)
    capacity = measure_capacity(settings)
    plan = plan_of(scenario, capacity, seconds=seconds)
    console.print(f"{capacity};\n{plan.count:,} documents to each endpoint: {plan.name}", highlight=False)
    with _progress(console) as progress:
        runs = compare(plan, settings=settings, timeout=timeout, watch=_Watcher(progress))
    figures = {endpoint: row(runs[endpoint]) for endpoint in (Endpoint.QUEUED, Endpoint.SYNCHRONOUS)}
    verdict = check(settings)
    facts = {"capacity_per_s": round(capacity.per_s, 1), "spike": round(capacity.spike, 2)}
    files = _save(runs, settings.folder, plan_capacity=capacity.per_s, title=str(capacity))
    if as_json:
        print(json.dumps(figures | {"audit": verdict.summary, "plan": plan.name} | facts | files))
    else:
        _print(figures, runs, console)
        console.print(f"audit: {verdict.summary}", soft_wrap=True)
        for name, path in files.items():
            console.print(f"{name}: {path}", soft_wrap=True, highlight=False)
    return 0 if verdict.clean else 1


def row(run: Run) -> dict[str, Any]:
    """Return a run in one row: its summary, what most tools would say, its waste, its generator's
    send_lag.
    """
    from pdflab.analysis.metrics import latencies, summary
    from pdflab.analysis.validity import invalid_reason, outcomes, wasted

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


def told(key: str, value: Any) -> str:
    """Say a figure of a row as people read it."""
    return "–" if value is None else ROWS[key][1].format(value)


def honestly(figures: dict[Endpoint, dict[str, Any]]) -> str:
    """Say what the queue buys, and what it did not buy in this run."""
    queued, synchronous = (
        told("complete_p99_s", figures[endpoint]["complete_p99_s"])
        for endpoint in (Endpoint.QUEUED, Endpoint.SYNCHRONOUS)
    )
    return f"{_HONESTLY} Of those who got a PDF, 99 of 100 had it within {queued} (queued) and {synchronous}."


def _print(figures: dict[Endpoint, dict[str, Any]], runs: dict[Endpoint, Run], console: Console) -> None:
    """Print both endpoints side by side; times count from the instant a request was meant to go."""
    table = figures_table("", *figures)
    for key, (name, _) in ROWS.items():
        table.add_row(name, *(told(key, endpoint[key]) for endpoint in figures.values()))
    console.print(table)
    for endpoint, found in figures.items():
        unwanted = {kind: n for kind, n in found["outcomes"].items() if kind != "accepted"}
        if unwanted:
            console.print(f"{endpoint}: " + ", ".join(f"{n:,} {kind}" for kind, n in unwanted.items()))
        if found["spoiled"]:
            console.print(f"{endpoint}: {found['spoiled']}", style="bold", soft_wrap=True)
    console.print(honestly(figures), soft_wrap=True, highlight=False)


def _save(runs: dict[Endpoint, Run], folder: Path, *, plan_capacity: float, title: str) -> dict[str, str]:
    """Save the chart, the report and both runs; return where they are."""
    from pdflab.charts.comparison import comparison_figure
    from pdflab.charts.style import png
    from pdflab.experiments.report import write_report

    paths = {name: folder / f"demo.{ending}" for name, ending in (("chart", "png"), ("report", "html"))}
    paths["chart"].write_bytes(png(comparison_figure(runs[Endpoint.QUEUED], runs[Endpoint.SYNCHRONOUS])))
    write_report(paths["report"], runs, capacity=plan_capacity, subtitle=title)
    for endpoint, run in runs.items():
        paths[f"{endpoint} run"] = folder / f"{endpoint}.run.json"
        run.save(paths[f"{endpoint} run"])
    return {name: str(path) for name, path in paths.items()}


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:>11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


class _Watcher:
    """Moves a progress bar for each endpoint."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, endpoint: Endpoint, answered: int, total: int) -> None:
        if endpoint not in self._bars:
            self._bars[endpoint] = self._progress.add_task(endpoint, total=total)
        self._progress.update(self._bars[endpoint], completed=answered)
