"""What is shown while a load goes on."""

from pdflab.analysis.run import Send
from pdflab.load.progress import ProgressCounter


def test_percentiles_so_far_are_exact() -> None:
    """Of answers after 1, 2, 3 s the median is 2; refusals count by kind; one is in flight."""
    counter = ProgressCounter()
    for seconds in (1.0, 2.0, 3.0):
        counter.start(1)
        counter.end(Send("queued", "custom", 10.0, 10.5, 10.0 + seconds, 202, "a"))
    counter.start(2)
    counter.end(Send("queued", "custom", 10.0, 10.5, 10.1, 503, error="refused"))

    found = counter.latencies()

    acknowledgement, uncorrected = found["acknowledgement"], found["uncorrected"]
    assert (acknowledgement.p50, acknowledgement.max, uncorrected.p50) == (2.0, 3.0, 1.5)
    assert (counter.sent, counter.in_flight, found["send_lag"].max) == (5, 1, 0.5)
    assert counter.outcomes == {"accepted": 3, "refused with 503": 1}


def test_before_anything_has_left_there_is_nothing() -> None:
    """No requests, no percentiles, no error."""
    counter = ProgressCounter()

    assert (counter.sent, counter.in_flight) == (0, 0)
    assert counter.latencies()["acknowledgement"].p99 is None
