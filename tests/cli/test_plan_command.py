"""`pdflab plan` as a user meets it: a table and a chart, or one JSON object; nonsense is one sentence."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pdflab.__main__ import main
from pdflab.charts.capacity_plan import plan_figure
from pdflab.charts.style import png
from pdflab.cli import plan
from pdflab.cli.parser import parser
from pdflab.documents.kinds import KINDS
from pdflab.experiments.capacity import CapacityPlan
from pdflab.experiments.service_times import measure_rendering
from pdflab.load.plan import MOSTLY_INVOICES, Phase, burst
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.capacity.requirement import Demand, Objective, Requirement
from pdflab.simulation.capacity.search import FleetPlan, autoscaled, fixed
from pdflab.simulation.twin import queued_endpoint, simulate

SMALL = ["plan", "--jobs", "500", "--hours", "1", "--deadline", "1.5", "--service", "20", "--start-up", "5"]
KEYS = {"workers", "finished_s", "cost", "confidence", "replications", "at_least"}


def test_json_is_one_object_with_the_promised_keys(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The cheapest fleet that is sure enough, and beside it all that were tried; no chart is drawn."""
    code = main([*SMALL, "--json", "--chart", str(tmp_path / "plan.png")])

    reported = json.loads(capsys.readouterr().out)
    assert code == 0
    assert reported.keys() >= KEYS
    assert [policy["policy"] for policy in reported["policies"]] == ["fixed", "scheduled", "autoscaled"]
    assert all(policy.keys() >= KEYS for policy in reported["policies"] + reported["what_if"])
    assert reported["cost"] == min(p["cost"] for p in reported["policies"] if p["confidence"] == 1)
    assert (reported["policies"][0]["replications"], reported["policies"][0]["at_least"]) == (59, 0.95)
    assert reported["finished_s"] <= 1.5 * 3600
    assert reported["job_by_job_s"] <= 1.5 * 3600
    assert not list(tmp_path.iterdir())


def test_the_same_seed_makes_the_same_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """To the last digit; another seed makes another."""
    answers = []
    for seed in ("1", "1", "2"):
        main([*SMALL, "--json", "--seed", seed])
        answers.append(capsys.readouterr().out)

    assert answers[0] == answers[1] != answers[2]


def test_the_requirement_is_the_arguments() -> None:
    """Hours become seconds; without a deadline, it is two hours after the last document."""
    requirement = plan._requirement(
        parser().parse_args(["plan", "--jobs", "500", "--hours", "1", "--service", "20"])
    )

    assert (requirement.demand.jobs, requirement.demand.phase.seconds) == (500, 3600.0)
    assert requirement.objective.deadline == 3 * 3600.0


def test_a_table_and_a_chart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A line for each fleet and each what-if, the verdict in a sentence, and a picture."""
    chart = tmp_path / "charts" / "plan.png"

    assert main([*SMALL, "--chart", str(chart)]) == 0

    shown = capsys.readouterr().out
    for words in (
        "fixed",
        "scheduled",
        "autoscaled",
        "10 times the spike",
        "a crash every 60 s",
        "one by one",
        "59 of 59",
        "95% by 59 of 59, 86% by 20 of 20",
        "A document takes 2e+04 ms of work (as given)",
    ):
        assert words in shown
    assert "500 documents, all done after 1.5 h" in shown
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_service_times_are_measured_where_none_are_given() -> None:
    """Some documents of each kind, rendered here and now: a report takes longer than a text."""
    service = measure_rendering()

    assert set(service.seconds) == set(KINDS)
    assert all(len(seconds) == 20 and seconds.min() > 0 for seconds in service.seconds.values())
    assert np.median(service.seconds["report"]) > np.median(service.seconds["custom"])


def test_a_second_measurement_agrees_with_the_first() -> None:
    """What a process does only once, such as reading fonts, is in none of them: they agree to a half.

    It takes a new process to see it.
    """
    code = (
        "from pdflab.experiments.service_times import measure_rendering as m\nimport numpy as np\n"
        "print(*(np.mean([s.mean() for s in m().seconds.values()]) for _ in range(4)))"
    )

    reported = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    first, *others = map(float, reported.split())
    assert 1 / 1.5 < first / np.median(others) < 1.5


def test_a_fleet_that_cannot_work_is_reported_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """KEDA's rule starts workers when the queue is long: no limit keeps it short. It is no row."""
    words = ["--jobs", "2000", "--hours", "0.5", "--profile", "flat", "--within", "5", "--service", "1"]

    assert main(["plan", *words, "--chart", str(tmp_path / "plan.png")]) == 0

    lines = capsys.readouterr().out.splitlines()
    autoscaled = [line for line in lines if "autoscaled" in line]
    assert len(autoscaled) == 1
    assert "no limit that was tried meets this with KEDA's rule at 15 jobs a worker; with" in autoscaled[0]
    assert "it did in 0 of 20" in autoscaled[0]


def test_a_fleet_that_cannot_work_is_not_drawn() -> None:
    """The chart is about fleets that will do; the colour of each is its own, whoever is missing."""
    flat = Demand(
        Phase(1_800.0, (1.0,), 2_000), ServiceTimes.lognormal(MOSTLY_INVOICES, mean=1.0), MOSTLY_INVOICES
    )
    requirement = Requirement(flat, Objective(latency=5.0), price=1.0, replications=3)
    steadfast, slow = fixed(requirement), autoscaled(requirement)

    lines = CapacityPlan(requirement, [steadfast, slow]).chart().axes[1].get_lines()
    alone = CapacityPlan(requirement, [slow]).chart().axes[1].get_lines()

    assert [line.get_label() for line in lines] == ["fixed"]
    assert [line.get_label() for line in alone] == ["autoscaled"], "where none will do, one sees why"
    assert lines[0].get_color() != alone[0].get_color()


def test_what_bundles_cannot_report_is_a_sentence_and_no_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """All that only bundles can try is named together, with the reason; what is fixed is tried job by job."""
    words = [
        "--jobs",
        "100000",
        "--hours",
        "0.1",
        "--profile",
        "flat",
        "--within",
        "0.12",
        "--service",
        "0.05",
    ]

    assert main(["plan", *words, "--chart", str(tmp_path / "plan.png")]) == 0

    shown = capsys.readouterr().out
    assert "scheduled; autoscaled: to be tried in bundles of 5 documents, 0.25 s of work each" in shown
    assert "allow 0.5 s or more, or keep a fixed fleet, which is tried on every document." in shown
    assert " workers, fixed, for " in shown


def test_one_worker_is_one_worker(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The verdict knows its grammar."""
    main(["plan", "--jobs", "100", "--service", "1", "--chart", str(tmp_path / "plan.png")])

    assert "100 documents, all done after 12 h: 1 worker, " in capsys.readouterr().out


def test_a_target_that_no_policy_is_sure_of_is_a_no(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit code 1, as an answer: of a hundred workers one dies each second, and none is back in time."""
    words = [
        "--jobs",
        "100",
        "--hours",
        "0.1",
        "--deadline",
        "0.2",
        "--crash-every",
        "1",
        "--start-up",
        "9999",
    ]

    assert main([*SMALL, *words, "--chart", str(tmp_path / "plan.png")]) == 1

    shown = capsys.readouterr().out
    assert "No fleet that was tried is sure enough" in shown
    assert "one by one" not in shown, "that one would know of no crashes"


def test_all_at_once_for_a_latency_from_a_real_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Service times and mix are learnt from a saved run; a timetable has nothing to follow."""
    service = ServiceTimes({"custom": np.full(1, 0.5), "invoice": np.ones(1), "report": np.full(1, 2.0)})
    run = replace(simulate(burst(50), queued_endpoint(2), service), machine={"cores": 2})
    run.save(tmp_path / "run.json")

    words = ["--profile", "at-once", "--jobs", "500", "--within", "60", "--run", str(tmp_path / "run.json")]
    main(["plan", *words, "--json"])

    reported = json.loads(capsys.readouterr().out)
    assert [policy["policy"] for policy in reported["policies"]] == ["fixed", "autoscaled"]
    assert reported["service_s"] == pytest.approx(1.0, abs=0.3)
    assert reported["workers"] == pytest.approx(500 * reported["service_s"] * 0.95 / 60, abs=1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--jobs", "0"], "--jobs must be between 1 and"),
        (["--hours", "0"], "--hours must be more than 0"),
        (["--hours", "nan"], "--hours must be more than 0"),
        (["--hours", "10", "--deadline", "9"], "No fleet can meet this: the last documents are asked for at"),
        (["--within", "0.001"], "No fleet can meet this: 95% of the documents take up to"),
        (["--deadline", "12", "--within", "5"], "Give either --deadline or --within"),
        (["--deadline", "-1"], "A target needs seconds above 0"),
        (["--price", "-1"], "A price and a start-up time must be 0 or more"),
        (["--spike", "0.5"], "A spike must be 1 or more"),
        (["--spike", "inf"], "A spike must be 1 or more, and finite"),
        (["--spike", "nan"], "A spike must be 1 or more, and finite"),
        (["--jobs", "1000", "--spike", "1e6"], "--spike makes more than 100,000,000 documents"),
        (["--spike", "1e308"], "--spike must be at most 1,000,000"),
        (["--price", "1e308"], "--price must be at most 1,000,000"),
        (["--service", "1e300"], "--service must be at most 1,000,000"),
        (["--crash-every", "0"], "more than 0 seconds apart"),
        (["--crash-every", "nan"], "more than 0 seconds apart"),
        (["--crash-every", "0.0001"], "Crashes 0.0001 s apart are too many to simulate"),
        (["--seed", "-1"], "A seed must be 0 or more"),
        (["--service", "0"], "A service time needs a mean above 0"),
        (["--run", "run.json"], "Give either --service or --run"),
    ],
)
def test_nonsense_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be, and why; nothing is simulated."""
    service = [] if "--service" in words else ["--service", "0.1"]

    assert main(["plan", *service, *words]) == 2

    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("what", ["name", "sends", "events", "plan", "machine"])
def test_a_file_that_is_not_a_run_is_reported(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither something else, nor half a run, nor one that is not there, ends in a traceback."""
    file = tmp_path / "other.json"
    simulate(
        burst(5, seconds=1.0), queued_endpoint(1), ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.1)
    ).save(file)
    half = json.loads(file.read_text()) | {what: 1}
    file.write_text(json.dumps({"name": 1} if what == "name" else half))

    assert main(["plan", "--run", str(file)]) == 2
    assert "is not a run that pdflab has saved" in capsys.readouterr().err
    assert main(["plan", "--run", str(tmp_path / "nowhere.json")]) == 2
    assert "choose another place" in capsys.readouterr().err


def test_the_chart_shows_each_fleet_and_the_deadline() -> None:
    """Workers beside what is asked for, and the line; hours below; the verdict above."""
    steps = np.array([0.0, 3600.0]), np.array([2.0, 0.0])
    demand = Demand(
        Phase(3600.0, count=10), ServiceTimes.lognormal(MOSTLY_INVOICES, mean=1.0), MOSTLY_INVOICES
    )
    fleets = [
        FleetPlan(policy, queued_endpoint(2), 2, 3600.0, 1.0, 1.0, 1, 1, [(0.0, 2)], steps)
        for policy in ("fixed", "scheduled")
    ]

    figure = plan_figure("Two will do", Requirement(demand, Objective(deadline=7200.0), price=1.0), fleets)

    workers, line = figure.axes
    assert [entry.get_label() for entry in workers.get_lines()] == [
        "kept busy by what is asked for", "fixed", "scheduled", "deadline",
    ]  # fmt: skip
    assert [entry.get_label() for entry in line.get_lines()] == ["fixed", "scheduled", "deadline"]
    assert workers.get_lines()[1].get_xdata().tolist() == [0, 1]
    assert figure.get_suptitle() == "Two will do"
    assert png(figure).startswith(b"\x89PNG")


def test_an_autoscaler_is_drawn_as_it_is_on_average() -> None:
    """One that goes up and down each minute would be a comb."""
    demand = Demand(
        Phase(3600.0, count=10), ServiceTimes.lognormal(MOSTLY_INVOICES, mean=1.0), MOSTLY_INVOICES
    )
    steps = [(30.0 * n, 1 + 2 * (n % 2)) for n in range(120)]
    none = np.array([0.0, 3600.0]), np.zeros(2)
    fleet = FleetPlan("autoscaled", queued_endpoint(3), 3, 3600.0, 1.0, 1.0, 1, 1, steps, none)

    figure = plan_figure("Up and down", Requirement(demand, Objective(deadline=7200.0), price=1.0), [fleet])

    assert figure.axes[0].get_lines()[1].get_ydata().tolist() == pytest.approx([2.0] * 60 + [0.0])  # type: ignore[union-attr]
