"""Accepted jobs after a failure: how many were lost, and when others were redelivered.

Read next: pdflab/notebook/parts/attack.py.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pdflab.analysis.run import Run
from pdflab.charts import style
from pdflab.jobs import Endpoint, JobEvent, JobState

_MAX_ROWS = 6  # jobs in one picture: the latest ones
_BELOW = (-0.01, -0.3)  # the axes
_AXIS, _MARGIN = 20, 0.5  # the length of the prediction's axis; what shows a line at its ends


def lost_jobs(run: Run) -> int:
    """Count the accepted jobs of a run without an ending: lost ones, if no further event can come."""
    accepted = {send.job_id for send in run.sends if send.accepted}
    return len(accepted - {event.job_id for event in run.events if event.state.is_ending})


def redelivered_jobs(events: Sequence[JobEvent]) -> list[str]:
    """Return the ids of jobs that were claimed more than once, in the order of their second claim."""
    return list(dict.fromkeys(event.job_id for event in events if event.attempt > 1))


def seconds_silent(run: Run) -> list[float]:
    """Return for each claim that expired how many seconds passed until its job was in the queue again."""
    events = list(run.events)
    histories = (_history(events, job_id) for job_id in redelivered_jobs(events))
    return [seconds for history in histories for _, seconds in _silences(history)]


def harm_figure(counts: Mapping[str, int], harm: str, *, predicted: float) -> style.Picture:
    """Draw how often a harm was done by each type of worker; `predicted` is what the reader expected."""
    figure, [ax] = style.make_axes(640, 200)
    labels, colours = [f"{count:,}" for count in counts.values()], [style.FAILED] * len(counts)
    style.add_bars(ax, [*counts], [*counts.values()], colours=colours, labels=labels)
    title = "; ".join(f"{name}: {count or 'no'} {harm}" for name, count in counts.items())
    style.style_bar_axes(ax, title, harm)
    ax.set_xlim(-_MARGIN, max(*counts.values(), predicted, _AXIS) + _MARGIN)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    style.add_prediction(ax, f"predicted, {next(iter(counts))}: {predicted:g}", predicted, (-0.5, 0.5))
    style.add_legend(ax, at=_BELOW)
    return figure


def redelivery_figure(run: Run, *, lease: float, predicted: tuple[float, float]) -> style.Picture:
    """Draw the last redelivered jobs from their first claim on; `lease` and `predicted` are in seconds."""
    events = list(run.events)
    histories = [_history(events, job_id) for job_id in redelivered_jobs(events)[-_MAX_ROWS:]]
    figure, [ax] = style.make_axes(960, 250)
    for row, history in enumerate(histories):
        _draw_history(ax, row, history)
    label = f"predicted: {predicted[0]:g} to {predicted[1]:g} s"
    ax.axvspan(*predicted, color=style.PREDICTED, alpha=0.25, zorder=0, label=label)
    ax.axvline(lease, color=style.ASKED, linestyle=":", label=f"the lease: {lease:g} s of silence")
    ax.set_yticks(range(len(histories)), [f"job {row + 1}" for row in range(len(histories))])
    ax.set(xlim=(0, None), ylim=(max(len(histories), 2) - 0.5, -0.5))
    style.style_bar_axes(ax, _finding(histories), "seconds since the job was first claimed")
    style.add_legend(ax, columns=4, at=_BELOW)
    return figure


def _history(events: Sequence[JobEvent], job_id: str) -> list[JobEvent]:
    """Return a job's events from its first claim on."""
    mine = [event for event in events if event.job_id == job_id]
    claimed = next(place for place, event in enumerate(mine) if event.state is JobState.PROCESSING)
    return mine[claimed:]


def _silences(history: Sequence[JobEvent]) -> list[tuple[JobEvent, float]]:
    """Return each claim that ended with the job back in the queue, and how many seconds it lasted."""
    return [
        (claim, after.at - claim.at)
        for claim, after in pairwise(history)
        if (claim.state, after.state) == (JobState.PROCESSING, JobState.QUEUED)
    ]


def _draw_history(ax: Axes, row: int, history: Sequence[JobEvent]) -> None:
    """Draw a bar for each silent worker and a dot for the ending; the first row has the labels."""
    began = history[0].at
    labels = ("claimed by a worker that is silent", "ended, by another worker") if row == 0 else ("", "")
    for number, (claim, seconds) in enumerate(_silences(history)):
        label = "" if number else labels[0]
        ax.barh(row, seconds, left=claim.at - began, height=0.45, color=style.FAILED, label=label)
    if history[-1].state.is_ending:
        at = history[-1].at - began
        ax.plot([at], [row], "o", color=style.COLOURS[Endpoint.QUEUED], markersize=8, label=labels[1])


def _finding(histories: Sequence[Sequence[JobEvent]]) -> str:
    after = [seconds for history in histories for _, seconds in _silences(history)]
    if not after:
        return "No job had to come back"
    ended = sum(history[-1].state.is_ending for history in histories)
    times = " to ".join(dict.fromkeys((f"{min(after):.1f}", f"{max(after):.1f}")))
    if len(histories) == 1:
        return f"1 job came back after {times} s, and has {'' if ended else 'not '}ended"
    those = "all" if ended == len(histories) else f"{ended} of them"
    return f"{len(histories)} jobs came back after {times} s, and {those} have ended"
