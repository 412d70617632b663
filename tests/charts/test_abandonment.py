"""Who left is counted phase by phase, and drawn as it is."""

import numpy as np
import pytest

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.charts.abandonment import patience_figure, recovery_figure
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


def drawn(run: Run) -> dict[str, list[float]]:
    """How long each client waited, by the label of its dots or crosses."""
    [ax] = patience_figure({"one": run}, 0.5).axes
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines() if line.get_marker() in "ox"}


def test_each_client_is_a_dot_or_a_cross_at_the_end_of_its_patience() -> None:
    """The title counts the PDFs in time; nothing is in the legend that did not happen."""
    title = patience_figure({"one": run_of(1)}, 0.5).axes[0].get_title(loc="left")

    assert title == f"one:\n{len(PHASES) - 10} of {len(PHASES)} PDFs in time"
    assert drawn(run_of(1)) == {
        "PDF": pytest.approx([0.2] * (len(PHASES) - 10)),
        "left, no answer": [1.0] * 10,
    }


def test_a_promise_is_drawn_beside_its_late_pdf() -> None:
    """At the queued endpoint, the answer is there long before the PDF, and counts for nothing here."""
    figure = patience_figure({"queued": run_of(endpoint="queued")}, 0.5)

    assert figure.axes[0].get_title(loc="left") == f"queued:\n0 of {len(PHASES)} PDFs in time"
    assert drawn(run_of(endpoint="queued")) == {
        "answer: a promise": pytest.approx([0.2] * len(PHASES)),
        "PDF": pytest.approx([2.0] * len(PHASES)),
    }


def test_who_was_refused_is_drawn_when_the_answer_came() -> None:
    """Not where somebody is drawn who had none."""
    refused = [Send("synchronous", "invoice", 100.0 + i, 100.0 + i, 100.01 + i, 503) for i in range(3)]
    run = Run("bounded", "synchronous", sends=Sends.of(refused), settings={"timeout": 1.0})

    assert drawn(run) == {"answer: refused": pytest.approx([0.01] * 3)}


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
