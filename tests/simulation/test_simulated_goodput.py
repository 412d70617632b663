"""Goodput counts documents, once each, and only those that a client still waited for."""

from math import inf, isnan, nan

import numpy as np
import pytest
from paths import column

from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.goodput import first_requests, goodput_over_time, share_in_time
from pdflab.simulation.model import Model, Outcome, RequestColumns
from pdflab.simulation.twin import simulate_requests

COMPLETED, REFUSED, RENEGED = Outcome
# Document 0 was rendered at 1.5, 1 was refused and then rendered at 3.5, 2 was too late for its client.
REQUESTS = RequestColumns(
    number=np.array([0, 1, 1, 2]),
    attempt=np.array([1, 1, 2, 1]),
    at=column([0.0, 1.0, 2.0, 3.0]),
    queued_at=column([0.0, nan, 2.0, 3.0]),
    started_at=column([0.0, nan, 2.0, 3.5]),
    ended_at=column([1.5, nan, 3.5, 4.5]),
    outcome=np.array([COMPLETED, REFUSED, COMPLETED, RENEGED], dtype=np.uint8),
)


def test_a_document_counts_in_the_second_in_which_it_came() -> None:
    """What was rendered for a client that had left is not there."""
    at, in_time = goodput_over_time(REQUESTS, end=5.0)

    assert at.tolist() == [0, 1, 2, 3, 4]
    assert in_time.tolist() == [0, 1, 0, 1, 0]


def test_a_share_is_of_the_documents_first_requested_then() -> None:
    """A retry is no document of its own, and brings its document in, whenever it was answered."""
    assert share_in_time(REQUESTS, 0.0, 3.0) == 1.0
    assert share_in_time(REQUESTS, 1.0, 5.0) == 0.5
    assert isnan(share_in_time(REQUESTS, 3.5, 5.0))
    assert [first_requests(REQUESTS, *window) for window in ((0.0, 3.0), (1.0, 5.0), (1.5, 2.5))] == [2, 2, 0]


@pytest.mark.parametrize(("patience", "share"), [(inf, 2 / 3), (1.5, 2 / 3), (1.4, 0.0)])
def test_patience_counts_from_the_attempt(patience: float, share: float) -> None:
    """Where the model lets clients wait for what is in service, a shorter patience can be asked for."""
    assert share_in_time(REQUESTS, 0.0, 5.0, patience=patience) == pytest.approx(share)


def test_no_document_comes_in_time_twice() -> None:
    """Clients that retry at an overloaded service whose work stays: never more than one for each of them."""
    rng = np.random.default_rng(3)
    at = np.sort(rng.uniform(0, 30, 3_600))
    jobs = Jobs(at, rng.exponential(0.01, len(at)), np.ones(len(at)))

    requests = simulate_requests([jobs], Model(workers=1, tries=3, backoff=0.5))
    completed = requests.number[requests.outcome == COMPLETED]

    assert 0 < len(completed) == len(set(completed.tolist())) < len(at)
    assert goodput_over_time(requests, end=200.0)[1].sum() == len(completed)
