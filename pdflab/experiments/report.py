"""The report of a comparison: one HTML file with its pictures inside, that asks nothing of any other host.

Read next: charts/comparison.py.
"""

import base64
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from pdflab.analysis.run import Run
from pdflab.charts.comparison import comparison_figure, finding
from pdflab.charts.style import make_figure, png
from pdflab.charts.timelines import draw_age, draw_depth, draw_jobs, draw_plan, draw_workers
from pdflab.experiments.comparison import ROWS, honestly, row, told
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan

_SHARP = 200  # dots an inch: for a projector

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


def write_report(path: Path, runs: dict[Endpoint, Run], *, capacity: float, subtitle: str) -> None:
    """Write what became of a plan at both endpoints: the table, the findings, and every chart."""
    body = "\n".join(_body(runs[Endpoint.QUEUED], runs[Endpoint.SYNCHRONOUS], capacity))
    title = finding(runs[Endpoint.QUEUED], runs[Endpoint.SYNCHRONOUS])
    page = _PAGE.format(title=escape(title), subtitle=escape(subtitle), body=body)
    path.write_text(page, encoding="utf-8")


def _body(queued: Run, synchronous: Run, capacity: float) -> Iterator[str]:
    rows = {run.endpoint: row(run) for run in (queued, synchronous)}
    yield from (f'<p class="warning">{escape(r["spoiled"])}</p>' for r in rows.values() if r["spoiled"])
    yield "<table><tr><th></th>" + "".join(f"<th>{endpoint}</th>" for endpoint in rows) + "</tr>"
    for key, (name, _) in ROWS.items():
        cells = "".join(f"<td>{told(key, found[key])}</td>" for found in rows.values())
        yield f"<tr><td>{escape(name)}</td>{cells}</tr>"
    yield f"</table><p>{escape(honestly(rows))}</p>"
    yield _picture(comparison_figure(queued, synchronous, dpi=_SHARP), "Both endpoints under the same plan")
    plan = Plan.from_description(queued.plan)
    yield _picture(_one(lambda ax: draw_plan(ax, plan, capacity=capacity)), "The plan")
    yield _picture(_line(queued), "The line, and its oldest")
    for run in (queued, synchronous):
        yield _picture(_one(lambda ax, run=run: draw_jobs(ax, run), height=500), f"Every job, {run.endpoint}")
        yield _picture(
            _one(lambda ax, run=run: draw_workers(ax, run), height=250), f"Workers, {run.endpoint}"
        )
    yield f"<p>Plan: {escape(str(queued.plan.get('name')))}, seed {queued.plan.get('seed')}.</p>"
    yield f"<p>Machine: {escape(', '.join(f'{k} {v}' for k, v in queued.machine.items()))}.</p>"


def _line(run: Run) -> Figure:
    figure = make_figure(1200, 350, _SHARP)
    figure.set_layout_engine("constrained", w_pad=0.15)
    left, right = figure.subplots(1, 2)
    draw_depth(left, [run])
    draw_age(right, [run])
    return figure


def _one(draw: Callable[..., object], *, height: int = 350) -> Figure:
    figure = make_figure(1200, height, _SHARP)
    figure.set_layout_engine("constrained")
    draw(figure.subplots())
    return figure


def _picture(figure: Figure, what: str) -> str:
    data = base64.b64encode(png(figure)).decode()
    return f'<img alt="{escape(what)}" src="data:image/png;base64,{data}">'
