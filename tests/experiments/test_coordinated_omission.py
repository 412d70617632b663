"""One run, its latency counted in both ways."""

from dataclasses import replace
from pathlib import Path

import pytest

from pdflab.analysis.run import Run, Send, Sends
from pdflab.errors import UsageError
from pdflab.experiments.coordinated_omission import describe_omission, omission_figures, omission_text
from pdflab.experiments.report import save_omission
from pdflab.jobs import Endpoint

EXAMPLE = Path(__file__).parents[1] / "contracts" / "example.run.json"


@pytest.fixture
def run() -> Run:
    return Run.load(EXAMPLE)


@pytest.mark.parametrize("seconds", [5.9, 600.1, float("nan")])
def test_a_load_too_short_or_too_long_is_refused(seconds: float) -> None:
    """The sentence names both ends."""
    assert "5 clients for 6 s" in describe_omission(6.0)
    with pytest.raises(UsageError, match="between 6 and 600 for a freeze"):
        describe_omission(seconds)


def test_both_ways_to_count_stand_one_below_the_other(run: Run) -> None:
    """Since a request left, as most tools count, and since it was meant to leave."""
    _, sent, intended, *_ = omission_text(run).splitlines()

    assert (sent[:17], intended[:24]) == ("since it was sent", "since it was meant to go")
    assert float(sent.split()[-2]) < float(intended.split()[-2])


def test_what_is_in_neither_row_is_named(run: Run) -> None:
    """Clients that left have no acknowledgement latency; without any, a percentile is a dash."""
    late = Send(Endpoint.QUEUED, "custom", 1.0, 1.0, None, 0, None, "timeout")
    nobody = replace(run, sends=Sends.of([late] * 3))

    assert omission_figures(nobody)["unanswered"] == {"timeout": 3}
    assert "3 timeout: in neither row" in omission_text(nobody)
    assert omission_text(nobody).splitlines()[1].split()[-1] == "–"


def test_it_is_saved_as_a_chart_and_a_run(run: Run, tmp_path: Path) -> None:
    """The run can be read again."""
    files = save_omission(run, tmp_path)

    assert Path(files["chart"]).read_bytes().startswith(b"\x89PNG")
    assert len(Run.load(Path(files["run"])).sends) == 12
