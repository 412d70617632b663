"""Percentiles while clients wait: nobody is omitted."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdflab.analysis.running_latency import RunningLatency

NOBODY = np.empty(0)
LATENCIES = st.lists(st.floats(0.001, 1_000.0), min_size=1, max_size=60)


def test_who_still_waits_counts_with_the_wait_so_far() -> None:
    """60 of 100 were served within 0.1 s, then the endpoint hung: those served say that all is well."""
    latency = RunningLatency()
    for _ in range(60):
        latency.add(0.1)
    assert latency.percentile(0.99, NOBODY) == pytest.approx(0.1, rel=0.012)

    after_10, after_20 = (latency.percentile(0.99, np.full(40, waited)) for waited in (10.0, 20.0))

    assert (after_10, after_20) == (pytest.approx(10, rel=0.012), pytest.approx(20, rel=0.012))
    assert latency.percentile(0.5, np.full(70, 20.0)) == pytest.approx(20, rel=0.012)


@given(LATENCIES, st.floats(0.0, 1_000.0), st.sampled_from([0.5, 0.9, 0.99]))
def test_at_every_instant_it_is_the_percentile_of_all_who_asked(
    latencies: list[float], now: float, share: float
) -> None:
    """All asked at 0: at each instant, a client counts with its latency or with what it has waited so far."""
    running = RunningLatency()
    for seconds in latencies:
        if seconds <= now:
            running.add(seconds)
    waiting = np.array([now for seconds in latencies if seconds > now])
    known = np.maximum(np.minimum(latencies, now), 1e-4)

    found = running.percentile(share, waiting)

    assert found == pytest.approx(float(np.quantile(known, share, method="inverted_cdf")), rel=0.012)
    assert found is not None
    assert found <= 1.012 * float(np.quantile(latencies, share, method="inverted_cdf"))


def test_never_is_longer_than_any_wait() -> None:
    """Half were refused: the median is theirs once they are more than half."""
    latency = RunningLatency()
    latency.add(1.0)
    latency.add(math.inf)
    assert latency.percentile(0.5, NOBODY) == pytest.approx(1.0)

    latency.add(math.inf)

    assert latency.percentile(0.5, NOBODY) == math.inf


def test_without_any_client_there_is_no_percentile() -> None:
    """A dash, and not a zero."""
    assert RunningLatency().percentile(0.5, NOBODY) is None
