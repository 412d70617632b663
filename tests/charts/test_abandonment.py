"""Who left is counted phase by phase, and drawn as it is."""

import numpy as np
import pytest

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.charts.abandonment import abandonment_by_phase, abandonment_figure, recovery_figure
from pdflab.charts.style import ACCEPTED, COLOURS, FAILED
from pdflab.charts.timelines import offered_load_figure
from pdflab.jobs import JobEvent, JobState
from pdflab.load.plan import burst
from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.goodput import first_requests
from pdflab.simulation.model import Model, RequestColumns
from pdflab.simulation.twin import simulate_requests

PLAN = burst(10, baseline=2.0, seed=3)  # five seconds of baseline, one of the spike, five of baseline
PHASES = np.searchsorted([5.0, 6.0], [arrival.at for arrival in PLAN.arrivals()], side="right")


def run_of(*phases_that_left: int, endpoint: str = "synchronous") -> Run:
    """The plan as one endpoint saw it, a client of these phases leaving after a second of patience."""
    sends, events = [], []
    for number, (phase, arrival) in enumerate(zip(PHASES, PLAN.arrivals(), strict=True)):
        at, name = 100.0 + arrival.at, f"j{number}"
        gone = phase in phases_that_left
        status = 0 if gone else 200 if endpoint == "synchronous" else 202
        answer = {"error": "timeout"} if gone else {"answered_at": at + 0.2, "job_id": name}
        sends.append(Send(endpoint, "invoice", at, at, status=status, **answer))
        for state, seconds in ((JobState.PROCESSING, 0.0), (JobState.COMPLETED, 2.0)):
            events.append(JobEvent(name, state, at + seconds, "invoice"))
    shuffled = [sends[place] for place in np.random.default_rng(1).permutation(len(sends))]
    return Run(
        endpoint, endpoint, sends=Sends.of(shuffled), events=Events.of(events), settings={"timeout": 1.0}
    )


def test_each_phase_of_the_plan_has_its_own_crowd() -> None:
    """Sends are noted as they end, in any order; who asked when follows from the plan."""
    before, spike, after = abandonment_by_phase(run_of(1), PLAN)

    assert (before.asked, spike.asked, after.asked) == tuple(np.bincount(PHASES))
    assert (before.left, spike.left, after.left) == (0, 10, 0)


def test_who_asks_after_the_spike_can_leave_too() -> None:
    """The last phase is counted like any other."""
    *_, after = abandonment_by_phase(run_of(1, 2), PLAN)

    assert after.asked == after.left > 0


def test_every_client_is_a_dot_and_every_one_who_left_a_cross_at_the_end_of_patience() -> None:
    """The title counts them."""
    waits = abandonment_figure(run_of(1)).axes[0]

    dots, crosses = (line for line in waits.get_lines() if line.get_marker() in ("o", "x"))
    assert len(dots.get_xdata()) == len(PHASES) - 10
    assert list(dots.get_ydata()) == pytest.approx([0.2] * (len(PHASES) - 10))
    assert list(crosses.get_ydata()) == [1.0] * 10
    assert waits.get_title(loc="left") == (f"synchronous: 10 of {len(PHASES)} clients left without an answer")


def test_the_bars_are_shares_of_a_hundred_clients() -> None:
    """What was made for those who left stands below them: the synchronous endpoint renders it all the
    same."""
    found = abandonment_figure(run_of(1)).axes[1]

    left = pytest.approx(1000 / len(PHASES))
    assert [bar.get_width() for bar in found.patches] == [pytest.approx(100 - 1000 / len(PHASES)), left, left]


def test_the_prediction_is_drawn_where_those_who_left_are() -> None:
    """However large it is."""
    found = abandonment_figure(run_of(1), predicted=140).axes[1]

    [line] = found.get_lines()
    assert list(line.get_xdata()) == [140, 140]
    assert found.get_xlim()[1] >= 140


def test_a_promise_is_not_drawn_as_a_pdf() -> None:
    """At the queued endpoint the answer is a promise, in the light colour, and nothing is made for nobody."""
    queued, synchronous = (
        abandonment_figure(run_of(endpoint=endpoint)).axes for endpoint in ("queued", "synchronous")
    )

    assert queued[0].get_lines()[0].get_color() == ACCEPTED
    assert synchronous[0].get_lines()[0].get_color() == COLOURS["synchronous"]
    assert queued[0].get_lines()[1].get_color() == FAILED
    assert next(label.get_text() for label in queued[1].get_yticklabels()) == "had a promise"
    assert [bar.get_width() for bar in queued[1].patches] == [100, 0, 0]


def test_a_plan_is_drawn_beside_what_can_be_made() -> None:
    """The title says how many times that is."""
    title = offered_load_figure(PLAN, capacity=2.0).axes[0].get_title(loc="left")

    assert title.endswith("at its height 10 a second, 5.0 × the capacity")


def cases() -> dict[str, RequestColumns]:
    """Clients that wait a second at a half-busy worker, before, in and after a spike of 2 s."""
    rng = np.random.default_rng(5)
    at = np.sort(np.concatenate([rng.uniform(0, 40, 2_000), rng.uniform(5, 7, 600)]))
    jobs = Jobs(at, rng.exponential(0.01, len(at)), np.ones(len(at)))
    models = {"3 tries": Model(workers=1, tries=3), "no retries": Model(workers=1)}
    return {name: simulate_requests([jobs], model) for name, model in models.items()}


def test_goodput_after_a_spike_is_drawn_for_each_case() -> None:
    """The title names the worst and the best; lines and the prediction are the requests' own numbers."""
    requests = cases()
    figure = recovery_figure(requests, spike=(5.0, 7.0), end=40.0, after=20.0, predicted=0.9)
    first, second = figure.axes

    assert figure.get_suptitle() == "20 s after the spike, 3 tries: 0% in time; no retries: 100% in time"
    assert [ax.get_title(loc="left") for ax in (first, second)] == [
        "3 tries:\n0% in time",
        "no retries:\n100% in time",
    ]
    drawn = {line.get_label(): line.get_ydata() for line in first.lines}
    assert drawn["requests, retries included"].sum() == np.count_nonzero(requests["3 tries"].at < 40)
    assert drawn["predicted: 90%"][0] == 0.9 * first_requests(requests["3 tries"], 27.0, 40.0) / 13
    assert first.get_ylim() == second.get_ylim()
    assert {"PDFs in time", "spike, above the axis"} <= {
        text.get_text() for text in figure.legends[0].get_texts()
    }


def test_one_case_is_named_once() -> None:
    """It is the worst and the best."""
    one = {"3 tries": cases()["3 tries"]}

    title = recovery_figure(one, spike=(5.0, 7.0), end=40.0, after=20.0).get_suptitle()
    assert title == "20 s after the spike, 3 tries: 0% in time"
