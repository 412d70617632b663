"""Charts over time: queue depth, age of the oldest job, each job, each worker, one job; and a plan.

Read next: pdflab/charts/forecast.py.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import job_columns, send_columns, throughput
from pdflab.analysis.queue_metrics import depth, intervals, oldest_age, utilisation
from pdflab.analysis.run import Run, Send
from pdflab.charts import style
from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.load.plan import Plan

_POINTS = 1_000  # of a curve of ages
_BARS = 120  # of a plan
_STEPS = ("the client waits for its answer", "the job waits in the queue", "a worker renders it")


def draw_depth(ax: Axes, run: Run) -> Axes:
    """Draw the queue depth, from the first intended send on."""
    (times, waiting), zero = depth(run.events), run.began_at
    peak = float(waiting.max(initial=0.0))
    steps = np.insert(times - zero, 0, 0.0), np.insert(waiting, 0, 0.0)
    style.add_line(ax, style.COLOURS[run.endpoint], run.name).set_data(*steps)
    title = f"The queue grew to {peak:,.0f}" if peak else "No job waited"
    if peak and not waiting[-1]:
        title += f" and was empty after {style.duration(float(times[-1]) - zero)}"
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    style.stamp(ax, run)
    return style.style_axes(ax, title, "jobs in the queue")


def draw_age(ax: Axes, run: Run) -> Axes:
    """Draw the age of the oldest queued job."""
    at = np.linspace(run.began_at, _end(run), _POINTS)
    age = oldest_age(run.events, at)
    line = style.add_line(ax, style.COLOURS[run.endpoint], run.name)
    line.set(data=(at - run.began_at, age), drawstyle="default")
    style.stamp(ax, run)
    highest = float(age.max())
    waited = f"The oldest job in the queue had waited up to {style.duration(highest)}"
    return style.style_axes(ax, waited if highest else "Nothing waited", "seconds that the oldest has waited")


def draw_jobs(ax: Axes, run: Run) -> Axes:
    """Draw each job as a row: waiting, then rendered; a cross if it has no PDF.

    A row begins at the intended send, since clients of the synchronous endpoint wait too.
    """
    columns, zero = _instants(run), run.began_at
    order = np.argsort(columns[0], kind="stable")
    began, started, ended, completed = (column[order] - zero for column in columns)
    rows, over = np.arange(1.0, len(began) + 1), np.where(np.isnan(ended), _end(run) - zero, ended)
    taken = np.where(np.isnan(started), over, started)
    _add_spans(ax, style.WAITING, "waiting", (rows, began, taken))
    _add_spans(ax, style.RENDERING, "being rendered", (rows, started, over))
    never = np.isnan(completed)
    ax.plot(over[never], rows[never], "x", color=style.FAILED, ms=3, label="no PDF")
    legend = ax.legend(loc="lower right", fontsize=8.5, frameon=False)
    for sample in legend.get_lines()[:2]:
        sample.set_linewidth(4)
    ax.autoscale_view()
    style.stamp(ax, run)
    title = "No jobs"
    if len(rows):
        longest = style.duration(float(np.nanmax(taken - began)))
        title = f"{run.endpoint}: {len(rows):,} jobs, of which one waited {longest}"
    style.style_axes(ax, title, "jobs, in the order of asking")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def draw_workers(ax: Axes, run: Run) -> Axes:
    """Draw when each worker was busy, and its utilisation."""
    zero, end = run.began_at, _end(run)
    shares = utilisation(run.events, start=zero, end=end)
    busy = intervals(run.events, JobState.PROCESSING)
    ended = np.where(np.isnan(busy.ended_at), end, busy.ended_at)
    rows = np.asarray(busy.worker, dtype=np.float64) + 1
    _add_spans(ax, style.RENDERING, "busy", (rows, busy.began_at - zero, ended - zero), width=14.0)
    ax.autoscale_view()
    mean = f"{100 * sum(shares.values()) / len(shares):.0f} %" if shares else "–"
    style.style_axes(ax, f"{run.endpoint}: {len(shares)} workers, busy {mean} of the time", "")
    labels = [f"worker {number}\n{100 * share:.0f} %" for number, share in enumerate(shares.values(), 1)]
    ax.set_ylim(0.4, len(shares) + 0.6)
    ax.set_yticks(range(1, len(shares) + 1), labels)
    style.stamp(ax, run)
    return ax


def draw_plan(ax: Axes, plan: Plan, *, capacity: float | None = None) -> Axes:
    """Draw the arrival rate of a plan, beside the capacity of the workers."""
    at = np.concatenate([np.empty(0), *(block.at for block in plan.blocks())])
    width = max(plan.seconds, 1.0) / _BARS
    begins, rates = throughput(at, bin_seconds=width, start=0.0, end=max(plan.seconds, 1.0) + width)
    ax.fill_between(begins, rates, step="post", color=style.ASKED, alpha=0.5, linewidth=0, label="asked for")
    peak = plan.peak or float(rates.max(initial=0.0))
    title = f"{len(at):,} documents; at its height {peak:,.0f} a second"
    if capacity:
        ax.axhline(capacity, color=style.RENDERING, ls="--", label="capacity of the workers")
        title += f", {peak / capacity:.1f} × the capacity"
    style.add_legend(ax)
    return style.style_axes(ax, title, "documents a second", time="seconds since the plan began")


def offered_load_figure(plan: Plan, *, capacity: float) -> style.Picture:
    """Draw the arrival rate of a plan, beside the capacity, in documents a second."""
    figure, [ax] = style.make_axes(760, 300)
    draw_plan(ax, plan, capacity=capacity)
    return figure


def job_trace_figure(
    send: Send, events: Sequence[JobEvent], *, predicted: float | None = None
) -> style.Picture:
    """Draw the steps of one COMPLETED job, in seconds since its request was sent.

    `predicted` is when the reader expected its PDF. Raises UsageError for a job in another state.
    """
    at = {event.state: event.at - send.sent_at for event in events if event.job_id == send.job_id}
    if JobState.COMPLETED not in at or send.answered_at is None:
        raise UsageError("This job is not COMPLETED; wait for it with lab.wait(), and draw it then.")
    queued, taken, done = (at[state] for state in (JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED))
    spans = (send.answered_at - send.sent_at, taken - queued, done - taken)
    figure, [ax] = style.make_axes(960, 250)
    colours, labels = (style.ACCEPTED, style.WAITING, style.RENDERING), list(map(style.duration, spans))
    bars = style.add_bars(ax, _STEPS, spans, colours=colours, labels=labels, begins=(0.0, queued, taken))
    for bar in bars:
        bar.set_edgecolor(bar.get_facecolor())  # so that 1 ms is visible
    ax.set_xlim(0, 1.12 * max(done, predicted or 0))
    if predicted is not None:
        style.add_prediction(ax, f"its PDF, predicted: {predicted:g} s", predicted, (-0.5, 2.5))
        style.add_legend(ax, at=(-0.01, -0.25))
    title = f"Answered after {style.duration(spans[0])}; the PDF was there after {style.duration(done)}"
    style.style_bar_axes(ax, title, "seconds since the request was sent")
    return figure


def _instants(run: Run) -> tuple[Floats, Floats, Floats, Floats]:
    """Return when each client asked, and when its job was started, ended and completed; nan is never."""
    jobs = job_columns(run.events)
    job = run.sends.clients.job_id.codes_in(jobs.job_id)
    started, ended = (np.append(column, np.nan)[job] for column in (jobs.started_at, jobs.ended_at))
    completed = send_columns(run.sends.clients, run.events).completed_at
    return run.sends.clients.intended_at, started, np.where(np.isnan(ended), completed, ended), completed


def _add_spans(
    ax: Axes, colour: str, label: str, spans: tuple[Floats, Floats, Floats], *, width: float | None = None
) -> None:
    """Add horizontal bars, given as rows, begins and ends; those that never began are left out."""
    rows, began, ended = spans
    there = ~np.isnan(began)
    ends = np.stack([np.stack([began, rows], axis=-1), np.stack([ended, rows], axis=-1)], axis=1)[there]
    lines = LineCollection(ends.tolist(), colors=colour, label=label, capstyle="butt")
    lines.set_linewidth(width or float(np.clip(250 / max(len(rows), 1), 0.4, 6.0)))
    ax.add_collection(lines)


def _end(run: Run) -> float:
    """Return the instant of the last event or answer."""
    columns = (run.events.at, run.sends.answered_at, run.sends.intended_at)
    return float(np.nanmax(np.concatenate(columns), initial=-np.inf)) if any(map(len, columns)) else 1.0
