"""`pdflab demo`: both doors under the same spike, as a table and a chart.

Read next: experiment.py.
"""

import json
import os
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from pdflab.errors import UsageError
from pdflab.settings import Settings

_ROWS = {
    "sent": ("sent", "{:,}"),
    "accepted": ("accepted", "{:,}"),
    "failed": ("without a PDF", "{:,}"),
    "accept_p50_s": ("answered within, half of them", "{:.3f} s"),
    "accept_p99_s": ("answered within, 99 of 100", "{:.3f} s"),
    "complete_p99_s": ("PDF within, 99 of 100", "{:.3f} s"),
    "throughput_per_s": ("PDFs a second", "{:.0f}"),
}


def demo(settings: Settings, *, seconds: float, as_json: bool) -> int:
    """Compare both doors under the same burst; print the table and save the chart."""
    from pdflab.audit import audit as check
    from pdflab.experiment import LINES, compare, demo_plan, measure_capacity
    from pdflab.lab import Lab
    from pdflab.metrics import summary
    from pdflab.notebook.charts import comparison_figure, png

    if not 1 <= seconds <= 600:
        raise UsageError("--seconds must be between 1 and 600.")
    console = Console(stderr=as_json)
    plan = demo_plan(seconds, measure_capacity(LINES) * min(settings.workers, os.cpu_count() or 1))
    with Lab(workers=settings.workers, folder=settings.folder, settings=settings, fresh=True) as lab:
        console.print(
            f"{plan.count} documents to each door: {plan.name}, {settings.workers} workers; {lab.redis}"
        )
        with _progress(console) as progress:
            queued, synchronous = compare(lab, plan, watch=_Watcher(progress))
    figures = {"queued": summary(queued), "synchronous": summary(synchronous)}
    chart = lab.folder / "demo.png"
    chart.write_bytes(png(comparison_figure(queued, synchronous)))
    verdict = check(lab.settings)
    if as_json:
        print(json.dumps(figures | {"audit": verdict.summary, "chart": str(chart)}))
    else:
        console.print(_table(figures))
        console.print(f"audit: {verdict.summary}\nchart: {chart}", soft_wrap=True)
    return 0 if verdict.clean else 1


def _table(figures: dict[str, dict[str, Any]]) -> Table:
    """Both doors side by side; times count from the instant a request was meant to go."""
    table = Table("", *figures, box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for key, (name, form) in _ROWS.items():
        values = (figures[door][key] for door in figures)
        table.add_row(name, *("–" if value is None else form.format(value) for value in values))
    return table


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:>11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


class _Watcher:
    """Moves a progress bar for each door."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, door: str, answered: int, total: int) -> None:
        if door not in self._bars:
            self._bars[door] = self._progress.add_task(door, total=total)
        self._progress.update(self._bars[door], completed=answered)
