"""The generator against a server that we did not write, and against one that stalls on purpose."""

import asyncio
import threading

import numpy as np
import pytest
from foreign import Foreign, foreign_server

from pdflab.analysis.metrics import SendColumns, percentiles, send_columns
from pdflab.analysis.run import Send
from pdflab.load.generator import Target, send_plan
from pdflab.load.plan import Plan, steady

STALL = 0.6  # seconds, of a plan of two: three in ten requests are meant to go within it


def fired(plan: Plan, there: Foreign, *, clients: int | None = None) -> SendColumns:
    sends: list[Send] = []
    asyncio.run(send_plan(plan, Target(there.url, clients=clients), on_send=sends.append))
    assert all(send.accepted for send in sends)
    return send_columns(sends, [])


def stalled(plan: Plan, *, clients: int | None) -> tuple[SendColumns, np.ndarray]:
    """Send while the server stalls; return the columns, and the least latency of each request."""
    with foreign_server() as there:
        stall = threading.Timer(0.7, there.stall, (STALL,))
        stall.start()
        columns = fired(plan, there, clients=clients)
        stall.join()
    [(began, ended)] = there.stalls
    inside = (columns.intended_at > began) & (columns.intended_at < ended)
    return columns, np.where(inside, ended - columns.intended_at, 0.0)


def test_a_foreign_server_gets_the_plan_as_it_was_meant() -> None:
    """Every request once, and mostly within milliseconds of its instant, by the server's clock."""
    plan = steady(150.0, seconds=2.0, mix={"custom": 1.0})

    with foreign_server() as there:
        columns = fired(plan, there)

    planned = np.sort(columns.intended_at)
    assert len(there.came_at) == plan.count == len(planned)
    assert np.median(np.abs(np.sort(there.came_at) - planned)) < 0.05
    at = np.array([a.at for a in plan.arrivals()])
    np.testing.assert_allclose(planned - planned[0], at - at[0], atol=1e-6)


def test_an_open_loop_sees_a_stall_with_every_client_that_met_it() -> None:
    """Every request meant for the stall has at least the latency until its end."""
    columns, least = stalled(steady(150.0, seconds=2.0, mix={"custom": 1.0}), clients=None)

    assert np.count_nonzero(least) > 50
    assert np.all(columns.acknowledgement >= least - 0.005)
    assert percentiles(columns.acknowledgement).p90 == pytest.approx(percentiles(least).p90, abs=0.15)


def test_a_closed_loop_hides_the_stall_from_the_uncorrected_latency() -> None:
    """Four clients: the uncorrected p90 looks fine, as only four requests met the stall."""
    columns, least = stalled(steady(150.0, seconds=2.0, mix={"custom": 1.0}), clients=4)

    naive, corrected = percentiles(columns.uncorrected).p90, percentiles(columns.acknowledgement).p90

    assert np.count_nonzero(columns.uncorrected > STALL / 2) <= 4
    assert corrected >= percentiles(least).p90 - 0.005 > STALL / 3 > naive
