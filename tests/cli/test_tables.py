"""Kinds and operations come from their tables: one entry more, and each command that offers them has it."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from foreign import foreign_server

from pdflab.__main__ import main
from pdflab.cli import demo
from pdflab.documents.kinds import KINDS
from pdflab.experiments.runner import Capacity, scenario
from pdflab.load.plan import burst
from pdflab.load.scenarios import OPERATIONS, Operation


@pytest.fixture
def label(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seventh kind, drawn as the custom one is."""
    monkeypatch.setitem(KINDS, "shipping-label", replace(KINDS["custom"], name="shipping-label"))


@pytest.fixture
def payday(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seventh operation."""
    plan = partial(burst, 3, seconds=0.1)
    monkeypatch.setitem(OPERATIONS, "payday", Operation("payday", "Payday", "three", (), plan))


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return capsys.readouterr().out


@pytest.mark.usefixtures("label")
def test_a_new_kind_is_offered_and_rendered(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`sample` lists it, and makes its PDF."""
    pdf = tmp_path / "label.pdf"

    assert "shipping-label" in help_of("sample", capsys)
    assert main(["sample", "shipping-label", "--out", str(pdf)]) == 0
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("payday")
def test_a_new_operation_is_offered_and_sent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`load` lists it, and sends its three documents."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pdflab.cli.load.stop_event", lambda guarded: Event())  # the test's own Ctrl-C
    with foreign_server() as there:
        code = main(["load", "payday", "--url", there.url])

    assert (code, "3 accepted" in capsys.readouterr().out) == (0, True)
    assert "payday" in help_of("load", capsys)


@pytest.mark.usefixtures("payday")
def test_a_new_operation_can_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """`demo` lists it, and plans it with as many lines as the capacity was measured by."""
    plan = scenario("payday", Capacity(per_s=20.0, lines=100, workers=2, documents=40), seconds=22.0)

    assert "payday" in help_of("demo", capsys)
    assert demo.OPERATIONS is OPERATIONS
    assert (plan.count, plan.lines) == (3, 100)
