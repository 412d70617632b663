"""Who waits at one instant, followed row by row."""

from pdflab.analysis.run import Send
from pdflab.analysis.scene import Follower, KnownWorker, Moves, RendererState
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState

QUEUED, SYNCHRONOUS = Endpoint.QUEUED, Endpoint.SYNCHRONOUS
Q, P, C, F = JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED, JobState.FAILED
WORKERS = {"a": KnownWorker("worker-1"), "b": KnownWorker("worker-2")}


def event(job_id: str, state: JobState, at: float, worker: str | None = None, **more: object) -> JobEvent:
    return JobEvent(job_id, state, at, "invoice", worker=worker, **more)  # type: ignore[arg-type]


def answered(
    at: float, status: int = 200, endpoint: Endpoint = SYNCHRONOUS, error: str | None = None
) -> Send:
    return Send(endpoint, "invoice", at, at, at + 1 if status else None, status, "j", error)


def test_a_client_waits_from_its_planned_instant_until_its_answer() -> None:
    """Not from when it was sent, and not only once it was answered: that would hide the waiting."""
    follower = Follower()
    follower.expect("load", SYNCHRONOUS, [100.0, 101.0, 105.0])

    follower.follow(103.0)
    scene = follower.scene(103.0, {})[SYNCHRONOUS]
    assert (scene.clients, scene.longest, scene.to_come) == (2, 3.0, 1)

    follower.follow(104.0, sends=[answered(100.0)])
    scene = follower.scene(104.0, {})[SYNCHRONOUS]
    assert (scene.clients, scene.longest, scene.to_come) == (1, 3.0, 1)
    assert follower.waiting(SYNCHRONOUS) == [101.0]
    assert follower.scene(104.0, {})[QUEUED].clients == 0


def test_clients_of_one_instant_are_counted_one_by_one() -> None:
    """A batch is due at one instant: three wait, one is answered, two wait."""
    follower = Follower()
    follower.expect("load", QUEUED, [100.0, 100.0, 100.0])
    follower.follow(100.0)

    follower.follow(100.1, sends=[answered(100.0, 202, QUEUED)])

    assert follower.waiting(QUEUED) == [100.0, 100.0]


def test_an_answer_may_be_read_before_its_instant_was_looked_at() -> None:
    """A look and the answers it reads are not of one instant."""
    follower = Follower()
    follower.expect("load", QUEUED, [100.0])

    follower.follow(99.9, sends=[answered(100.0, 202, QUEUED)])
    follower.follow(100.2, sends=[answered(100.0, 202, QUEUED)])

    assert follower.scene(100.2, {})[QUEUED].clients == 0


def test_a_load_that_ended_leaves_nobody_waiting() -> None:
    """It was stopped: what it never sent, nobody asks for."""
    follower = Follower()
    follower.expect("load", SYNCHRONOUS, [100.0, 200.0])
    follower.follow(101.0)
    assert not follower.settled

    follower.end("load")

    assert follower.settled
    assert follower.scene(101.0, {})[SYNCHRONOUS].to_come == 0


def test_refusals_and_clients_that_gave_up_are_counted_apart() -> None:
    """Neither has a PDF, and only one of them had to wait to learn it."""
    follower = Follower()
    sends = [answered(at, status, error="refused") for at, status in ((1.0, 429), (2.0, 503))]
    sends += [answered(3.0, 0, error="timeout"), answered(4.0)]
    sends += [answered(5.0, 0, error="connection"), answered(6.0, 500, error="HTTP 500")]
    sends += [answered(7.0, 0, error="cancelled")]

    follower.follow(9.0, sends=sends)

    scene = follower.scene(9.0, {})[SYNCHRONOUS]
    assert (scene.refused, scene.gave_up, scene.errors) == (2, 1, 2)


def test_a_job_is_in_one_place_at_a_time() -> None:
    """In the queue, at a worker, or stored; each move is seen once."""
    follower = Follower()
    events = [event("x", Q, 1.0), event("y", Q, 2.0)]
    follower.follow(3.0, queued=events)
    scene = follower.scene(3.0, WORKERS)[QUEUED]
    assert (scene.queued, scene.oldest, scene.moves) == (2, 2.0, Moves(accepted=2))

    events = [*events, event("x", P, 3.0, "a"), event("x", C, 4.0, "a"), event("y", P, 4.0, "a")]
    follower.follow(5.0, queued=events)

    scene = follower.scene(5.0, WORKERS)[QUEUED]
    assert (scene.queued, scene.stored, scene.moves) == (0, 1, Moves(claimed=2, completed=1))
    assert [(one.name, one.state, one.job_id) for one in scene.renderers] == [
        ("worker-1", RendererState.RENDERING, "y"),
        ("worker-2", RendererState.IDLE, None),
    ]
    follower.follow(5.2, queued=events)
    assert follower.scene(5.2, WORKERS)[QUEUED].moves == Moves()


def test_a_killed_worker_keeps_its_job_until_another_has_it() -> None:
    """Its successor has the same name and the next place; the job returns to the queue, marked as a retry."""
    follower, events = Follower(), [event("x", Q, 1.0), event("x", P, 2.0, "a", attempt=1)]
    workers = {
        "a": KnownWorker("worker-1", state=RendererState.KILLED),
        "new": KnownWorker("worker-1"),
        "b": KnownWorker("worker-2", state=RendererState.FROZEN),
    }
    follower.follow(4.0, queued=events)
    rows = follower.scene(4.0, workers)[QUEUED].renderers
    assert [(one.name, one.state) for one in rows] == [
        ("worker-1", RendererState.IDLE),
        ("worker-2", RendererState.FROZEN),
        ("worker-1", RendererState.KILLED),
    ]

    follower.follow(6.0, queued=[*events, event("x", Q, 5.0, attempt=1)])

    scene = follower.scene(6.0, workers)[QUEUED]
    assert (scene.queued, scene.retrying) == (1, 1)
    assert RendererState.KILLED not in [one.state for one in scene.renderers]


def test_a_cancelled_job_is_no_failure() -> None:
    """Somebody wanted it so."""
    follower, events = Follower(), [event("x", Q, 1.0), event("y", Q, 1.0)]

    follower.follow(2.0, queued=[*events, event("x", F, 2.0, cause=Cause.CANCELLED), event("y", F, 2.0)])

    assert follower.scene(2.0, {})[QUEUED].failed == 1


def test_the_jobs_of_a_dead_synchronous_renderer_are_lost() -> None:
    """No lease brings them back, and nothing waits for them."""
    follower = Follower()
    follower.follow(2.0, synchronous=[event("x", P, 1.0, "sync:1"), event("y", P, 1.0, "sync:2")])

    follower.lose(["sync:1"])

    assert follower.holders() == {"sync:2"}


def test_only_what_a_killed_naive_worker_held_is_lost() -> None:
    """A living one still works at it; the job of a reliable one comes back."""
    dead, naive = RendererState.KILLED, "naive:here:1:x"
    events = [event("x", P, 1.0, naive), event("y", P, 1.0, "here:2:y"), event("z", P, 1.0, "naive:here:3:z")]
    follower = Follower()
    follower.follow(2.0, queued=events)
    known = {event.worker: KnownWorker("worker-1", state=dead) for event in events[:2]}

    lost = follower.scene(2.0, known | {"naive:here:3:z": KnownWorker("worker-2")})[QUEUED].lost

    follower.follow(3.0, queued=[*events, event("x", C, 3.0, naive)])
    assert (lost, follower.scene(3.0, known)[QUEUED].lost) == (1, 0)


def test_a_scene_with_a_killed_worker_alone_is_at_rest() -> None:
    """A naive one keeps its job for ever; its picture need not be drawn for ever."""
    follower, workers = Follower(), {"a": KnownWorker("worker-1", state=RendererState.KILLED)}
    follower.follow(2.0, queued=[event("x", P, 1.0, "a")])

    one, later = (follower.scene(at, workers)[QUEUED] for at in (2.0, 60.0))

    assert one == later
    assert not one.is_busy


def test_a_server_with_several_requests_is_one_renderer() -> None:
    """Two processes are two, however many threads each has."""
    follower, workers = Follower(), {"sync:1": KnownWorker("sync-api-1", SYNCHRONOUS)}
    follower.follow(
        4.0, synchronous=[event(job_id, P, at, "sync:1") for job_id, at in (("x", 1.0), ("y", 3.0))]
    )

    [server] = follower.scene(4.0, workers)[SYNCHRONOUS].renderers

    assert (server.jobs, server.seconds, server.job_id) == (2, 3.0, "x")
