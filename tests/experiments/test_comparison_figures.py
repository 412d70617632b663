"""Both endpoints compared, on simulated runs, in which all is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from pdflab.analysis.run import Run, Send, Sends
from pdflab.experiments.comparison import CONCLUSION, Comparison, not_accepted
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


def test_only_what_was_not_accepted_is_named(comparison: Comparison) -> None:
    """Refusals, time-outs and failures, by endpoint."""
    late = Send(Endpoint.QUEUED, "custom", 1.0, 1.0, None, 0, None, "timeout")
    run = replace(comparison.runs[Endpoint.QUEUED], sends=Sends.of([late]))
    some = replace(comparison, runs={**comparison.runs, Endpoint.QUEUED: run})

    assert not_accepted(run) == {"timeout": 1}
    assert "queued: 1 timeout\n" in some.text
    assert comparison.text == f"{comparison.table}\n{CONCLUSION}"


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
