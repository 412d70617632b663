"""The files of a demo: charts, runs, and one HTML report with embedded pictures, which loads nothing else.

Read next: pdflab/charts/comparison.py.
"""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from math import ceil
from pathlib import Path

from pdflab.analysis.run import Run
from pdflab.charts.comparison import comparison_figure, draw_omission
from pdflab.charts.moving.animation import animation
from pdflab.charts.style import Picture, make_axes, png
from pdflab.charts.timelines import draw_age, draw_depth, draw_jobs, draw_plan, draw_workers
from pdflab.experiments.comparison import CONCLUSION, Comparison
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan

_DPI = 200  # sharp on a projector
_ANIMATION_SECONDS = 20.0  # at most: longer runs are shown faster

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; color: #333; background: #fff; max-width: 1200px;
         margin: 2rem auto; padding: 0 1rem; }}
  table {{ border-collapse: collapse; }}
  th, td {{ padding: .2rem 1rem .2rem 0; text-align: right; border-bottom: 1px solid #e3e3e3; }}
  th:first-child, td:first-child {{ text-align: left; }}
  img {{ width: 100%; height: auto; }}
  .warning {{ border: 2px solid #000; padding: .5rem 1rem; font-weight: bold; }}
</style>
<h1>{title}</h1>
<p>{subtitle}</p>
{body}
</html>
"""


def save_comparison(comparison: Comparison, folder: Path) -> dict[str, str]:
    """Save the chart, the report and both runs in a folder; return their paths."""
    queued, synchronous = comparison.runs[Endpoint.QUEUED], comparison.runs[Endpoint.SYNCHRONOUS]
    files = {"chart": folder / "demo.png", "report": folder / "demo.html"}
    files["chart"].write_bytes(png(comparison_figure(queued, synchronous)))
    files["report"].write_text(_page(comparison, queued, synchronous), encoding="utf-8")
    for endpoint, run in comparison.runs.items():
        files[f"{endpoint} run"] = folder / f"{endpoint}.run.json"
        run.save(files[f"{endpoint} run"])
    return {name: str(path) for name, path in files.items()}


def save_animation(comparison: Comparison, folder: Path) -> dict[str, str]:
    """Save both runs side by side as a GIF of some seconds; return its path."""
    runs = list(comparison.runs.values())
    longest = max(float(run.events.at.max(initial=run.began_at)) - run.began_at for run in runs)
    speed = max(1, ceil(longest / _ANIMATION_SECONDS))
    saved = folder / "demo.gif"
    saved.write_bytes(animation(runs, "The same requests at both endpoints", speed=speed))
    return {"animation": str(saved)}


def save_omission(run: Run, folder: Path) -> dict[str, str]:
    """Save the chart and the run in a folder; return their paths."""
    chart, saved = folder / "freeze.png", folder / "freeze.run.json"
    figure, [ax] = make_axes(760, 420)
    draw_omission(ax, run)
    chart.write_bytes(png(figure))
    run.save(saved)
    return {"chart": str(chart), "run": str(saved)}


def _page(comparison: Comparison, queued: Run, synchronous: Run) -> str:
    chart = comparison_figure(queued, synchronous, dpi=_DPI)
    title, body = chart.get_suptitle(), "\n".join(_body(comparison, chart, queued, synchronous))
    return _PAGE.format(title=escape(title), subtitle=escape(str(comparison.capacity)), body=body)


def _body(comparison: Comparison, chart: Picture, queued: Run, synchronous: Run) -> Iterator[str]:
    yield from (f'<p class="warning">{escape(warning)}</p>' for warning in comparison.warnings)
    yield comparison.table.html
    yield f"<p>{escape(CONCLUSION)}</p>"
    yield _picture(chart, "Both endpoints under the same plan")
    plan, capacity = Plan.from_description(queued.plan), comparison.capacity.per_s
    yield _picture(_drawn(partial(draw_plan, plan=plan, capacity=capacity)), "The plan")
    depth_and_age = _drawn(partial(draw_depth, run=queued), partial(draw_age, run=queued))
    yield _picture(depth_and_age, "Queue depth, and the age of the oldest job")
    for run in (queued, synchronous):
        yield _picture(_drawn(partial(draw_jobs, run=run), height=500), f"Every job, {run.endpoint}")
        yield _picture(_drawn(partial(draw_workers, run=run), height=250), f"Workers, {run.endpoint}")
    yield f"<p>Plan: {escape(str(queued.plan.get('name')))}, seed {queued.plan.get('seed')}.</p>"
    yield f"<p>Machine: {escape(', '.join(f'{k} {v}' for k, v in queued.machine.items()))}.</p>"


def _drawn(*draw: Callable[..., object], height: int = 350) -> Picture:
    """Return a figure with axes for each function, side by side."""
    figure, axes = make_axes(1200, height, (1,) * len(draw), dpi=_DPI)
    for draw_on, ax in zip(draw, axes, strict=True):
        draw_on(ax)
    return figure


def _picture(figure: Picture, what: str) -> str:
    data = base64.b64encode(png(figure)).decode()
    return f'<img alt="{escape(what)}" src="data:image/png;base64,{data}">'
