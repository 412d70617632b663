"""Outcomes of accepted jobs after a failure: how many were lost, and when others were redelivered.

Read next: pdflab/notebook/fault_panel.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes

from pdflab.analysis.run import Send
from pdflab.charts import style
from pdflab.jobs import Endpoint, JobEvent, JobState

_MAX_ROWS = 6  # jobs in one picture: the latest ones
_BELOW = (-0.01, -0.3)  # the axes


@dataclass(frozen=True, slots=True)
class JobOutcomes:
    """How many jobs were accepted, and how many of those have ended."""

    accepted: int
    ended: int

    @property
    def lost(self) -> int:
        """Return how many have not ended; they are lost if no further event can come."""
        return self.accepted - self.ended


def count_outcomes(sends: Sequence[Send], events: Sequence[JobEvent]) -> JobOutcomes:
    """Count the jobs that were accepted among `sends`, and those of them that ended in `events`."""
    accepted = {send.job_id for send in sends if send.accepted}
    ended = {event.job_id for event in events if event.state.is_ending}
    return JobOutcomes(len(accepted), len(accepted & ended))


def redelivered_jobs(events: Sequence[JobEvent]) -> list[str]:
    """Return the ids of jobs that were claimed more than once, in the order of their second claim."""
    return list(dict.fromkeys(event.job_id for event in events if event.attempt > 1))


def outcomes_figure(
    *, naive: JobOutcomes, reliable: JobOutcomes | None = None, predicted: float | None = None
) -> style.Picture:
    """Draw the outcomes of accepted jobs, for one type of worker or for both.

    `predicted` is how many the reader expected the naive workers to lose.
    """
    types = {"Naive": naive} | ({"Reliable": reliable} if reliable else {})
    figure, axes = style.make_axes(480 * len(types), 230, [1] * len(types))
    end = 1.15 * max(*(outcomes.accepted for outcomes in types.values()), predicted or 0, 1)
    colours = (style.ACCEPTED, style.COLOURS[Endpoint.QUEUED], style.FAILED)
    for ax, (name, outcomes) in zip(axes, types.items(), strict=True):
        counts = (outcomes.accepted, outcomes.ended, outcomes.lost)
        labels = [f"{count:,}" for count in counts]
        style.add_bars(ax, ("accepted", "ended", "lost"), counts, colours=colours, labels=labels)
        lost = f"{name} workers lost {outcomes.lost or 'none'} of {outcomes.accepted:,}"
        style.style_bar_axes(ax, lost, "jobs")
        ax.set_xlim(0, end)
    if predicted is not None:
        style.add_prediction(axes[0], f"lost, predicted: {predicted:g}", predicted, (1.5, 2.5))
        style.add_legend(axes[0], at=_BELOW)
    return figure


def redelivery_figure(events: Sequence[JobEvent], *, lease: float) -> style.Picture:
    """Draw each redelivered job from its first claim on; `lease` is in seconds."""
    histories = [_history(events, job_id) for job_id in redelivered_jobs(events)[-_MAX_ROWS:]]
    figure, [ax] = style.make_axes(960, 250)
    for row, history in enumerate(histories):
        _draw_history(ax, row, history)
    ax.axvline(lease, color=style.ASKED, linestyle=":", label=f"the lease: {lease:g} s of silence")
    ax.set_yticks(range(len(histories)), [f"job {row + 1}" for row in range(len(histories))])
    ax.set(xlim=(0, None), ylim=(max(len(histories), 2) - 0.5, -0.5))
    style.style_bar_axes(ax, _finding(histories), "seconds since the job was first claimed")
    style.add_legend(ax, columns=3, at=_BELOW)
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
