"""A run is shown as a lab would have shown it."""

from dataclasses import replace

import numpy as np
from made_up import queued, synchronous

from pdflab.analysis.endpoint_history import DELIVERED, FAILED
from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.replay import scenes
from pdflab.analysis.run import Events, Run
from pdflab.analysis.scene import Scene
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.load.plan import burst
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.twin import queued_endpoint, simulate

QUEUED, SYNCHRONOUS = Endpoint.QUEUED, Endpoint.SYNCHRONOUS


def shown(*runs: Run, **how: float) -> dict[float, Scene]:
    return dict(scenes(runs, LoadHistory(), **{"frames_per_second": 1.0} | how))


def test_both_runs_begin_together_and_each_instant_is_as_it_was() -> None:
    """The one was made after the other; after 11.5 s, ten of twelve jobs wait, and a client of each."""
    later = synchronous(12)
    moved = (later.sends.intended_at + 500, later.sends.sent_at + 500, later.sends.answered_at + 500)
    names = ("intended_at", "sent_at", "answered_at")
    later = replace(later, sends=replace(later.sends, **dict(zip(names, moved, strict=True))))

    scene = shown(queued(12, completed=2), later, frames_per_second=2.0)[11.5]

    assert (scene[QUEUED].queued, scene[QUEUED].stored) == (10, 2)
    assert (scene[SYNCHRONOUS].clients, scene[SYNCHRONOUS].longest) == (2, 1.5)


def test_speed_changes_the_instants_and_not_the_story() -> None:
    """Twice as fast, with half the frames; the last frame shows the end."""
    slow, fast = shown(queued(12)), shown(queued(12), speed=2.0)

    assert list(fast) == list(slow)[::2] + [22.0] * (len(slow) % 2 == 0)
    assert fast[6.0] == replace_moves(slow[6.0], fast[6.0])
    assert fast[max(fast)][QUEUED].stored == 12


def replace_moves(scene: Scene, other: Scene) -> Scene:
    """Return a scene with the moves of another one, which are those since the frame before."""
    return {one: replace(side, moves=other[one].moves) for one, side in scene.items()}


def test_a_client_without_an_answer_waits_for_its_timeout() -> None:
    """As the run's settings have it."""
    run = replace(synchronous(5, failed=1), settings={"timeout": 8.0})

    found = shown(run)

    assert (found[11.0][SYNCHRONOUS].clients, found[11.0][SYNCHRONOUS].gave_up) == (1, 0)
    assert (found[12.0][SYNCHRONOUS].clients, found[12.0][SYNCHRONOUS].gave_up) == (0, 1)


def test_workers_are_named_in_the_order_of_their_first_claims() -> None:
    """A process id says nothing to somebody who watches."""
    events = [
        JobEvent(job_id, JobState.PROCESSING, at, "invoice", worker=worker)
        for job_id, at, worker in (("a", 1.0, "here:77:x"), ("b", 2.0, "here:12:y"), ("c", 3.0, "here:77:x"))
    ]

    scene = shown(Run("r", QUEUED, events=Events.of(events)))[0.0]

    assert [worker.name for worker in scene[QUEUED].renderers] == ["worker-1", "worker-2"]


def test_simulated_workers_have_names_too() -> None:
    """Two workers are two, however many jobs they make; each job takes the first that is free."""
    service = ServiceTimes({kind: np.full(1, 0.5) for kind in ("custom", "invoice", "report")})
    run = simulate(burst(20, seconds=0.2), queued_endpoint(2), service)

    found = shown(run, frames_per_second=10.0)

    assert {worker.name for scene in found.values() for worker in scene[QUEUED].renderers} == {
        "worker-1",
        "worker-2",
    }
    assert found[max(found)][QUEUED].stored == 20


def test_the_history_has_the_whole_run() -> None:
    """Each client is in it once, served or not; a pause does not begin a new load."""
    history, runs = LoadHistory(), (queued(3), synchronous(20, failed=6))

    frames = [now for now, _ in scenes(runs, history, frames_per_second=4.0)]

    assert frames[-1] == 49.0  # the last one gave up 30 s after it had asked
    assert len(history.endpoints[QUEUED].waits()[DELIVERED]) == 3
    assert len(history.endpoints[SYNCHRONOUS].waits()[FAILED]) == 6


def test_nothing_gives_one_frame() -> None:
    """An empty run has a beginning."""
    assert list(shown(Run("r", QUEUED))) == [0.0]
    assert list(shown()) == [0.0]
