"""The real steps on a real or embedded Redis, driven by Hypothesis in step with the model.

Each step may be heard, or sent twice because its answer was lost, or be the last act of who sent it.

Read next: test_state_machine.py, then test_mutants.py.
"""

import itertools
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from conftest import eventually
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from queue_model import ModelJob, QueueModel
from shorthand import WORKER

from pdflab.errors import BrokerUnavailable, KeyReused, QueueFull
from pdflab.jobs import Cause, Job, JobEvent, JobState
from pdflab.service.jobqueue.base import Claim, Failure, Submission, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.jobqueue.scripts import QUEUE
from pdflab.settings import Settings

# Time passes in tens of seconds, and no deadline falls on a ten: the real clock, which runs on beside the
# model's, would need five seconds in one example to change what happens.
SETTINGS = Settings(
    folder=Path("nowhere"), lease=135.0, retention=1995.0, queue_limit=7, max_crashes=2, max_errors=2
)
PUT_OFF = 35.0
BOUNDED = {"pdf_jobs_clock", "pdf_jobs_counts", "pdf_jobs_events", "pdf_jobs_sequence", "pdf_jobs_swept_at"}
UNHEARD = object()  # the answer to a step whose sender died

deliveries = st.sampled_from(["heard", "heard", "heard", "heard", "sent twice", "its sender dies"])
keys = st.sampled_from(["", "", "order-1", "order-2"])
bodies = st.sampled_from(["one", "another"])
tokens = st.runner().flatmap(
    lambda machine: st.sampled_from(machine.held() * len(machine.claims) + list(machine.claims))
)
jobs = st.runner().flatmap(lambda machine: st.sampled_from(list(machine.model.jobs)))


class SenderDied(Exception):
    """Who sent a step was killed before the answer came: what it claimed is in a dead worker's hands."""


class Line:
    """A connection that can lose the answers of steps."""

    def __init__(self, broker: Broker) -> None:
        self.client = broker.client()
        self.delivery = "heard"
        self._execute = self.client.execute_command
        self.client.execute_command = self._deliver  # type: ignore[method-assign]

    def _deliver(self, *arguments: Any, **options: Any) -> Any:
        answer = self._execute(*arguments, **options)
        if arguments[0] != "EVALSHA" or self.delivery == "heard":
            return answer
        if self.delivery == "sent twice":
            return self._execute(*arguments, **options)
        raise SenderDied


def drive(broker: Broker, *, max_examples: int = 50, **more: Any) -> None:
    """Make up schedules, the same ones each time, and hold this Redis against the model in each."""
    run_state_machine_as_test(
        lambda: QueueMachine(broker),
        settings=settings(
            max_examples=max_examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
            **more,
        ),
    )


class QueueMachine(RuleBasedStateMachine):
    """Clients, workers that live, die, freeze and repeat themselves, a Redis that restarts, and time."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self.broker = broker
        self.model = QueueModel(SETTINGS)
        self.claims: dict[str, Claim] = {}  # by token; it stays after its job has gone on: a frozen worker
        self.taken: list[str] = []  # and not claimed yet
        self.reported: list[JobEvent] = []
        self.numbers = itertools.count(1)
        self.last_out = 0
        self.restarts = 0
        broker.client().flushall()
        self._connect(0.0)

    def held(self) -> list[str]:
        """The tokens that are no longer, or not yet, stale."""
        return [t for t, claim in self.claims.items() if self.model.holds(claim.job.job_id, t)]

    # Clients

    @initialize()
    def begin(self) -> None:
        """Two workers have claimed a job, and two more jobs wait."""
        self.enqueue([("", "one")] * 4, "heard")
        self.take_and_claim("heard"), self.take_and_claim("heard")

    @rule(asked=st.lists(st.tuples(keys, bodies), min_size=1, max_size=3), delivery=deliveries)
    def enqueue(self, asked: list[tuple[str, str]], delivery: str) -> None:
        batch = [
            Submission(f"job-{next(self.numbers)}", "custom", body, idempotency_key=key)
            for key, body in asked
        ]
        reported = self._send(delivery, lambda: _outcome(lambda: self.queue.enqueue(batch)))
        _compare(reported, self.model.enqueue(batch))

    @precondition(lambda self: self._failed())
    @rule(data=st.data(), delivery=deliveries)
    def retry(self, data: st.DataObject, delivery: str) -> None:
        failed = data.draw(st.sampled_from(self._failed()))
        old = self.queue.get(failed)
        reported = self._send(delivery, lambda: _outcome(lambda: self.queue.retry([old])))
        new = self.queue.get(failed).retried_as or "refused"  # its id was made inside
        _compare(reported, self.model.enqueue([Submission(new, old.kind, old.request, retry_of=failed)]))

    @rule(job_id=jobs, delivery=deliveries)
    def cancel(self, job_id: str, delivery: str) -> None:
        _compare(self._send(delivery, lambda: self.queue.cancel(job_id)), self.model.cancel(job_id))

    # Workers

    @precondition(lambda self: self.model.line)
    @rule()
    def take(self) -> None:
        job_id = self.queue.take(0.001)
        _compare(job_id, self.model.take())
        self.taken.append(self._came_out(job_id))

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), delivery=deliveries)
    def claim(self, data: st.DataObject, delivery: str) -> None:
        self._claim(data.draw(st.sampled_from(self.taken)), delivery)

    @precondition(lambda self: self.model.line)
    @rule(delivery=deliveries)
    def take_and_claim(self, delivery: str) -> None:
        self.take()
        self._claim(self.taken[-1], delivery)

    @precondition(lambda self: self.claims)
    @rule(token=tokens, goes_on=st.booleans(), delivery=deliveries)
    def complete(self, token: str, goes_on: bool, delivery: str) -> None:
        claim, new = self.claims[token], self._new_token() if goes_on else ""
        reported = self._send(delivery, lambda: self.queue.complete(claim, WORKER, next_token=new))
        self._settled(reported, self.model.complete(claim.job.job_id, token, new), new)

    @precondition(lambda self: self.claims)
    @rule(token=tokens, goes_on=st.booleans(), delivery=deliveries)
    def fail_for_now(self, token: str, goes_on: bool, delivery: str) -> None:
        self._fail(token, goes_on, delivery, Failure(Cause.OUT_OF_MEMORY, "why", PUT_OFF))

    @precondition(lambda self: self.claims)
    @rule(token=tokens, goes_on=st.booleans(), delivery=deliveries)
    def fail_for_ever(self, token: str, goes_on: bool, delivery: str) -> None:
        self._fail(token, goes_on, delivery, Failure(Cause.REJECTED, "why"))

    @precondition(lambda self: self.claims)
    @rule(token=tokens, delivery=deliveries)
    def release(self, token: str, delivery: str) -> None:
        self._send(delivery, lambda: self.queue.release(self.claims[token]))
        self.model.release(self.claims[token].job.job_id, token)

    @precondition(lambda self: self.claims)
    @rule(token=tokens, delivery=deliveries)
    def renew(self, token: str, delivery: str) -> None:
        """More time passes than a lease lasts, with a renewal in it."""
        self.wait(100.0)
        self._send(delivery, lambda: self.queue.renew(WorkerStatus(WORKER, 0.0), [self.claims[token]]))
        self.model.renew(self.claims[token].job.job_id, token)
        self.sweep(50.0, "heard")

    @precondition(lambda self: self.held())
    @rule()
    def freeze(self) -> None:
        """Whoever has claimed a job is silent for longer than a lease; another takes it, and one wakes up."""
        frozen = self.held()[0]
        self.sweep(150.0, "heard")
        if self.model.line:
            self.take_and_claim("heard")
        self.complete(frozen, False, "heard")

    @rule(seconds=st.sampled_from([50.0, 0.0, 100.0, 150.0]), delivery=deliveries)
    def sweep(self, seconds: float, delivery: str) -> None:
        self.wait(seconds)
        swept = self._send(delivery, self.queue.sweep)
        _compare(swept, self.model.sweep() and delivery != "sent twice")  # the second has come too early

    @precondition(lambda self: any(job.ended_at for job in self.model.jobs.values() if job.kept))
    @rule(delivery=deliveries)
    def tidy(self, delivery: str) -> None:
        """Half the retention passes: some are due then, and some are not."""
        self.wait(1000.0)
        expired, expected = self._send(delivery, self.queue.list_expired), self.model.expired()
        _compare(expired if expired is UNHEARD else sorted(expired), sorted(expected))
        if expected and expired is not UNHEARD:
            self.queue.forget(expired)
            self.model.forget(expected)

    # What befalls them

    def wait(self, seconds: float) -> None:
        self.model.now += seconds
        self.queue.clock_offset += seconds

    @rule(job_id=st.one_of(jobs, st.none()))
    def lose_or_double_hints(self, job_id: str | None) -> None:
        """One stands in the list twice; or all are gone."""
        if job_id is None:
            self.line.client.delete(QUEUE)
            self.model.line.clear()
        else:
            self.line.client.lpush(QUEUE, job_id)
            self.model.line.append(job_id)
            self.model.aside.add(job_id)

    @precondition(lambda self: self.restarts < 1)
    @rule()
    def restart_redis(self) -> None:
        """The same queue goes on, with what the append-only file has; the embedded one forgets its steps."""
        self.restarts += 1
        if self.broker.can_be_attacked:
            self.line.client.config_set("appendfsync", "always")  # so that nothing is on its way to the file
            self.broker.kill()
            self.broker.process.wait()
            self.broker.not_before = 0.0  # it is restarted in each example
            self.broker.revive()
            eventually(self._answers, seconds=15)
        else:
            self.line.client.script_flush()
            self._connect(self.queue.clock_offset)

    # What always holds

    @invariant()
    def all_that_is_promised_holds(self) -> None:
        jobs = {job.job_id: job for job in self.queue.all_jobs()}
        self.reported += self.queue.events(self.reported[-1].event_id if self.reported else "0")[0]
        self.the_records_are_those_of_the_model(jobs)
        self.submitted_is_queued_and_processing_and_completed_and_failed()
        self.every_change_is_reported_once_and_nobody_ends_twice()
        for job in jobs.values():
            assert job.history == tuple((e.state, e.at) for e in self.reported if e.job_id == job.job_id)
            assert job.crashes <= SETTINGS.max_crashes
            assert job.errors <= SETTINGS.max_errors
            assert job.attempt < SETTINGS.max_crashes + SETTINGS.max_errors

    def the_records_are_those_of_the_model(self, jobs: dict[str, Job]) -> None:
        assert {job_id: _facts(job) for job_id, job in jobs.items()} == {
            job_id: _facts(job) for job_id, job in self.model.jobs.items() if job.kept
        }
        assert self.line.client.lrange(QUEUE, 0, -1)[::-1] == self.model.line

    def submitted_is_queued_and_processing_and_completed_and_failed(self) -> None:
        stats, counts = self.queue.stats(), Counter(job.state for job in self.model.jobs.values())
        assert {state: getattr(stats, state.lower()) for state in JobState} == {
            state: counts[state] for state in JobState
        }
        assert (stats.fenced, stats.events) == (self.model.fenced, len(self.model.events))
        assert stats.pdf_count == sum(job.kept for job in self.model.of_state(JobState.COMPLETED))

    def every_change_is_reported_once_and_nobody_ends_twice(self) -> None:
        assert [event.number for event in self.reported] == list(range(1, len(self.reported) + 1))
        assert [(e.job_id, e.state, e.attempt, e.cause) for e in self.reported] == self.model.events
        assert set(self._endings().values()) <= {1}

    def _failed(self) -> list[str]:
        return [job.job_id for job in self.model.of_state(JobState.FAILED) if job.kept]

    def _endings(self) -> Counter[str]:
        return Counter(event.job_id for event in self.reported if event.state.is_ending)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # a second finding would hide the first
                self._drain()
        finally:
            self.line.client.close()

    def _drain(self) -> None:
        """Two sweeps and one worker that lives: every job has its ending, and little stays."""
        for _ in range(2):  # a job that is put off comes back with the second
            for _ in range(2):
                self.sweep(150.0, "heard")
            while self.model.line:
                self.take_and_claim("heard")
            for token in self.held():
                self.complete(token, False, "heard")
        self.all_that_is_promised_holds()
        assert self._endings() == Counter(list(self.model.jobs))
        self._nothing_stays_for_ever()

    def _nothing_stays_for_ever(self) -> None:
        self.sweep(1000.0, "heard")
        self.tidy("heard")
        client = self.line.client
        left = {key: client.ttl(key) for key in client.scan_iter()}
        assert {key for key, ttl in left.items() if ttl == -1} == BOUNDED
        assert all(ttl <= SETTINGS.retention + 60 for key, ttl in left.items() if key != "pdf_jobs_suspects")

    # Sending, and comparing what was heard

    def _connect(self, clock_offset: float) -> None:
        self.line = Line(self.broker)
        self.queue = JobQueue(self.line.client, SETTINGS, clock_offset=clock_offset)

    def _send(self, delivery: str, step: Callable[[], Any]) -> Any:
        """Send a step: its answer, or UNHEARD when its sender died; another goes on then."""
        self.model.now += 1e-6
        self.model.times = 2 if delivery == "sent twice" else 1
        self.line.delivery = delivery
        try:
            return step()
        except SenderDied:
            self.line.client.close()
            self._connect(self.queue.clock_offset)
            return UNHEARD
        finally:
            self.line.delivery = "heard"

    def _new_token(self) -> str:
        return f"token-{next(self.numbers)}"

    def _came_out(self, job_id: str) -> str:
        """First in, first out: a job that was not requeued was accepted after the last one."""
        if job_id not in self.model.aside:
            number = self.model.jobs[job_id].number
            assert number > self.last_out
            self.last_out = number
        return job_id

    def _claim(self, job_id: str, delivery: str) -> None:
        token = self._new_token()
        reported = self._send(delivery, lambda: self.queue.claim(job_id, WORKER, token))
        self._claimed(reported, self.model.claim(job_id, token), token)

    def _fail(self, token: str, goes_on: bool, delivery: str, failure: Failure) -> None:
        claim, new = self.claims[token], self._new_token() if goes_on else ""
        reported = self._send(delivery, lambda: self.queue.fail(claim, WORKER, failure, next_token=new))
        self._settled(reported, self.model.fail(claim.job.job_id, token, new, failure), new)

    def _claimed(self, reported: Any, expected: str | None, token: str) -> None:
        if reported is not UNHEARD:
            _compare(reported and (reported.job.job_id, reported.token), expected and (expected, token))
            self.claims |= {token: reported} if reported else {}

    def _settled(self, reported: Any, expected: tuple[bool, str | None], new: str) -> None:
        stale, following = expected
        if reported is not UNHEARD:
            _compare(reported.fenced, stale)
            self._claimed(reported.next, following, new)
        if following:
            self._came_out(following)

    def _answers(self) -> bool:
        try:
            self.queue.ping()
        except (BrokerUnavailable, redis.RedisError):
            return False
        return True


def _compare(reported: Any, expected: Any) -> None:
    assert reported is UNHEARD or reported == expected, f"{reported!r} instead of {expected!r}"


def _outcome(step: Callable[[], list[str]]) -> list[str] | str:
    try:
        return step()
    except QueueFull:
        return "full"
    except KeyReused:
        return "reused"


def _facts(job: Job | ModelJob) -> tuple[Any, ...]:
    return job.state, job.cause, job.attempt, job.crashes, job.errors, job.retried_as
