"""What a comparison makes of two runs: a table, sentences, and files."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pdflab.analysis.run import Run
from pdflab.experiments.comparison import Comparison
from pdflab.experiments.report import save_comparison
from pdflab.experiments.runner import Capacity
from pdflab.jobs import Endpoint

EXAMPLE = Path(__file__).parents[1] / "contracts" / "example.run.json"


@pytest.fixture
def comparison() -> Comparison:
    """Twelve documents, of which one was not answered in time, as if both endpoints had done the same."""
    queued = Run.load(EXAMPLE)
    runs = {Endpoint.QUEUED: queued, Endpoint.SYNCHRONOUS: replace(queued, endpoint=Endpoint.SYNCHRONOUS)}
    return Comparison(Capacity(per_s=20.0, lines=100, workers=2, documents=40), runs)


def test_the_table_has_both_endpoints_side_by_side(comparison: Comparison) -> None:
    """Its figures are those of `--json`, rounded for people."""
    rows = {name.strip(): values for name, *values in comparison.table.rows}

    assert [*comparison.table.columns] == ["", "queued", "synchronous"]
    assert rows["sent"] == ["12", "12"]
    assert rows["accepted"] == ["11", "11"]
    seconds = comparison.to_json()["queued"]["complete_p99_s"]
    assert rows["completion p99"] == [f"{seconds:.3f} s"] * 2


def test_what_was_not_accepted_is_named(comparison: Comparison) -> None:
    """How many, and why; a run with no such document needs no sentence."""
    assert list(comparison.not_accepted) == ["queued: 1 timeout", "synchronous: 1 timeout"]


def test_a_comparison_is_saved_as_files_that_need_nothing_else(
    comparison: Comparison, tmp_path: Path
) -> None:
    """A chart, both runs, and a page with its pictures inside."""
    files = save_comparison(comparison, tmp_path)

    page = Path(files["report"]).read_text(encoding="utf-8")
    assert set(re.findall(r'src="([^,"]*)', page)) == {"data:image/png;base64"}
    assert Path(files["chart"]).read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path(files["queued run"]).read_text()) == json.loads(EXAMPLE.read_text())
