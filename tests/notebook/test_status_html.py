"""The board: what is read off a lab, as words of the page."""

from types import SimpleNamespace

from pdflab.analysis.endpoint_history import Numbers
from pdflab.jobs import JobEvent, JobState
from pdflab.notebook import status_html as status

RENDERS = JobEvent("abcdef0123", JobState.PROCESSING, 100.0, "invoice", worker="here:41:aaaa")


def test_the_numbers_are_those_of_the_lab_and_of_both_endpoints() -> None:
    """Jobs by state, the line, and what clients waited, in units that suit."""
    counts = {"queued": 1234, "processing": 2, "completed": 3, "failed": 4, "queue_depth": 1234}
    stats = SimpleNamespace(**counts, oldest_age=12.34)
    endpoints = {"queued": Numbers(1.26, 0.0123, None), "synchronous": Numbers(0.0, float("inf"), 2.5)}

    words = status.numbers_html(stats, endpoints)

    for reported in (
        "<b>1,234</b>",
        "<b>12 s</b>",
        "<b>1.3</b>",
        "<b>12 ms</b>",
        "<b>never</b>",
        "<b>2.5 s</b>",
    ):
        assert reported in words
    assert words.count("<b>–</b>") == 1


def test_a_worker_is_idle_or_renders_or_is_dead() -> None:
    """A strip each; the dead are those that have a claimed job and do not live."""
    lives, dies = ["here:41:aaaa", "here:42:bbbb"], ["here:42:bbbb"]

    alive = status.strips_html(lives, {"a": RENDERS}, now=101.5, threads=False)
    dead = status.strips_html(dies, {"a": RENDERS}, now=101.5, threads=False)

    assert '<span class="rendering">41: invoice abcdef, 1.5 s</span><span>42: idle</span>' in alive
    assert '<span class="dead">41 is dead: invoice abcdef, 1.5 s</span>' in dead
    assert "aaaa: invoice" in status.strips_html(lives, {"a": RENDERS}, now=101.5, threads=True)


def test_a_crowd_of_workers_keeps_to_its_place() -> None:
    """Eight strips; who has no room is counted."""
    crowd = [f"here:{number}:aaaa" for number in range(12)]

    words = status.strips_html(crowd, {}, now=0.0, threads=False)

    assert words.count("<span") == 8
    assert "and 5 more" in words


def test_the_log_ends_with_the_newest_line_and_nothing_in_it_is_markup() -> None:
    """What a document, and so a user, has caused can stand in a reason."""
    old = [JobEvent(f"{i}", JobState.QUEUED, float(i), "invoice") for i in range(20)]
    new = JobEvent("last", JobState.FAILED, 99.5, "custom", worker="here:41:aaaa", reason="<script>")

    words = status.log_html([*old, new])

    assert words.count("<br>") == status._MAX_LINES - 1
    assert words.endswith("FAILED      custom  last by here:41:aaaa: &lt;script&gt;</div>")
