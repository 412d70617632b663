"""Sends and runs keep what they were told, on disk too."""

import pytest

from pdflab.jobs import JobEvent, JobState
from pdflab.run import Run, Send

ANSWERED = Send("queued", "invoice", 10.0, 10.001, 10.02, 202, "a1")
LOST = Send("synchronous", "report", 11.0, 11.5, error="timeout")


@pytest.mark.parametrize("send", [ANSWERED, LOST])
def test_a_send_is_one_line_and_back(send: Send) -> None:
    """A line of sends.jsonl gives the same send again."""
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
    """Sends, events and descriptions survive the disk unchanged."""
    event = JobEvent("a1", JobState.FAILED, 12.5, "invoice", 3, "1-0", 1, "w1", "zu groß")
    run = Run(
        "friday", "queued", {"name": "a burst"}, (ANSWERED, LOST), (event,), {"workers": 2}, {"cores": 4}
    )

    run.save(tmp_path / "run.json")

    assert Run.load(tmp_path / "run.json") == run
