"""Whatever happens in whatever order: nothing lost, nothing twice, first in, first out."""

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from shorthand import WORKER, events, line, submit

from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Claim, Failure, new_id
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.service.jobqueue.scripts import QUEUE
from pdflab.settings import Settings

SETTINGS = Settings(folder=Path("nowhere"))  # the queue itself touches no file


class AnySchedule(RuleBasedStateMachine):
    """Clients, workers that live, die, freeze and repeat themselves, and a network that loses hints."""

    def __init__(self) -> None:
        super().__init__()
        self.client = embedded_broker().client()
        self.queue = JobQueue(self.client, SETTINGS)
        self.accepted: list[str] = []
        self.claims: list[Claim] = []  # a claim stays here after its job has gone on: a frozen worker

    @rule(count=st.integers(1, 3))
    def enqueue(self, count: int) -> None:
        self.accepted += submit(self.queue, *(new_id() for _ in range(count)))

    @rule(dies=st.booleans())
    def take(self, dies: bool) -> None:
        if (job_id := self.queue.take(0.001)) and not dies:
            claim = self.queue.claim(job_id, WORKER, new_id())
            self.claims += [claim] if claim else []

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), how=st.sampled_from(["complete", "hopeless", "passing", "release"]))
    def settle(self, data: st.DataObject, how: str) -> None:
        claim, token = data.draw(st.sampled_from(self.claims)), new_id()
        match how:
            case "complete":
                following = self.queue.complete(claim, WORKER, next_token=token).next
            case "release":
                following = self.queue.release(claim)
            case _:
                failure = Failure(Cause.OUT_OF_MEMORY, "why", 5.0 if how == "passing" else None)
                following = self.queue.fail(claim, WORKER, failure, next_token=token).next
        self.claims += [following] if following else []

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.queue.cancel(data.draw(st.sampled_from(self.accepted)))

    @rule(data=st.data(), seconds=st.sampled_from([1.0, 4.0, 11.0]))
    def sweep(self, data: st.DataObject, seconds: float) -> None:
        self.queue.clock_offset += seconds
        self.queue.sweep()

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def double_a_hint(self, data: st.DataObject) -> None:
        self.client.lpush(QUEUE, data.draw(st.sampled_from(self.accepted)))

    @rule()
    def lose_the_list(self) -> None:
        self.client.delete(QUEUE)

    @invariant()
    def the_log_has_no_hole_and_no_job_changes_after_its_ending(self) -> None:
        reported = events(self.queue)
        assert [event.number for event in reported] == list(range(1, len(reported) + 1))
        ended: set[str] = set()
        for event in reported:
            assert event.job_id not in ended
            ended |= {event.job_id} if event.state.is_ending else set()

    @invariant()
    def the_counts_are_those_of_the_records(self) -> None:
        stats = self.queue.stats()
        counts = Counter(job.state.lower() for job in self.queue.all_jobs())
        assert {name: getattr(stats, name) for name in ("queued", "processing", "completed", "failed")} == {
            name: counts[name] for name in ("queued", "processing", "completed", "failed")
        }

    def teardown(self) -> None:
        """Whatever has happened: one worker that lives and a few sweeps give every job its one ending."""
        for _ in range(4):
            for _ in range(3):
                self.queue.clock_offset += 11.0
                self.queue.sweep()
            for job_id in line(self.queue):
                token = new_id()
                if claim := self.queue.claim(job_id, WORKER, token):
                    self.queue.complete(claim, WORKER)
        endings = Counter(event.job_id for event in events(self.queue) if event.state.is_ending)
        assert endings == Counter(self.accepted)


TestAnySchedule = AnySchedule.TestCase
TestAnySchedule.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@given(lost=st.sets(st.integers(0, 9)))
@settings(max_examples=20, deadline=None)
def test_whichever_takers_die_the_line_keeps_its_order(lost: set[int]) -> None:
    """Any take may be the last act of its worker: after two sweeps the lost jobs stand in front, in order."""
    queue = JobQueue(embedded_broker().client(), SETTINGS)
    names = [f"{number:02}" for number in range(20)]
    submit(queue, *names)

    for number in range(10):
        taken = queue.take(0.001)
        if number not in lost:
            queue.complete(queue.claim(taken, WORKER, taken), WORKER)
    for _ in range(2):
        queue.clock_offset += 4
        queue.sweep()

    assert line(queue) == [name for name in names if int(name) in lost or int(name) >= 10]
