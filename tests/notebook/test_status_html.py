"""The board: what is read off a lab, as words of the page."""

from pdflab.analysis.endpoint_history import Numbers
from pdflab.jobs import JobEvent, JobState
from pdflab.notebook import status_html as status


def test_the_numbers_are_those_of_both_endpoints() -> None:
    """PDFs a second and what clients waited, in units that suit."""
    endpoints = {"queued": Numbers(1.26, 0.0123, None), "synchronous": Numbers(0.0, float("inf"), 2.5)}

    words = status.numbers_html(endpoints)

    for reported in (
        "<b>1.3</b>",
        "<b>12 ms <small>–</small></b>",
        "<b>never <small>–</small></b>",
        "<b>2.5 s <small>–</small></b>",
    ):
        assert reported in words
    assert words.count("<b>–") == 1


def test_the_log_ends_with_the_newest_line_and_nothing_in_it_is_markup() -> None:
    """What a document, and so a user, has caused can stand in a reason."""
    old = [JobEvent(f"{i}", JobState.QUEUED, float(i), "invoice") for i in range(20)]
    new = JobEvent("last", JobState.FAILED, 99.5, "custom", worker="here:41:aaaa", reason="<script>")

    words = status.log_html([*old, new], {"here:41:aaaa": "worker-1"})

    assert words.count("<br>") == status._MAX_LINES - 1
    assert words.endswith("FAILED      custom  last by worker-1: &lt;script&gt;</div>")
