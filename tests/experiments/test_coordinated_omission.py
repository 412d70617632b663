"""One run, its latency counted in both ways."""

from pathlib import Path

import pytest

from pdflab.analysis.metrics import latencies
from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.experiments.coordinated_omission import Omission, describe_omission, save_omission

EXAMPLE = Path(__file__).parents[1] / "contracts" / "example.run.json"


@pytest.fixture
def omission() -> Omission:
    run = Run.load(EXAMPLE)
    counted = latencies(run)
    return Omission(run, counted["accept, naive"], counted["accept"], {"timeout": 1})


@pytest.mark.parametrize("seconds", [5.9, 600.1, float("nan")])
def test_a_load_too_short_or_too_long_is_refused(seconds: float) -> None:
    """The sentence names both ends."""
    with pytest.raises(UsageError, match="between 6 and 600"):
        describe_omission(seconds)


def test_both_ways_to_count_stand_one_below_the_other(omission: Omission) -> None:
    """Since a request left, as most tools count, and since it was meant to leave."""
    sent, intended = omission.table.rows

    assert (sent[0], intended[0]) == ("since it was sent", "since it was meant to go")
    assert float(sent[-1].removesuffix(" s")) < float(intended[-1].removesuffix(" s"))


def test_it_is_saved_as_a_chart_and_a_run(omission: Omission, tmp_path: Path) -> None:
    """The run can be read again."""
    files = save_omission(omission, tmp_path)

    assert Path(files["chart"]).read_bytes().startswith(b"\x89PNG")
    assert len(Run.load(Path(files["run"])).sends) == 12
