"""Pictures of a failure: how many jobs a dead worker took along, and how one of them came back.

Read next: notebook/fault_panel.py.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pdflab.charts.job_outcomes import Fates, came_back
from pdflab.charts.style import (
    ACCEPTED,
    ASKED,
    COLOURS,
    FAILED,
    PREDICTED,
    TEXT,
    Picture,
    dress_bars,
    make_figure,
    set_title,
)
from pdflab.jobs import Endpoint, JobEvent, JobState

_MOST_ROWS = 6  # jobs in one picture, the latest ones
_SMALL: dict[str, Any] = {"fontsize": 9, "color": TEXT}


def fates_figure(*, naive: Fates, reliable: Fates | None = None, predicted: float | None = None) -> Picture:
    """Draw what became of the jobs that were accepted, for one kind of worker or for both.

    `predicted` is how many the reader expected the naive workers to lose.
    """
    kinds = {"Naive": naive} | ({"Reliable": reliable} if reliable else {})
    figure = make_figure(480 * len(kinds), 230)
    figure.set_layout_engine("constrained")
    end = 1.15 * max(*(fates.accepted for fates in kinds.values()), predicted or 0, 1)
    for ax, (kind, fates) in zip(
        figure.subplots(1, len(kinds), squeeze=False)[0], kinds.items(), strict=True
    ):
        _draw_fates(ax, fates)
        ax.set_xlim(0, end)
        set_title(ax, f"{kind} workers lost {fates.lost or 'none'} of {fates.accepted:,}")
    if predicted is not None:
        _draw_prediction(figure.axes[0], predicted)
    return figure


def life_figure(events: Sequence[JobEvent], *, lease: float) -> Picture:
    """Draw the lives of the jobs that came back, from the instant at which a worker first took them.

    `lease` is after how many seconds of silence a worker has lost its job.
    """
    lives = [_life(events, job_id) for job_id in came_back(events)[-_MOST_ROWS:]]
    figure = make_figure(960, 250)
    figure.set_layout_engine("constrained")
    ax = figure.subplots()
    for row, life in enumerate(lives):
        _draw_life(ax, row, life)
    ax.axvline(lease, color=ASKED, linestyle=":", label=f"the lease: {lease:g} s of silence")
    ax.set_yticks(range(len(lives)), [f"job {row + 1}" for row in range(len(lives))])
    ax.set(xlim=(0, None), ylim=(max(len(lives), 2) - 0.5, -0.5))
    dress_bars(ax, "seconds since a worker first took the job")
    _legend(ax)
    set_title(ax, _finding(lives))
    return figure


def _draw_fates(ax: Any, fates: Fates) -> None:
    counts = (fates.accepted, fates.ended, fates.lost)
    bars = ax.barh(range(3), counts, height=0.6, color=(ACCEPTED, COLOURS[Endpoint.QUEUED], FAILED))
    ax.bar_label(bars, [f"{count:,}" for count in counts], padding=4, **_SMALL)
    ax.set_yticks(range(3), ("accepted", "ended", "lost"))
    ax.set_ylim(2.6, -0.6)
    dress_bars(ax, "jobs")


def _draw_prediction(ax: Any, predicted: float) -> None:
    label = f"lost, predicted: {predicted:g}"
    ax.plot([predicted] * 2, [1.5, 2.5], color=PREDICTED, linestyle="--", linewidth=2, label=label)
    _legend(ax)


def _life(events: Sequence[JobEvent], job_id: str) -> list[JobEvent]:
    """Return a job's events from the first that a worker caused on."""
    mine = [event for event in events if event.job_id == job_id]
    taken = next(place for place, event in enumerate(mine) if event.state is JobState.PROCESSING)
    return mine[taken:]


def _silences(life: Sequence[JobEvent]) -> list[tuple[JobEvent, float]]:
    """Return each claim that ended with the job back in the line, and for how many seconds it had held it."""
    pairs = [(claim, after) for claim, after in pairwise(life) if claim.state is JobState.PROCESSING]
    return [(claim, after.at - claim.at) for claim, after in pairs if after.state is JobState.QUEUED]


def _draw_life(ax: Any, row: int, life: Sequence[JobEvent]) -> None:
    """A bar for each worker that fell silent, and a dot for the ending; the first row names them."""
    began = life[0].at
    names = ["in the hands of a worker that is silent", "ended, by another worker"] if row == 0 else ["", ""]
    for number, (claim, seconds) in enumerate(_silences(life)):
        name = "" if number else names[0]
        ax.barh(row, seconds, left=claim.at - began, height=0.45, color=FAILED, label=name)
    if life[-1].state.is_ending:
        ax.plot(
            [life[-1].at - began], [row], "o", color=COLOURS[Endpoint.QUEUED], markersize=8, label=names[1]
        )


def _finding(lives: Sequence[Sequence[JobEvent]]) -> str:
    after = [seconds for life in lives for _, seconds in _silences(life)]
    if not after:
        return "No job had to come back"
    ended = sum(life[-1].state.is_ending for life in lives)
    times = " to ".join(dict.fromkeys((f"{min(after):.1f}", f"{max(after):.1f}")))
    if len(lives) == 1:
        return f"1 job came back after {times} s, and has {'' if ended else 'not '}ended"
    those = "all" if ended == len(lives) else f"{ended} of them"
    return f"{len(lives)} jobs came back after {times} s, and {those} have ended"


def _legend(ax: Any) -> None:
    ax.legend(loc="upper left", bbox_to_anchor=(-0.01, -0.3), ncol=3, frameon=False, fontsize=9)
