"""The tests tested: each mutant is the queue or its worker with one change, and a test of ours kills it.

| mutant | killed by |
|---|---|
| no token check | test_a_worker_that_wakes_up_too_late_is_refused_and_counted, the machine |
| no renewal: the step | test_a_lease_that_is_renewed_does_not_run_out, the machine |
| no renewal: the worker | test_a_document_may_take_many_leases |
| no sweep: the step | test_a_job_whose_worker_died_is_the_next_one_out, the machine |
| no sweep: the worker | test_a_worker_brings_back_what_a_dead_one_held |
| event outside the step | test_a_sender_that_dies_unheard_has_reported_its_event_all_the_same, the machine |
| claim without compare | test_of_two_claimers_one_gets_the_job, the machine |
| an ending is not counted | test_stats_report_the_whole_at_one_instant, the machine |
| a step is not known again | test_a_completion_gives_the_same_next_job_again, the machine |
| an id is accepted twice | test_the_same_job_enqueued_twice_is_one_job |
| a key is not looked up | test_an_idempotency_key_answers_with_the_job_it_was_answered_with_before, the machine |
| another body is not noticed | test_a_key_belongs_to_one_document, the machine |
| another body in one batch is not noticed | test_a_batch_in_which_one_key_names_two_documents_is_refused_whole |
| no limit | test_a_batch_that_does_not_fit_is_refused_whole, the machine |
| last in, first out | test_jobs_come_out_in_the_order_they_went_in, the machine |
| back at the end of the queue | test_a_job_whose_worker_died_is_the_next_one_out, the machine |
| no backoff | test_an_error_that_may_pass_puts_the_job_off |
| errors for ever | test_three_errors_are_the_end |
| crashes for ever | test_a_job_that_kills_three_workers_has_failed_and_says_so, the machine |
| a release counts | test_a_released_job_is_the_next_one_out_and_its_attempt_does_not_count, the machine |
| anybody renews | test_a_renewal_with_a_stale_token_renews_nothing, the machine |
| a taken job is not missed | test_a_job_that_was_taken_and_never_claimed_comes_back_after_two_sweeps, the machine |
| a claimed job is cancelled | test_only_a_queued_job_can_be_cancelled, the machine |
| records stay for ever | test_a_record_expires_whichever_way_its_job_ended, the machine |
| completed before it is stored | test_a_pdf_is_stored_before_its_job_is_completed |

A mutant that dies of an error of Redis or of Lua does not count; one that no longer fits the code fails here.
"""  # noqa: E501  (a row is one line)

import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import test_claim_and_finish
import test_enqueue
import test_expiry
import test_monitor
import test_steps_sent_twice
import test_sweep
import test_worker
from hypothesis import Phase
from queue_machine import Line, SenderDied, drive
from shorthand import (
    LEASE_OVER,
    events,
    opened,
    send_steps_twice,
    states,
    submission,
    submit,
    take_and_claim,
)

from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import KeyReused
from pdflab.jobs import Job
from pdflab.service.jobqueue import scripts
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker
from pdflab.service.storage.base import Storage
from pdflab.service.worker.heartbeat import Heartbeat
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings

# Tests that kill a mutant, and that no other file has


def beat_once(worker: Worker) -> None:
    """Let the worker's heartbeat beat once."""
    worker.heartbeat.beat(0.0)


def test_a_document_may_take_many_leases(queue: JobQueue, storage: Storage) -> None:
    """The worker renews its lease meanwhile: nobody is given the job, and its completion is not refused."""
    submit(queue, "a")

    def render_slowly(job: Job) -> Rendered:
        for _ in range(4):
            queue.clock_offset += 8
            beat_once(worker)
        return Rendered(b"%PDF- slow %%EOF", 1)

    worker = Worker(queue, storage, render=render_slowly)

    assert worker.run_once(0.01) == 1
    assert states(queue, "a") == "QPC"


def test_a_worker_brings_back_what_a_dead_one_held(queue: JobQueue, storage: Storage) -> None:
    """Sweeping is every worker's business, and its second thread does it."""
    submit(queue, "a")
    take_and_claim(queue)
    queue.clock_offset += LEASE_OVER

    beat_once(Worker(queue, storage, render=test_worker.render_quickly))

    assert states(queue, "a") == "QPQ"


def test_a_sender_that_dies_unheard_has_reported_its_event_all_the_same(
    broker: Broker, settings: Settings
) -> None:
    """Killed the moment Redis has done its step, it has nothing left to do: state and event came together."""
    line = Line(broker)
    dying = JobQueue(line.client, settings)
    line.delivery = "its sender dies"

    with pytest.raises(SenderDied):
        submit(dying, "a")

    reported = JobQueue(broker.client(), settings)
    assert states(reported, "a") == "Q"
    assert reported.stats().events == len(events(reported))


def test_a_key_belongs_to_one_document(queue: JobQueue) -> None:
    """Asked for another with it, the queue refuses, and keeps the first as it was."""
    queue.enqueue([submission("a", key="order-7")])

    with pytest.raises(KeyReused):
        queue.enqueue([replace(submission("b", key="order-7"), request="another")])

    assert [event.job_id for event in events(queue)] == ["a"]


def test_a_batch_in_which_one_key_names_two_documents_is_refused_whole(queue: JobQueue) -> None:
    """Whether the other document came before or in the same batch: neither may be dropped unsaid."""
    with pytest.raises(KeyReused):
        queue.enqueue([submission("a", key="k"), replace(submission("b", key="k"), request="another")])

    assert events(queue) == []


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty pdf_storage/."""
    return opened(settings)


# The mutants

Code = str | Callable[..., Any]  # a step, or a method


@dataclass(frozen=True)
class Mutant:
    """One change, and the test that kills it; `given` are arguments of that test that are not fixtures."""

    name: str
    changes: tuple[tuple[Code, str, str], ...]
    killer: Callable[..., None]
    given: Mapping[str, Any] = field(default_factory=dict)
    twice: bool = False  # the killer's queue loses the first answer of every step
    limit: int = 10_000  # and has room for so many
    by_the_machine: bool = True  # within a few seconds: it finds all that is wrong with a step in the end


def mutant(name: str, code: Code, old: str, new: str, killer: Callable[..., None], **more: Any) -> Mutant:
    return Mutant(name, ((code, old, new),), killer, **more)


OWNED = "if job.state == 'PROCESSING' and job.token == token then return 'owned' end"
REPLAYED = "if token ~= '' and job.settled == token then return 'replayed' end"
RENEWED = "redis.call('ZADD', 'pdf_jobs_leases', stamp(now + lease), ARGV[i])"
WRITE_EVENT = "redis.call('XADD', 'pdf_jobs_events', 'MAXLEN', '~', '1000000', '*',"
EVALUATED = """\
        return self._repairing(lambda: _evaluate(self._redis, script, argv))
"""
LATER = """\
        answer = script(args=argv)
        while fields := self._redis.lpop("unsent", 18):
            self._redis.xadd(EVENTS, dict(zip(fields[::2], fields[1::2])))
        return answer
"""
EVENT_OUTSIDE = Mutant(
    "event outside the step",
    (
        ("common", WRITE_EVENT, "redis.call('RPUSH', 'unsent',"),
        (
            scripts.RedisScripts._run,
            EVALUATED,
            LATER,
        ),
    ),
    test_a_sender_that_dies_unheard_has_reported_its_event_all_the_same,
)
claim_and_finish, sweep = test_claim_and_finish, test_sweep

MUTANTS = [
    mutant(
        "no token check",
        "common",
        OWNED,
        "if job.state == 'PROCESSING' then return 'owned' end",
        claim_and_finish.test_a_worker_that_wakes_up_too_late_is_refused_and_counted,
        given={"meanwhile": "another holds it"},
    ),
    mutant("no renewal: the step", "renew", RENEWED, "", sweep.test_a_lease_that_is_renewed_does_not_run_out),
    mutant(
        "no renewal: the worker",
        Heartbeat._renew,
        "[claim] if claim else []",
        "[]",
        test_a_document_may_take_many_leases,
        by_the_machine=False,
    ),
    mutant(
        "no sweep: the step",
        "sweep",
        "if now >= swept_at and now - swept_at < interval then return 0 end",
        "if now then return 0 end",
        sweep.test_a_job_whose_worker_died_is_the_next_one_out,
    ),
    mutant(
        "no sweep: the worker",
        Heartbeat.beat,
        "if self._queue.sweep():",
        "if False:",
        test_a_worker_brings_back_what_a_dead_one_held,
        by_the_machine=False,
    ),
    EVENT_OUTSIDE,
    mutant(
        "claim without compare",
        "claim",
        "return is_claimable(job) and claim(",
        "return claim(",
        claim_and_finish.test_of_two_claimers_one_gets_the_job,
    ),
    mutant(
        "an ending is not counted",
        "common",
        "count(state, 1)",
        "",
        test_monitor.test_stats_report_the_whole_at_one_instant,
    ),
    mutant(
        "a step is not known again",
        "common",
        REPLAYED,
        "",
        test_steps_sent_twice.test_a_completion_gives_the_same_next_job_again,
        twice=True,
    ),
    mutant(
        "an id is accepted twice",
        "enqueue",
        "if not known and redis.call('EXISTS', record(job_id)) == 0 then",
        "if not known then",
        test_enqueue.test_the_same_job_enqueued_twice_is_one_job,
        by_the_machine=False,
    ),
    mutant(
        "a key is not looked up",
        "enqueue",
        " or key ~= '' and owner(key)",
        "",
        test_enqueue.test_an_idempotency_key_answers_with_the_job_it_was_answered_with_before,
    ),
    mutant(
        "another body is not noticed",
        "enqueue",
        "known.fingerprint and known.fingerprint ~= fingerprint",
        "false",
        test_a_key_belongs_to_one_document,
    ),
    mutant(
        "another body in one batch is not noticed",
        "enqueue",
        "if key ~= '' then batch_keys[key] = fresh[#fresh] end",
        "",
        test_a_batch_in_which_one_key_names_two_documents_is_refused_whole,
        by_the_machine=False,
    ),
    mutant(
        "no limit",
        "enqueue",
        "waiting + #fresh > limit",
        "false",
        test_enqueue.test_a_batch_that_does_not_fit_is_refused_whole,
        limit=3,
    ),
    mutant(
        "last in, first out",
        "enqueue",
        "redis.call('LPUSH', 'pdf_jobs_queue', job.id)",
        "redis.call('RPUSH', 'pdf_jobs_queue', job.id)",
        test_enqueue.test_jobs_come_out_in_the_order_they_went_in,
    ),
    mutant(
        "back at the end of the queue",
        "common",
        "redis.call('RPUSH', 'pdf_jobs_queue', job.id)",
        "redis.call('LPUSH', 'pdf_jobs_queue', job.id)",
        sweep.test_a_job_whose_worker_died_is_the_next_one_out,
    ),
    mutant(
        "no backoff",
        "common",
        "return (tonumber(job.due_at) or 0) <= now",
        "return job.state == 'QUEUED'",
        claim_and_finish.test_an_error_that_may_pass_puts_the_job_off,
        by_the_machine=False,
    ),
    mutant(
        "errors for ever",
        "fail",
        "if delay and errors < max_errors then",
        "if delay then",
        claim_and_finish.test_three_errors_are_the_end,
        by_the_machine=False,
    ),
    mutant(
        "crashes for ever",
        "sweep",
        "if crashes >= max_crashes then",
        "if false then",
        sweep.test_a_job_that_kills_three_workers_has_failed_and_says_so,
    ),
    mutant(
        "a release counts",
        "release",
        "job.attempt = job.attempt - 1",
        "",
        claim_and_finish.test_a_released_job_is_the_next_one_out_and_its_attempt_does_not_count,
    ),
    mutant(
        "anybody renews",
        "renew",
        "if found[1] == 'PROCESSING' and found[2] == ARGV[i + 1] then",
        "if found[1] then",
        sweep.test_a_renewal_with_a_stale_token_renews_nothing,
    ),
    mutant(
        "a taken job is not missed",
        "sweep",
        "elseif redis.call('ZSCORE', 'pdf_jobs_waiting', job_id)",
        "elseif false",
        sweep.test_a_job_that_was_taken_and_never_claimed_comes_back_after_two_sweeps,
    ),
    mutant(
        "a claimed job is cancelled",
        "cancel",
        "if job.state ~= 'QUEUED' then return job.state end",
        "if not job.state then return job.state end",
        claim_and_finish.test_only_a_queued_job_can_be_cancelled,
    ),
    mutant(
        "records stay for ever",
        "forget",
        "redis.call('DEL', record(job_id))",
        "",
        test_expiry.test_a_record_expires_whichever_way_its_job_ended,
    ),
    mutant(
        "completed before it is stored",
        Worker._make,
        "self._storage.put(job.job_id, claim.token, rendered.pdf)",
        "pass",
        test_worker.test_a_pdf_is_stored_before_its_job_is_completed,
        by_the_machine=False,
    ),
]


@pytest.fixture(params=MUTANTS, ids=lambda mutant: mutant.name)
def each(request: pytest.FixtureRequest) -> Mutant:
    """Each mutant in turn."""
    return request.param


def test_a_mutant_is_killed_by_its_test(each: Mutant, tmp_path: Path) -> None:
    """Its test passes on the code as it is, and fails on the mutant: by what it asserts, not by an error."""
    run(each, tmp_path / "as it is")

    with mutated(each, tmp_path), pytest.raises((AssertionError, pytest.fail.Exception)):
        run(each, tmp_path / "mutant")


@pytest.mark.parametrize("each", [m for m in MUTANTS if m.by_the_machine], ids=lambda m: m.name)
def test_the_machine_finds_a_mutant(each: Mutant, tmp_path: Path) -> None:
    """Nobody wrote a schedule for it; in the code as it is, test_state_machine.py finds nothing."""
    with mutated(each, tmp_path), pytest.raises(AssertionError):
        drive(embedded_broker(), max_examples=300, phases=[Phase.generate], report_multiple_bugs=False)


def test_a_mutant_that_does_not_fit_the_code_is_no_mutant(tmp_path: Path) -> None:
    """A step or a method has been rewritten: the proof must be, too."""
    for code in ("claim", Heartbeat._renew):
        with (
            pytest.raises(pytest.fail.Exception, match="fit"),
            mutated(mutant("", code, "gone", "", run), tmp_path),
        ):
            pytest.fail("it was made all the same")


def test_the_table_names_every_mutant_and_its_test() -> None:
    """What a reader reads at the top of this file is what is run."""
    for each in MUTANTS:
        killers = each.killer.__name__ + (", the machine" if each.by_the_machine else "")
        assert f"| {each.name} | {killers} |" in (__doc__ or "")


def run(each: Mutant, folder: Path) -> None:
    """Run its test in a system of its own, with what fixtures would give it."""
    broker, settings = embedded_broker(), Settings(folder=folder, queue_limit=each.limit)
    client = broker.client()
    queue = JobQueue(client, settings)
    if each.twice:
        send_steps_twice(client)
    with pytest.MonkeyPatch.context() as monkeypatch:
        fixtures = {
            "broker": broker,
            "queue": queue,
            "narrow": queue,
            "settings": settings,
            "storage": opened(settings),
            "monkeypatch": monkeypatch,
        }
        wanted = inspect.signature(each.killer).parameters
        each.killer(**{name: value for name, value in fixtures.items() if name in wanted}, **each.given)


@contextmanager
def mutated(each: Mutant, folder: Path) -> Iterator[None]:
    """Let all that is made meanwhile be the mutant: its steps are read from a copy, its methods replaced."""
    steps = folder / "lua"
    copytree(files("pdflab.service.jobqueue") / "lua", steps, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scripts, "files", lambda package: folder)
        for code, old, new in each.changes:
            if isinstance(code, str):
                step = steps / f"{code}.lua"
                step.write_text(changed(step.read_text(), old, new))
            else:
                patch_method(patch, code, partial(changed, old=old, new=new))
        yield


def changed(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        pytest.fail(f"A mutant does not fit the code any more: {old!r} is there {text.count(old)} times.")
    return text.replace(old, new)


def patch_method(patch: pytest.MonkeyPatch, method: Callable[..., Any], change: Callable[[str], str]) -> None:
    """Replace a method by its own source with one change."""
    made: dict[str, Any] = {}
    text = textwrap.dedent(change(inspect.getsource(method)))
    exec(text, method.__globals__, made)
    owner = method.__globals__[method.__qualname__.split(".")[0]]
    patch.setattr(owner, method.__name__, made[method.__name__])
