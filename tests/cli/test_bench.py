"""`pdflab bench` and `pdflab soak` print what was measured; what that is, the benchmarks' own tests hold."""

import json
from dataclasses import replace

import pytest

from pdflab.__main__ import main
from pdflab.benchmarks import api, chart, soak

VALUES = {"per_s": 812.3, "bare_per_s": 1_400.0, "waitress_per_s": 1_200.0, "share": 0.58}
VALUES |= {"share_of_waitress": 0.68}
FIGURES = {
    f"{kind}_{name}": value for kind in ("custom", "invoice", "report") for name, value in VALUES.items()
}
QUIET = {"redis": "a Redis", "per_s": 40.0, "panel_cpu": 0.01, "throughput_loss": 0.0, "frames_per_s": 2.0}
FLAT = soak.Row(jobs=20, seconds=1.0, redis=None, worker=75.0, api=70.0, recorder=35.0, stats_ms=2.0)


def test_a_benchmark_prints_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ours beside theirs."""
    monkeypatch.setattr(api, "measure", lambda: FIGURES)

    assert main(["bench", "api"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "custom",
        "1,200",
        "1,400",
        "812",
        "68%",
        "58%",
    ]


def test_a_benchmark_prints_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each on a line of its own, however narrow the terminal."""
    monkeypatch.setattr(chart, "measure", lambda: QUIET | {"throughput_loss_range": [0.0, 0.01]})

    assert main(["bench", "chart"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_json_is_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object and nothing else."""
    monkeypatch.setattr(api, "measure", lambda: FIGURES)

    assert main(["bench", "api", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == FIGURES


@pytest.mark.parametrize(("growth", "code"), [(0.0, 0), (20.0, 1)])
def test_a_soak_ends_with_its_verdict(
    growth: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 when something has grown; a size that is unknown is a dash."""
    rows = [FLAT, FLAT, replace(FLAT, worker=75.0 + growth)]
    monkeypatch.setattr(soak, "soak", lambda jobs: (row for row in rows))

    assert main(["soak", "--jobs", "20"]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:4] == ["20", "1", "–", "75.0"]
    assert ("NOT FLAT" in lines[4]) is bool(code)


def test_a_soak_needs_a_job_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    """Fewer have no tenths."""
    assert main(["soak", "--jobs", "9"]) == 2
    assert "--jobs must be 10 or more" in capsys.readouterr().err
