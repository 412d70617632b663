"""The words: states, events and records, read back as they were written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdflab.jobs import Cause, Job, JobEvent, JobState, WorkerId

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def test_two_states_are_endings() -> None:
    """COMPLETED and FAILED are for ever; in the others something is still to come."""
    assert [state.value for state in JobState if state.is_ending] == ["COMPLETED", "FAILED"]
    assert [state.value for state in JobState if not state.is_ending] == ["QUEUED", "PROCESSING"]


@given(
    event=st.builds(
        JobEvent,
        job_id=TEXTS,
        state=st.sampled_from(JobState),
        at=st.floats(0, 4e9),
        kind=st.sampled_from(["custom", "invoice", "report"]),
        number=st.integers(0, 10**9),
        event_id=st.just("") | st.just("1700000000000-3"),
        attempt=st.integers(0, 9),
        worker=st.none() | TEXTS,
        reason=st.none() | TEXTS,
        cause=st.none() | st.sampled_from(Cause),
    )
)
def test_an_event_written_as_a_line_is_read_back_the_same(event: JobEvent) -> None:
    """Whatever words a reason holds, it is one line, and nothing of it changes."""
    line = event.to_json()

    assert "\n" not in line
    assert JobEvent.from_fields(json.loads(line)) == event


def test_a_line_of_the_log_holds_only_what_there_is_to_say() -> None:
    """No null and no empty text; the state is a word, not a number."""
    line = JobEvent("a", JobState.QUEUED, 1.5, "custom", number=1, event_id="1-0").to_json()

    assert json.loads(line) == {
        "job_id": "a",
        "state": "QUEUED",
        "at": 1.5,
        "kind": "custom",
        "number": 1,
        "event_id": "1-0",
        "attempt": 0,
    }


def test_an_event_of_the_stream_keeps_the_id_of_its_entry() -> None:
    """Redis gives texts, and empty ones for what is not yet: they become numbers and None."""
    fields = {"job_id": "a", "state": "QUEUED", "at": "1.5", "kind": "custom"}
    fields |= {"number": "7", "attempt": "2", "worker": "", "reason": "", "cause": ""}

    event = JobEvent.from_fields(fields, "1-0")

    assert event == JobEvent("a", JobState.QUEUED, 1.5, "custom", 7, "1-0", 2)


def test_a_state_that_is_none_is_an_error() -> None:
    """A misspelt state in a log must not pass for a state."""
    with pytest.raises(ValueError, match="DONE"):
        JobEvent.from_fields(json.loads('{"job_id": "a", "state": "DONE", "at": 1, "kind": "custom"}'))


def test_a_cause_that_is_none_is_an_error() -> None:
    """The list is closed: a sentence must not pass for a cause."""
    with pytest.raises(ValueError, match="its worker went silent"):
        JobEvent.from_fields(
            {"job_id": "a", "state": "QUEUED", "at": 1, "kind": "custom", "cause": "its worker went silent"}
        )


def test_a_line_of_an_older_log_has_no_cause() -> None:
    """It was written when there was only the sentence: it is read all the same, and the sentence with it."""
    event = JobEvent.from_fields(
        {"job_id": "a", "state": "QUEUED", "at": 1, "kind": "custom", "reason": "its worker went silent"}
    )

    assert (event.reason, event.cause) == ("its worker went silent", None)


def test_a_record_that_has_only_begun_is_full_of_not_yet() -> None:
    """None, not an empty text and not zero."""
    record = {"job_id": "a", "kind": "custom", "state": "QUEUED", "request": "{}", "queued_at": "1.5"}

    job = Job.from_record(
        record | {"worker": "", "reason": "", "cause": "", "retry_of": "", "started_at": ""}
    )

    assert (job.queued_at, job.attempt, job.crashes, job.errors) == (1.5, 0, 0, 0)
    assert (job.started_at, job.ended_at, job.worker, job.reason, job.retry_of) == (None,) * 5
    assert (job.cause, job.retried_as, job.result, job.history) == (None, None, None, ())


@pytest.mark.parametrize(
    ("fields", "dead"),
    [
        ({"state": "FAILED", "reason": "no glyph"}, True),
        ({"state": "FAILED", "reason": ""}, True),
        ({"state": "FAILED", "reason": "cancelled by the user", "cause": "cancelled"}, False),
        ({"state": "FAILED", "reason": "cancelled by the user", "cause": "renderer_error"}, True),
        ({"state": "FAILED", "reason": "no glyph", "retried_as": "b"}, False),
        ({"state": "QUEUED", "reason": "the disk is full"}, False),
        ({"state": "PROCESSING", "reason": ""}, False),
        ({"state": "COMPLETED", "reason": ""}, False),
    ],
)
def test_a_dead_letter_is_a_failure_that_was_not_dealt_with(fields: dict[str, str], dead: bool) -> None:
    """FAILED, neither cancelled by its user nor tried again; what has another try ahead is none."""
    record = {"job_id": "a", "kind": "custom", "request": "{}", "queued_at": "1"}

    assert Job.from_record(record | fields).is_dead_letter is dead


def test_a_job_that_was_tried_again_names_its_heir() -> None:
    """Whoever looks at the failed one finds the new one, in plain data as well."""
    record = {"job_id": "a", "kind": "custom", "state": "FAILED", "request": "{}", "queued_at": "1"}

    job = Job.from_record(record | {"retried_as": "b"})

    assert (job.retried_as, job.to_dict()["retried_as"]) == ("b", "b")


def test_a_record_has_its_whole_history() -> None:
    """With each state and its instant; as plain data it can be written as JSON, without the request."""
    record = {"job_id": "a", "kind": "custom", "state": "FAILED", "request": "{}", "queued_at": "1"}
    record |= {"ended_at": "3.5", "reason": "no glyph", "history": "QUEUED 1.0\nPROCESSING 2.0\nFAILED 3.5\n"}

    job = Job.from_record(record)

    assert job.history == ((JobState.QUEUED, 1.0), (JobState.PROCESSING, 2.0), (JobState.FAILED, 3.5))
    data = json.loads(json.dumps(job.to_dict()))
    assert (data["ended_at"], data["history"][2]) == (3.5, {"state": "FAILED", "at": 3.5})
    assert "request" not in data


HOSTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":@"), min_size=1, max_size=20)
NAMES = st.text("ab-19", max_size=9)


@given(
    worker=st.builds(
        WorkerId,
        HOSTS,
        st.integers(1, 2**22),
        st.text("0123456789abcdef", min_size=8),
        NAMES,
        naive=st.booleans(),
    )
)
def test_a_worker_id_is_one_word_and_read_back_the_same(worker: WorkerId) -> None:
    """The word stands in records, events and the registry; its parts are found again, whatever the host."""
    assert WorkerId.parse(str(worker)) == worker


def test_a_worker_id_names_its_process() -> None:
    """The host, the process there, and what no restart uses again; and its name before them."""
    assert str(WorkerId("desk", 17, "0123abcd")) == "desk:17:0123abcd"
    assert str(WorkerId("desk", 17, "0123abcd", naive=True)) == "naive:desk:17:0123abcd"
    assert str(WorkerId("desk", 17, "0123abcd", "worker-1")) == "worker-1@desk:17:0123abcd"


@pytest.mark.parametrize("word", ["", "worker-1", "sync:17", "desk:17", "desk:here:0123abcd", "a:desk:17:0"])
def test_what_is_no_worker_id_is_an_error(word: str) -> None:
    """A part of the system, or a word that was cut short, has no process that could be struck by mistake."""
    with pytest.raises(ValueError, match="worker id"):
        WorkerId.parse(word)
