"""Both endpoints compared, and a freeze counted in two ways: on simulated runs, in which all is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from pdflab.analysis.metrics import Percentiles
from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.experiments.comparison import Comparison
from pdflab.experiments.coordinated_omission import Omission, describe_omission, save_omission
from pdflab.experiments.report import save_comparison
from pdflab.experiments.runner import Capacity
from pdflab.jobs import Endpoint
from pdflab.load.plan import MOSTLY_INVOICES, burst
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.twin import queued_endpoint, simulate

CAPACITY = Capacity(per_s=20.0, lines=100, workers=2, documents=40)


def simulated(endpoint: Endpoint, *, seed: int = 0) -> Run:
    run = simulate(
        burst(40, seed=seed), queued_endpoint(2), ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.1, scv=0)
    )
    return replace(run, endpoint=endpoint, machine={"cores": 2})


@pytest.fixture
def comparison() -> Comparison:
    runs = {endpoint: simulated(endpoint) for endpoint in (Endpoint.QUEUED, Endpoint.SYNCHRONOUS)}
    return Comparison(CAPACITY, runs)


def test_both_endpoints_stand_side_by_side(comparison: Comparison) -> None:
    """A column for each, by the names of the field."""
    table = comparison.table
    rows = {name: cells for name, *cells in table.rows}

    assert table.columns == ("", "queued", "synchronous")
    assert rows["sent"] == ["40", "40"]
    assert rows["completion p99"][0].endswith(" s")
    assert rows["completion p99"][0] in comparison.conclusion


def test_what_was_accepted_needs_no_sentence(comparison: Comparison) -> None:
    """Only refusals, time-outs and failures are named."""
    assert list(comparison.not_accepted) == []


def test_figures_are_plain_data(comparison: Comparison) -> None:
    """By endpoint, and the capacity beside them."""
    figures = comparison.to_json()

    assert figures["queued"]["accepted"] == 40
    assert (figures["capacity_per_s"], figures["spike"]) == (20.0, 5.0)


def test_a_comparison_is_saved_whole(comparison: Comparison, tmp_path: Path) -> None:
    """The report holds its pictures, and loads nothing from elsewhere."""
    files = save_comparison(comparison, tmp_path)

    assert files.keys() == {"chart", "report", "queued run", "synchronous run"}
    report = Path(files["report"]).read_text()
    assert report.count('src="data:image/png;base64,') == 7
    assert "completion p99" in report
    assert len(Run.load(Path(files["queued run"])).sends) == 40


def test_a_freeze_is_counted_in_both_ways(tmp_path: Path) -> None:
    """From when a request was sent, and from when it was meant to go."""
    counted = Percentiles(0.25, 0.25, 0.25, 0.25, 0.25)
    omission = Omission(simulated(Endpoint.QUEUED), counted, replace(counted, p99=None), {"timeout": 3})
    files = save_omission(omission, tmp_path)

    assert omission.table.rows[1][1:] == ("0.250 s", "0.250 s", "–", "0.250 s")
    assert omission.to_json()["unanswered"] == {"timeout": 3}
    assert Path(files["chart"]).read_bytes().startswith(b"\x89PNG")


def test_a_freeze_needs_time_around_it() -> None:
    """Else its clients would be more than one in a hundred."""
    assert "5 clients for 6 s" in describe_omission(6.0)
    with pytest.raises(UsageError, match="between 6 and 600 for a freeze"):
        describe_omission(5.9)
