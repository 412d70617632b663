"""Sends and runs keep what they were made of, on disk too."""

import json

import numpy as np
import pytest

from pdflab.analysis.columns import Categorical
from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.jobs import Cause, JobEvent, JobState

ANSWERED = Send("queued", "invoice", 10.0, 10.001, 10.02, 202, "a1")
LOST = Send("synchronous", "report", 11.0, 11.5, error="timeout", seed=4)


@pytest.mark.parametrize("send", [ANSWERED, LOST])
def test_a_send_is_one_line_and_back(send: Send) -> None:
    """A line of sends.jsonl reads as the same send again."""
    line = send.to_json()

    assert "\n" not in line
    assert Send.from_json(line) == send


@pytest.mark.parametrize(
    ("status", "yes"), [(202, True), (200, True), (0, False), (429, False), (503, False)]
)
def test_only_a_yes_is_accepted(status: int, yes: bool) -> None:
    """202 and 200 mean accepted; a refusal and silence do not."""
    assert Send("queued", "invoice", 0.0, 0.0, 1.0, status).accepted is yes


def test_a_run_that_was_saved_is_the_run_that_is_loaded(tmp_path) -> None:
    """Sends, events and descriptions survive the disk unchanged, in one file without nan."""
    event = JobEvent("a1", JobState.FAILED, 12.5, "invoice", 3, "1-0", 1, "w1", "zu groß", Cause.REJECTED)
    run = Run(
        "friday",
        "queued",
        {"name": "a burst"},
        Sends.of((ANSWERED, LOST)),
        Events.of((event,)),
        {"workers": 2},
        {"cores": 4},
        {"plan": 7},
    )

    run.save(tmp_path / "run.json")
    again = Run.load(tmp_path / "run.json")

    assert (list(again.sends), list(again.events)) == ([ANSWERED, LOST], [event])
    assert [type(reported.cause) for reported in again.events] == [Cause]
    assert (again.name, again.endpoint, again.plan, again.settings) == (
        run.name,
        run.endpoint,
        run.plan,
        run.settings,
    )
    assert (again.machine, again.seeds) == (run.machine, run.seeds)
    assert "NaN" not in (tmp_path / "run.json").read_text()


def test_a_run_of_before_there_were_causes_is_loaded(tmp_path) -> None:
    """Its file has no such column: its events are read, and have none."""
    event = JobEvent("a1", JobState.FAILED, 12.5, "invoice", reason="zu groß")
    Run("friday", "queued", events=Events.of((event,))).save(tmp_path / "run.json")
    data = json.loads((tmp_path / "run.json").read_text())
    del data["events"]["cause"]
    (tmp_path / "run.json").write_text(json.dumps(data))

    assert list(Run.load(tmp_path / "run.json").events) == [event]


def test_a_run_is_made_of_columns_without_an_object_a_job(tmp_path) -> None:
    """A simulation hands in arrays, with numbers for names; it is saved and loaded like any other."""
    jobs = Categorical(np.arange(3), range(3))
    sends = Sends(
        endpoint=Categorical.same("queued", 3),
        kind=Categorical.same("invoice", 3),
        intended_at=np.array([0.0, 1.0, 2.0]),
        sent_at=np.array([0.0, 1.0, 2.0]),
        answered_at=np.array([0.5, np.nan, 2.5]),
        status=np.array([202, 0, 202]),
        job_id=jobs,
    )
    events = Events(jobs, np.array([0, 0, 2]), np.array([0.5, 1.5, 2.5]), Categorical.same("invoice", 3))

    Run("model", "queued", sends=sends, events=events).save(tmp_path / "run.json")
    again = Run.load(tmp_path / "run.json")

    assert [send.answered_at for send in again.sends] == [0.5, None, 2.5]
    assert list(again.events)[2] == JobEvent("2", JobState.COMPLETED, 2.5, "invoice")
    assert again.sends.job_id.categories == range(3)


def test_words_are_found_in_another_list_of_words() -> None:
    """Sends and events name their jobs each in their own order; what the other lacks is -1."""
    column = Categorical.of(["b", None, "a", "x", "b"])

    assert column.codes_in(("a", "b")).tolist() == [1, -1, 0, -1, 1]
    assert column.codes_in(column.categories) is column.codes
    assert column.tolist() == ["b", None, "a", "x", "b"]
    assert column.codes_in(("nobody",)).tolist() == [-1] * 5
