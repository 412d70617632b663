"""The history of a load: who waited, what was made, and for how long each client waited."""

import math
from dataclasses import replace

import pytest
from made_up import queued, synchronous

from pdflab.analysis.endpoint_history import ANSWERED, DELIVERED, FAILED, OPEN
from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.replay import scenes
from pdflab.analysis.run import Run, Send, Sends
from pdflab.analysis.scene import Follower
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState

QUEUED, SYNCHRONOUS = Endpoint.QUEUED, Endpoint.SYNCHRONOUS


class Looks:
    """A history and its follower, as a control room looks at growing lists."""

    def __init__(self) -> None:
        self.history, self.follower = LoadHistory(), Follower()
        self.rows: dict[str, list] = {"queued": [], "synchronous": [], "sends": []}

    def look(self, now: float, **new: list) -> None:
        """Look at the lists, which have new rows."""
        for name, rows in new.items():
            self.rows[name] += rows
        self.follower.follow(now, **self.rows)
        self.history.follow(now, **self.rows, follower=self.follower)


def looked_at(now: float, run: Run) -> Looks:
    """Look once, at a run of the queued endpoint."""
    looks = Looks()
    looks.look(now, queued=list(run.events), sends=list(run.sends))
    return looks


def sent(at: float, until: float | None, *, job_id: str = "", endpoint: Endpoint = SYNCHRONOUS) -> Send:
    """One client, answered at an instant; without one, it gave up."""
    if until is None:
        return Send(endpoint, "invoice", at, at, error="timeout")
    return Send(endpoint, "invoice", at, at, until, 200 if endpoint == SYNCHRONOUS else 202, job_id)


def done(job_id: str, at: float) -> JobEvent:
    return JobEvent(job_id, JobState.COMPLETED, at, "invoice")


def test_it_has_the_queue_the_rate_and_the_waits() -> None:
    """Twelve were accepted, two are done: ten wait. All instants count from the first request, at 100."""
    history = looked_at(112.0, queued(12, completed=2)).history
    numbers = history.endpoints[QUEUED].numbers()
    waits = history.endpoints[QUEUED].waits()

    assert history.queue.points == [(12.0, 10.0)]
    assert history.endpoints[QUEUED].rates()[-2:] == [(10.0, 1.0), (11.0, 1.0)]
    assert numbers.rate == pytest.approx(2 / 5)
    assert numbers.answered == pytest.approx(0.5, rel=0.012)
    assert len(waits[ANSWERED]) == 12
    assert sorted(waits[DELIVERED]) == [(0.0, 10.0), (1.0, 10.0)]


def test_the_clients_who_hang_are_seen_while_they_hang() -> None:
    """A hundred asked, nobody was answered: their number, an open wait each, and a median that grows."""
    looks = Looks()
    looks.follower.expect("load", SYNCHRONOUS, [100.0 + i / 100 for i in range(100)])

    looks.look(100.5)
    looks.look(104.0)

    endpoint = looks.history.endpoints[SYNCHRONOUS]
    assert endpoint.clients.points[-1] == (4.0, 100.0)
    assert max(seconds for _, seconds in endpoint.waits()[OPEN]) == 4.0
    assert endpoint.numbers().answered == pytest.approx(3.5, rel=0.012)
    looks.look(114.0)
    assert endpoint.numbers().delivered_p99 == pytest.approx(14.0, rel=0.012)


def test_a_client_of_the_queue_waits_for_its_pdf_after_the_answer() -> None:
    """The answer came at once, the PDF did not: the median of the PDFs counts the ten that are not made."""
    endpoint = looked_at(130.0, queued(12, completed=2)).history.endpoints[QUEUED]

    assert endpoint.numbers().answered == pytest.approx(0.5, rel=0.012)
    assert endpoint.numbers().delivered == pytest.approx(22.0, rel=0.012)  # of 10, 10, and 19 to 28 so far
    assert min(endpoint.waits()[OPEN]) == (2.0, 28.0)


def test_a_row_counts_once() -> None:
    """Each look has the whole list so far."""
    looks = looked_at(112.0, queued(12, completed=2))

    looks.look(113.0)

    assert sum(made for _, made in looks.history.endpoints[QUEUED].rates()) == 2


def test_a_client_that_was_not_served_waited_for_ever() -> None:
    """A median of those who got something would praise an endpoint that refuses."""
    looks = Looks()

    looks.look(130.0, sends=list(synchronous(10, failed=6).sends))

    endpoint = looks.history.endpoints[SYNCHRONOUS]
    assert endpoint.numbers().answered == math.inf
    assert len(endpoint.waits()[FAILED]) == 6
    assert looks.history.endpoints[QUEUED].numbers().answered is None


def test_a_pdf_may_be_done_before_its_client_has_reported() -> None:
    """Events and sends come through different files."""
    looks, run = Looks(), queued(1)
    looks.look(111.0, queued=list(run.events))

    looks.look(112.0, sends=list(run.sends))

    assert looks.history.endpoints[QUEUED].numbers().delivered == pytest.approx(10.0, rel=0.012)


def test_a_pdf_for_a_client_that_left_is_throughput_and_no_goodput() -> None:
    """Two PDFs in the same second; one client had given up, and the other one has it."""
    looks = Looks()
    looks.look(101.0, sends=[sent(100.0, None)])
    looks.look(
        103.2, synchronous=[done("a", 102.1), done("b", 102.2)], sends=[sent(100.0, 102.2, job_id="b")]
    )

    looks.look(104.0)

    endpoint = looks.history.endpoints[SYNCHRONOUS]
    assert endpoint.rates()[2] == (2.0, 2.0)
    assert endpoint.goodput()[2] == (2.0, 1.0)


def test_a_pdf_of_a_client_that_nobody_measured_is_not_called_wasted() -> None:
    """A client with curl is in no list of sends; without anyone who gave up, its PDF was wanted."""
    looks = Looks()
    looks.look(
        103.0, sends=[sent(100.0, 101.0, job_id="a")], synchronous=[done("a", 101.0), done("b", 102.0)]
    )

    looks.look(105.0, sends=[sent(103.5, None)])  # that gave up is not the client of b, which was older

    endpoint = looks.history.endpoints[SYNCHRONOUS]
    assert endpoint.goodput() == endpoint.rates()


def test_a_cancelled_job_is_no_failure_and_a_failed_one_is_a_wait_for_ever() -> None:
    """Somebody wanted it so; of the other one, the chart shows when it failed."""
    looks = Looks()
    sends = [sent(100.0, 100.1, job_id=name, endpoint=QUEUED) for name in "ab"]
    ends = [
        JobEvent("a", JobState.FAILED, 103.0, "invoice", cause=Cause.CANCELLED),
        JobEvent("b", JobState.FAILED, 104.0, "invoice"),
    ]

    looks.look(105.0, sends=sends, queued=ends)

    endpoint = looks.history.endpoints[QUEUED]
    assert endpoint.waits()[FAILED] == [(0.0, 4.0)]
    assert endpoint.numbers().delivered == math.inf
    assert endpoint.waits()[OPEN] == []


def test_the_next_request_after_a_pause_begins_a_new_load() -> None:
    """And one that comes while the last one is still at work does not."""
    looks = Looks()
    looks.look(100.1, sends=[sent(100.0, 100.1, job_id="a")])
    looks.look(102.0, sends=[sent(101.9, 102.0, job_id="b")])
    assert len(looks.history.endpoints[SYNCHRONOUS].waits()[DELIVERED]) == 2

    looks.look(108.0)
    looks.look(120.0)
    assert len(looks.history.endpoints[SYNCHRONOUS].waits()[DELIVERED]) == 2, "until then, it stays"
    looks.follower.expect("load", SYNCHRONOUS, [130.0])
    looks.look(125.0)
    looks.look(131.0)

    assert looks.history.endpoints[SYNCHRONOUS].waits()[DELIVERED] == []
    assert looks.history.endpoints[SYNCHRONOUS].waits()[OPEN] == [(0.0, 1.0)]


def test_a_hanging_endpoint_does_not_end_the_load() -> None:
    """Nothing is answered for a minute, and clients wait: the axis goes on."""
    looks = Looks()
    looks.follower.expect("load", SYNCHRONOUS, [100.0, 100.1])
    for now in (100.5, 130.0, 160.0):
        looks.look(now)

    looks.look(161.0, sends=[sent(100.0, 161.0, job_id="a")])

    assert looks.history.axis == (0.0, 120.0)
    assert looks.history.endpoints[SYNCHRONOUS].waits()[DELIVERED] == [(0.0, 61.0)]


def test_a_job_that_a_naive_worker_lost_does_not_hold_the_axis_for_ever() -> None:
    """It is claimed for good; half a minute after the last row, the load is over."""
    lost = [JobEvent("a", JobState.PROCESSING, 100.0, "invoice", worker="w")]
    looks = Looks()
    looks.look(100.5, queued=lost)
    for now in (120.0, 135.0, 200.0):
        looks.look(now)
    assert looks.history.axis == (0.0, 60.0)

    looks.look(300.0, queued=[JobEvent("b", JobState.QUEUED, 300.0, "invoice")])

    assert looks.history.axis == (0.0, 10.0)


def test_a_plan_may_rest_for_a_minute() -> None:
    """What is still to be sent belongs to the load."""
    looks = Looks()
    looks.follower.expect("load", SYNCHRONOUS, [100.0, 180.0])
    looks.look(101.0, sends=[sent(100.0, 100.5, job_id="a")])
    looks.look(170.0)

    looks.look(181.0)

    assert looks.history.endpoints[SYNCHRONOUS].waits()[OPEN] == [(80.0, 1.0)]


def test_a_room_that_is_opened_late_begins_with_the_last_load() -> None:
    """An hour ago there was another; neither its requests nor the pause since are shown."""
    looks = Looks()

    looks.look(3_600.0, sends=[sent(at, at + 7, job_id=f"{at}") for at in (10.0, 11.0, 3_500.0, 3_506.0)])

    assert looks.history.axis == (0.0, 20.0)
    assert looks.history.endpoints[SYNCHRONOUS].waits()[DELIVERED] == [(0.0, 7.0), (6.0, 7.0)]


def test_a_load_can_begin_before_its_first_request() -> None:
    """A month has days before its first invoice."""
    looks = Looks()
    looks.follower.expect("month", QUEUED, [107.0])
    looks.history.begin(100.0)
    for now in (101.0, 107.5):
        looks.look(now)

    assert looks.history.endpoints[QUEUED].waits()[OPEN] == [(7.0, 0.5)]


def test_the_axis_grows_in_steps_and_rolls_after_ten_minutes() -> None:
    """Each step redraws the axes, so there are few."""
    looks, axes = Looks(), []
    looks.follower.expect("load", QUEUED, [0.0, 5_000.0])
    for now in range(0, 750, 5):
        looks.look(float(now))
        axes.append(looks.history.axis)

    ends = [10, 20, 60, 120, 300, 600]
    assert list(dict.fromkeys(axes)) == [*((0, end) for end in ends), (60, 660), (120, 720), (180, 780)]


def test_neither_an_hour_nor_a_rush_makes_it_grow() -> None:
    """A hundred thousand jobs in a quarter of an hour leave what a chart of ten minutes can show."""
    looks, names = Looks(), iter(range(100_000))
    looks.follower.expect("load", QUEUED, [1_000.0])
    looks.look(0.5, sends=[sent(0.0, 0.1, job_id="lost", endpoint=QUEUED)])
    for now in range(1, 900):
        sends, events = [], []
        for i, job_id in zip(range(110), names, strict=False):
            at = now - 1 + i / 110
            sends.append(sent(at, at + 0.01, job_id=f"{job_id}", endpoint=QUEUED))
            events.append(JobEvent(f"{job_id}", JobState.QUEUED, at, "invoice"))
            events.append(done(f"{job_id}", at + 0.005))
        events.append(done(f"{now}, of a client that reports nothing", now))
        looks.look(float(now), sends=sends, queued=events)

    endpoint = looks.history.endpoints[QUEUED]
    assert len(looks.history.queue.points) <= 482
    assert len(endpoint.waits()[DELIVERED]) <= 2 * 241
    assert len(endpoint.rates()) <= 660
    assert endpoint._asked.keys() == {"lost"}  # it still waits, and counts
    assert len(endpoint._ended) <= 660


def test_a_client_that_retries_waits_on_and_counts_once() -> None:
    """Its first request timed out after a second, and its PDF was for nobody; the second one brought one."""
    first = replace(sent(100.0, None), retried=True)
    second = replace(sent(100.0, 104.0, job_id="b"), attempt=2)
    looks = Looks()
    looks.follower.expect("load", SYNCHRONOUS, [100.0])

    looks.look(102.0, sends=[first], synchronous=[done("a", 101.5)])
    between, waiting = looks.follower.scene(102.0, {})[SYNCHRONOUS], looks.follower.waiting(SYNCHRONOUS)
    looks.look(106.0, sends=[second], synchronous=[done("b", 103.9)])
    history, after = looks.history.endpoints[SYNCHRONOUS], looks.follower.scene(106.0, {})[SYNCHRONOUS]

    assert (between.clients, between.gave_up, waiting) == (1, 0, [100.0])
    assert (after.clients, after.gave_up) == (0, 0)
    assert (history.waits()[DELIVERED], history.waits()[FAILED]) == ([(0.0, 4.0)], [])
    assert sum(made for _, made in history.rates()) - sum(made for _, made in history.goodput()) == 1


def test_a_run_with_retries_expects_each_client_once() -> None:
    """Replayed, nobody is left waiting at its end."""
    sends = [replace(sent(100.0, 100.5), status=503, error="refused", retried=True)]
    sends += [replace(sent(100.0, 102.0, job_id="b"), attempt=2)]

    seen = [
        scene[SYNCHRONOUS].clients
        for _, scene in scenes(
            [Run("r", SYNCHRONOUS, sends=Sends.of(sends))], LoadHistory(), frames_per_second=1.0
        )
    ]

    assert seen == [1, 1, 0]
