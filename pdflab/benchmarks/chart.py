"""`pdflab bench chart`: what the live panel costs its own process, and how far it slows two busy workers.

This process is like a notebook's kernel: it has the lab and the panel's threads, while workers, API and Redis
are separate processes. Only the browser is missing. The same batches are made with and without a panel, in
turns, and each turn is compared with its neighbour: a slow moment of the machine affects both.

Read next: pdflab/notebook/poller.py.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from pdflab.benchmarks.measuring import rounds_of
from pdflab.child_process import wait_until
from pdflab.jobs import JobState
from pdflab.lab import Lab
from pdflab.notebook.control_room import ControlRoom
from pdflab.settings import Settings

_JOBS = 120  # in a turn: some seconds' work for two workers
_LINES = 400  # of each document, as a control room's own loads have
_MAX_SPREAD = 0.3  # of the losses: beyond it, other programs disturbed the rounds


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: PDFs a second, the share of a core that this process took, and pictures a second."""

    rate: float
    cpu: float
    frames: float = 0.0


def measure(*, rounds: int = 16, jobs: int = _JOBS) -> dict[str, Any]:
    """Measure in so many rounds: shares of a core, of the throughput, and frames a second."""
    pairs = []
    with Lab(workers=2, settings=Settings(port=0, sync_port=0)) as lab:
        _make(lab, jobs // 10 or 1)  # the first documents find everything cold
        for number in rounds_of(rounds, "with and without"):
            order = (_make, _watched) if number % 2 else (_watched, _make)
            made = {make: make(lab, jobs) for make in order}
            pairs.append((made[_watched], made[_make]))
        redis = lab.redis
    losses = sorted(1 - watched.rate / alone.rate for watched, alone in pairs)
    return {
        "redis": redis,
        "panel_cpu": round(median(watched.cpu - alone.cpu for watched, alone in pairs), 4),
        "throughput_loss": round(median(losses), 4),
        "throughput_loss_range": [round(losses[0], 4), round(losses[-1], 4)],
        "frames_per_s": round(median(watched.frames for watched, _ in pairs), 2),
        "per_s": round(median(alone.rate for _, alone in pairs), 1),
    }


def explain(figures: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for each figure."""
    f, (least, most) = figures, figures["throughput_loss_range"]
    yield f"on {f['redis']}, two workers make {f['per_s']} PDFs per second"
    yield f"the panel takes {f['panel_cpu']:.1%} of a core (under 5 %), at {f['frames_per_s']} frames/s (4)"
    yield f"throughput falls by {f['throughput_loss']:.1%} (under 4 %; rounds: {least:.1%} to {most:.1%})"
    if most - least > _MAX_SPREAD:
        yield "The rounds differ too much: measure again when the machine is quiet."


def _watched(lab: Lab, jobs: int) -> Batch:
    room, frames = ControlRoom(lab), list[float]()
    room.picture.observe(lambda change: frames.append(time.monotonic()), "value")
    with closing(room):
        batch = _make(lab, jobs)
    return replace(batch, frames=(len(frames) - 1) / (frames[-1] - frames[0]) if len(frames) > 1 else 0.0)


def _make(lab: Lab, jobs: int) -> Batch:
    """Make a batch with two workers; its rate comes from jobs.log, by Redis' clock."""
    before = lab.stats()
    cpu, began = time.process_time(), time.monotonic()
    lab.operate("batch", n=jobs, lines=_LINES, seed=1)
    wait_until(lambda: lab.stats().completed >= before.completed + jobs, 120.0, interval=0.1)
    cpu, seconds = time.process_time() - cpu, time.monotonic() - began
    lab.wait()
    events = [event for event in lab.events() if event.number > before.events]
    started = min(event.at for event in events if event.state is JobState.PROCESSING)
    ended = max(event.at for event in events if event.state.is_ending)
    return Batch(jobs / (ended - started), cpu / seconds)
