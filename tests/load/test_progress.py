"""What is shown while a load goes on."""

from pdflab.analysis.run import Send
from pdflab.load.plan import burst, steady
from pdflab.load.progress import ProgressCounter


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_wanted_does_not_depend_on_what_is_done() -> None:
    """Ten a second are wanted; a generator that sends three of them is seen to fall behind."""
    clock = Clock()
    counter = ProgressCounter(steady(10.0, seconds=100.0), clock=clock)

    counter.start(1)
    clock.now += 50.0
    counter.start(2)
    progress = counter.progress()

    assert 2 <= progress.wanted <= 25
    assert (progress.achieved, progress.in_flight) == (2, 3)


def test_percentiles_so_far_are_exact() -> None:
    """Of answers after 1, 2, 3 seconds the median is 2; what was refused counts by its kind."""
    counter = ProgressCounter(burst(4))
    for seconds in (1.0, 2.0, 3.0):
        counter.start(1)
        counter.end(Send("queued", "custom", 10.0, 10.5, 10.0 + seconds, 202, "a"))
    counter.start(1)
    counter.end(Send("queued", "custom", 10.0, 10.5, 10.1, 503, error="refused"))

    progress = counter.progress()

    assert (progress.acknowledgement.p50, progress.acknowledgement.max, progress.uncorrected.p50) == (
        2.0,
        3.0,
        1.5,
    )
    assert (progress.send_lag.max, progress.in_flight) == (0.5, 0)
    assert progress.outcomes == {"accepted": 3, "refused with 503": 1}


def test_before_anything_has_left_there_is_nothing() -> None:
    """No rates, no percentiles, no error."""
    progress = ProgressCounter(burst(4)).progress()

    assert (progress.wanted, progress.achieved, progress.in_flight) == (0, 0, 0)
    assert progress.acknowledgement.p99 is None
