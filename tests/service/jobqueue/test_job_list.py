"""The list of jobs in pages: nothing is left out, nothing comes twice, whatever changes meanwhile."""

from itertools import chain

import pytest
from shorthand import WORKER, submission, submit, take_and_claim

from pdflab.errors import InvalidRequest
from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue import job_list
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker

NEVER = Failure(Cause.REJECTED, "no glyph")


def pages(queue: JobQueue, state: JobState | None, limit: int) -> list[list[str]]:
    """Read a list to its end."""
    found, before = [], ""
    while True:
        page = queue.page(state, limit, before=before)
        found.append([job.job_id for job in page.jobs])
        if page.next is None:
            return found
        before = page.next


def flat(listed: list[list[str]]) -> list[str]:
    return [*chain.from_iterable(listed)]


def end_some(queue: JobQueue) -> None:
    """Leave jobs in each state: c1 to c3 COMPLETED, f1 and f2 FAILED, p1 PROCESSING, q1 and q2 QUEUED."""
    submit(queue, "c1", "f1", "c2", "f2", "c3", "p1", "q1", "q2")
    for number in range(5):
        claim = take_and_claim(queue, f"{number}")
        if number % 2:
            queue.fail(claim, WORKER, NEVER)
        else:
            queue.complete(claim, WORKER)
    take_and_claim(queue, "last")


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 50])
def test_all_jobs_are_listed_by_their_last_change(queue: JobQueue, limit: int) -> None:
    """The newest first, whatever its state, and each on one page."""
    end_some(queue)

    listed = pages(queue, None, limit)

    assert flat(listed) == ["p1", "c3", "f2", "c2", "f1", "c1", "q2", "q1"]
    assert {len(page) for page in listed[:-1]} <= {limit}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (JobState.QUEUED, ["q1", "q2"]),
        (JobState.PROCESSING, ["p1"]),
        (JobState.COMPLETED, ["c3", "c2", "c1"]),
        (JobState.FAILED, ["f2", "f1"]),
    ],
)
def test_jobs_of_one_state_are_listed_in_the_order_that_matters(
    queue: JobQueue, state: JobState, expected: list[str]
) -> None:
    """Those that wait as they will come out, those that ended newest first."""
    end_some(queue)

    assert flat(pages(queue, state, 2)) == expected


def test_a_page_goes_on_where_the_last_one_ended(queue: JobQueue) -> None:
    """New jobs at the top move nothing; nor does it matter that the last job of the page is gone."""
    end_some(queue)
    first = queue.page(JobState.COMPLETED, 1)
    queue.complete(take_and_claim(queue, "q1"), WORKER)
    queue.forget(["c3"])

    second = queue.page(JobState.COMPLETED, 5, before=str(first.next))

    assert [job.job_id for job in first.jobs + second.jobs] == ["c3", "c2", "c1"]
    assert second.next is None


def test_many_jobs_that_ended_at_one_instant_are_all_listed(queue: JobQueue) -> None:
    """As after a cancellation of all."""
    submit(queue, *(f"{number:03}" for number in range(30)))
    list(queue.cancel_queued())

    assert sorted(flat(pages(queue, JobState.FAILED, 7))) == [f"{number:03}" for number in range(30)]


def test_a_search_looks_at_a_bounded_number_of_jobs(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next page goes on with it; the answer says how many it looked at."""
    monkeypatch.setattr(job_list, "_MOST_SEARCHED", 4)
    submit(queue, *(f"{number}" for number in range(10)))

    first = queue.page(JobState.QUEUED, wanted=lambda job: job.job_id in "07")
    second = queue.page(JobState.QUEUED, before=str(first.next), wanted=lambda job: job.job_id in "07")

    assert ([job.job_id for job in first.jobs], first.searched) == (["0"], 4)
    assert [job.job_id for job in second.jobs] == ["7"]


def test_the_end_of_a_list_has_no_next_page(queue: JobQueue) -> None:
    """Also when the last page is full."""
    submit(queue, "a", "b")

    assert queue.page(None, 2).next is None
    assert queue.page(JobState.FAILED).next is None


@pytest.mark.parametrize("before", ["yesterday", "9:1:a", "1:x:a", ":::", "-:,"])
def test_a_place_that_no_page_had_is_refused(queue: JobQueue, before: str) -> None:
    """One sentence says what it should be."""
    with pytest.raises(InvalidRequest, match="before must be the value of `next`"):
        queue.page(before=before)


def test_a_damaged_record_is_left_out(queue: JobQueue, broker: Broker) -> None:
    """It hides no other."""
    queue.enqueue([submission("a"), submission("b"), submission("c")])
    broker.client().delete("pdf_jobs:b")
    broker.client().set("pdf_jobs:a", "rubbish")

    assert pages(queue, None, 1) == [["c"]]


def test_kept_jobs_are_counted_by_state(queue: JobQueue) -> None:
    """What a list of each state would hold."""
    end_some(queue)
    queue.fail(take_and_claim(queue, "q1"), WORKER, Failure(Cause.RENDERER_ERROR, "why", retry_in=60.0))

    assert queue.kept() == {"QUEUED": 2, "PROCESSING": 1, "COMPLETED": 3, "FAILED": 2}
