"""The audit: it starts from the answers of clients, and finds every broken promise."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from pdflab.audit import Audit, audit
from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.settings import Settings

NOW = 1_000_000.0
PDF = b"%PDF-1.3 words %%EOF\n"
Q, P, C, F = JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED, JobState.FAILED


class Folder:
    """A folder as a system leaves it behind, built by hand."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._numbers: Iterator[int] = count(1)
        settings.storage_folder.mkdir(parents=True)

    def accept(self, *job_ids: str) -> None:
        """Write down that a client received a 202."""
        with self.settings.accepted_file.open("a") as file:
            file.writelines(json.dumps({"job_id": job_id}) + "\n" for job_id in job_ids)

    def log(self, job_id: str, *states: JobState, at: float = NOW, reason: str | None = None) -> None:
        with self.settings.log_file.open("a", encoding="utf-8") as file:
            for state in states:
                why = reason if state is F else None
                event = JobEvent(job_id, state, at, "custom", next(self._numbers), reason=why)
                file.write(event.to_json() + "\n")

    def store(self, job_id: str, pdf: bytes = PDF) -> None:
        (self.settings.storage_folder / f"{job_id}.pdf").write_bytes(pdf)

    def keep_records(self, *job_ids: str, **fields: Any) -> None:
        """Save records that say what the log says, but for these fields."""
        events = Tail(self.settings.log_file, read_event).read()
        said = {event.job_id: {"job_id": event.job_id, "state": event.state} for event in events}
        said |= {job_id: said.get(job_id, {"job_id": job_id, "state": Q}) for job_id in job_ids}
        lines = [json.dumps(said[job_id] | fields) + "\n" for job_id in job_ids]
        with self.settings.records_file.open("a") as file:
            file.writelines(lines)

    def lose_a_number(self) -> None:
        next(self._numbers)

    def audit(self) -> Audit:
        return audit(self.settings, now=NOW + 60)


@pytest.fixture
def folder(settings: Settings) -> Folder:
    """A folder in which one accepted job was kept, and one failed with a reason."""
    folder = Folder(settings)
    folder.accept("kept", "failed")
    folder.log("kept", Q, P, C)
    folder.log("failed", Q, P, F, reason="no glyph")
    folder.store("kept")
    folder.keep_records("kept", "failed")
    return folder


def columns(verdict: Audit, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(verdict.counts, name) for name in names)


def test_a_promise_kept_is_clean(folder: Folder) -> None:
    """One valid PDF or one reason for each 202: nothing is found, and the counts say what there was."""
    verdict = folder.audit()

    assert (verdict.clean, verdict.findings, verdict.summary) == (True, (), "clean")
    assert columns(verdict, "accepted", "completed", "failed") == (2, 1, 1)
    assert columns(verdict, "open", "lost", "doubled", "invalid", "holes") == (0,) * 5
    assert "2 accepted" in verdict.text
    assert "clean: every accepted job has exactly one ending" in verdict.text


@pytest.mark.parametrize("states", [(Q,), (Q, P), (Q, P, Q)])
def test_a_job_without_an_ending_is_open(folder: Folder, states: tuple[JobState, ...]) -> None:
    """Its record is there, so it can still end; until then the promise is not kept."""
    folder.accept("late")
    folder.log("late", *states)
    folder.keep_records("late")

    verdict = folder.audit()

    assert not verdict.clean
    assert columns(verdict, "open", "lost") == (1, 0)
    assert verdict.summary == "late has not ended yet"


def test_only_open_jobs_are_no_verdict_yet(folder: Folder) -> None:
    """They are done by the next start; beside a lost one, that is no comfort."""
    folder.accept("open")
    folder.log("open", Q)
    folder.keep_records("open")
    assert "NOT CLEAN yet: open jobs are done while `pdflab up` runs" in folder.audit().text

    folder.accept("lost")
    assert "yet" not in folder.audit().text.splitlines()[1]


def test_a_job_that_was_accepted_and_left_no_trace_is_lost(folder: Folder) -> None:
    """The client received a 202; neither the log nor the records have the job."""
    folder.accept("gone")

    verdict = folder.audit()

    assert columns(verdict, "open", "lost") == (0, 1)
    assert verdict.summary.startswith("gone was accepted")


def test_a_job_that_began_and_has_no_record_any_more_is_lost(folder: Folder) -> None:
    """As the tutorial's worker loses it: logged, taken, and nothing is left that could end it."""
    folder.accept("gone")
    folder.log("gone", Q, P)

    assert columns(folder.audit(), "open", "lost") == (0, 1)


def test_without_saved_records_every_accepted_job_may_still_end(folder: Folder) -> None:
    """The system still runs, or was killed: a 202 is noted before the recorder has written its event."""
    folder.settings.records_file.unlink()
    folder.accept("late", "later")
    folder.log("late", Q)

    verdict = folder.audit()

    assert columns(verdict, "open", "lost") == (2, 0)
    assert "NOT CLEAN yet" in verdict.text


@pytest.mark.parametrize("second", [C, F])
def test_a_job_with_two_endings_is_doubled(folder: Folder, second: JobState) -> None:
    """Even if no client of ours requested it."""
    folder.log("twice", Q, P, C, second, reason="why")
    folder.store("twice")

    verdict = folder.audit()

    assert columns(verdict, "doubled", "accepted") == (1, 3)
    assert verdict.summary == f"twice ended 2 times: COMPLETED, {second}"


@pytest.mark.parametrize("pdf", [None, b"", PDF[:-8], b"no PDF at all %%EOF", PDF[1:]])
def test_a_completed_job_without_a_whole_pdf_is_invalid(folder: Folder, pdf: bytes | None) -> None:
    """Missing, empty, cut off, or something else."""
    folder.accept("bad")
    folder.log("bad", Q, P, C)
    folder.keep_records("bad")
    if pdf is not None:
        folder.store("bad", pdf)

    verdict = folder.audit()

    assert columns(verdict, "invalid", "completed") == (1, 1)
    assert verdict.summary == "bad is COMPLETED, and its PDF is not whole"


def test_a_failure_without_a_reason_is_invalid(folder: Folder) -> None:
    """FAILED alone is no ending that a person understands."""
    folder.accept("mute")
    folder.log("mute", Q, P, F)
    folder.keep_records("mute")

    verdict = folder.audit()

    assert columns(verdict, "invalid", "failed") == (1, 1)
    assert verdict.summary == "mute failed without a reason"


@pytest.mark.parametrize(
    ("logged", "recorded", "count", "finding"),
    [
        ((Q, P), C, "open", "x is COMPLETED in Redis, and jobs.log does not say so"),
        ((Q, P, F), Q, "invalid", "x is FAILED in jobs.log, and QUEUED in Redis"),
        ((Q, P, C), P, "invalid", "x is COMPLETED in jobs.log, and PROCESSING in Redis"),
        ((Q, P, F), C, "invalid", "x is FAILED in jobs.log, and COMPLETED in Redis"),
    ],
)
def test_a_line_that_was_never_in_redis_is_found(
    folder: Folder, logged: tuple[JobState, ...], recorded: JobState, count: str, finding: str
) -> None:
    """Nor does the end of a log go unmissed, although no number after it shows the gap."""
    folder.accept("x")
    folder.log("x", *logged, reason="why")
    folder.store("x")
    folder.keep_records("x", state=recorded)

    verdict = folder.audit()

    assert (columns(verdict, count), verdict.summary) == ((1,), finding)


def test_a_job_that_only_the_log_has_ended_is_found(folder: Folder) -> None:
    """Its time is not over, and yet Redis has no record: the line is forged, or it was evicted."""
    folder.log("forged", Q, F, reason="why")

    verdict = folder.audit()

    assert columns(verdict, "invalid", "failed") == (1, 1)
    assert verdict.summary == "forged is FAILED in jobs.log, and Redis has no record of it"


def test_the_pdf_of_another_job_is_found(folder: Folder) -> None:
    """It is whole; but the worker that stored this job's PDF noted another size."""
    folder.accept("swapped")
    folder.log("swapped", Q, P, C)
    folder.store("swapped")
    folder.keep_records("swapped", result={"bytes": len(PDF) + 1})

    verdict = folder.audit()

    assert columns(verdict, "invalid", "completed") == (1, 1)
    assert verdict.summary == "swapped has a PDF of 21 bytes, and one of 22 bytes was made"


def test_a_job_whose_record_was_evicted_has_an_ending_or_is_lost(folder: Folder) -> None:
    """The next sweep ends it, with a reason; a system that stopped before that has lost it."""
    folder.accept("swept", "evicted")
    folder.log("swept", Q, F, reason="its record in Redis was deleted or damaged")
    folder.log("evicted", Q)
    folder.keep_records("swept")

    verdict = folder.audit()

    assert columns(verdict, "failed", "lost", "open") == (2, 1, 0)
    assert verdict.summary == "evicted was accepted, and has neither an ending nor a record"


def test_a_clock_that_was_set_back_excuses_no_missing_pdf(folder: Folder) -> None:
    """By the clock, its time was over when it ended; but Redis still keeps its record."""
    folder.accept("yesterday")
    folder.log("yesterday", Q, P, C, at=NOW - 2 * folder.settings.retention)
    folder.keep_records("yesterday")

    assert columns(folder.audit(), "expired", "invalid") == (0, 1)


@pytest.mark.parametrize("fields", [{"result": "a text"}, {"result": None}, {"state": "RENDERED"}])
def test_a_record_of_another_form_is_no_traceback(folder: Folder, fields: dict[str, Any]) -> None:
    """It is judged by what can be read of it."""
    folder.accept("odd", "unfinished")
    folder.log("odd", Q, P, C)
    folder.store("odd")
    folder.keep_records("odd", "unfinished", **fields)

    assert columns(folder.audit(), "doubled", "lost", "open") == (0, 0, 1)


def test_every_crime_is_named_beside_the_others(folder: Folder) -> None:
    """None hides behind another one, in the counts or in the sentences."""
    folder.accept("cut", "doubled", "empty", "evicted", "lost")
    folder.log("evicted", Q)
    folder.lose_a_number()
    for job_id, pdf in (("cut", PDF[:-8]), ("doubled", PDF), ("empty", b""), ("foreign", PDF * 2)):
        folder.log(job_id, Q, P, *([C, C] if job_id == "doubled" else [C]))
        folder.store(job_id, pdf)
        folder.keep_records(job_id, result={"bytes": len(PDF)})
    folder.log("forged", F, reason="why")

    verdict = folder.audit()

    assert columns(verdict, "lost", "doubled", "invalid", "holes", "open") == (2, 1, 4, 1, 0)
    assert verdict.findings == (
        "cut is COMPLETED, and its PDF is not whole",
        "doubled ended 2 times: COMPLETED, COMPLETED",
        "empty is COMPLETED, and its PDF is not whole",
        "evicted was accepted, and has neither an ending nor a record",
        "foreign has a PDF of 42 bytes, and one of 21 bytes was made",
        "forged is FAILED in jobs.log, and Redis has no record of it",
        "lost was accepted, and has neither an ending nor a record",
        "jobs.log goes from event 7 to 9",
    )


def test_a_job_that_only_the_log_names_is_judged_too(folder: Folder) -> None:
    """Somebody asked with a client that is not ours: what was never finished is found all the same."""
    folder.log("curl", Q)
    folder.keep_records("curl")

    verdict = folder.audit()

    assert (columns(verdict, "accepted", "open"), verdict.summary) == ((3, 1), "curl has not ended yet")


def test_a_file_that_is_not_one_of_ours_is_reported(folder: Folder) -> None:
    """A broken line is a sentence, with the file's name and the line's beginning."""
    folder.settings.accepted_file.write_text("not json\n")

    with pytest.raises(UsageError, match=r"accepted.jsonl has a line .* 'not json"):
        folder.audit()


def test_a_hole_in_the_numbers_is_found(folder: Folder) -> None:
    """An event that was lost between Redis and the log shows, whichever job it belonged to."""
    folder.lose_a_number()
    folder.log("other", Q, P, C)
    folder.store("other")
    folder.keep_records("other")

    verdict = folder.audit()

    assert columns(verdict, "holes") == (1,)
    assert verdict.summary == "jobs.log goes from event 6 to 8"


def test_a_job_that_another_client_sent_is_counted(folder: Folder) -> None:
    """curl notes no answer; its job is in the log, and is judged: then it counts as one, too."""
    folder.log("curl", Q, P, C)
    folder.store("curl")
    folder.keep_records("curl")

    assert columns(folder.audit(), "accepted", "completed", "failed") == (3, 2, 1)


def test_a_line_that_was_written_twice_is_found(folder: Folder) -> None:
    """The numbers do not go on from it."""
    text = folder.settings.log_file.read_text()
    folder.settings.log_file.write_text(text + text.splitlines()[-1] + "\n")

    assert columns(folder.audit(), "holes", "doubled") == (1, 1)


def test_a_gap_that_the_recorder_noted_is_still_a_hole(folder: Folder) -> None:
    """Saying so does not mend it; and the note itself is not taken for an event."""
    folder.lose_a_number()
    with folder.settings.log_file.open("a") as file:
        file.write('{"gap": true, "expected": 7, "found": 8, "at": 1, "event_id": "1-0", "number": 7}\n')
    folder.log("other", Q)

    assert columns(folder.audit(), "holes") == (1,)


def test_a_pdf_whose_time_is_over_is_known_as_such(folder: Folder) -> None:
    """Completed longer ago than PDFs are kept: its file may be gone. A second younger, it must be there."""
    folder.accept("old", "young")
    kept_since = NOW + 60 - folder.settings.retention
    folder.log("old", Q, P, C, at=kept_since - 1)
    folder.log("young", Q, P, C, at=kept_since + 1)

    verdict = folder.audit()

    assert columns(verdict, "completed", "expired", "invalid") == (1, 1, 1)
    assert "young is COMPLETED" in verdict.summary


def test_the_retention_is_the_systems_and_not_the_auditors(folder: Folder) -> None:
    """Who audits with other settings gets the same verdict: a PDF that was kept for a minute only is missed
    by nobody, and one that is to be kept for a day is missed by everybody.
    """
    folder.accept("a")
    folder.log("a", Q, P, C, at=NOW - 120)

    for kept, columns_then in ((60.0, (1, 0)), (86_400.0, (0, 1))):
        folder.settings.retention_file.write_text(f"{kept}\n")
        for auditors in (30.0, 1e6):
            asked = replace(folder.settings, retention=auditors)
            assert columns(audit(asked, now=NOW + 60), "expired", "invalid") == columns_then


def test_a_job_that_ended_and_whose_record_expired_is_not_lost(folder: Folder) -> None:
    """The log remembers its ending when Redis has forgotten it."""
    folder.settings.records_file.write_text("")

    assert audit(folder.settings, now=NOW + folder.settings.retention + 60).clean


def test_a_client_that_was_answered_twice_has_one_job(folder: Folder) -> None:
    """Asked again with the same key, it was given the same id."""
    folder.accept("kept", "kept")

    assert columns(folder.audit(), "accepted", "completed") == (2, 1)


def test_a_line_that_is_still_being_written_waits(folder: Folder) -> None:
    """An audit of a running system reads whole lines."""
    with folder.settings.log_file.open("a") as file:
        file.write('{"job_id": "hal')

    assert folder.audit().clean


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85"])
def test_a_reason_may_hold_any_character(folder: Folder, character: str) -> None:
    """A line of the log ends with a newline, and at nothing else that looks like one."""
    folder.accept("odd")
    folder.log("odd", Q, P, F, reason=f"one{character}two")
    folder.keep_records("odd")

    assert folder.audit().clean


def test_many_findings_are_shown_in_ten_lines(folder: Folder) -> None:
    """The first ten, and how many more there are."""
    folder.accept(*(f"gone-{number:02}" for number in range(25)))

    verdict = folder.audit()

    assert len(verdict.findings) == 25
    assert "NOT CLEAN" in verdict.text
    assert "gone-09" in verdict.text
    assert "gone-10" not in verdict.text
    assert "… and 15 more" in verdict.text


def test_with_nothing_to_audit_there_is_no_verdict(settings: Settings) -> None:
    """An empty folder is not clean: the sentence says what to run first."""
    with pytest.raises(UsageError, match=r"nothing to audit in .* `pdflab demo`"):
        audit(settings)


def test_a_tail_reads_each_line_once_and_all_that_there_was(settings: Settings) -> None:
    """A file that is not there yet is empty; one that grows is read on."""
    tail = Tail(settings.log_file, read_event)
    assert tail.read() == []

    folder = Folder(settings)
    folder.log("a", Q)
    assert [event.state for event in tail.read()] == [Q]
    folder.log("a", P)
    assert [event.state for event in tail.read()] == [Q, P]


def test_a_line_without_a_job_is_a_sentence(folder: Folder) -> None:
    """A foreign file is the user's mistake, not a traceback."""
    with folder.settings.accepted_file.open("a") as file:
        file.write('{"id": 7}\n')

    with pytest.raises(UsageError, match=r"accepted\.jsonl has a line of another format"):
        folder.audit()


def test_what_a_foreign_file_holds_does_not_reach_the_terminal(folder: Folder) -> None:
    """An id may be an escape sequence that clears the screen, or says "clean"."""
    folder.accept("\x1b[2Jclean")

    assert "\x1b" not in folder.audit().text
    assert r"\x1b[2Jclean was accepted" in folder.audit().text
