"""A valid run can be kept for a class whose machine is too busy."""

from pathlib import Path

import pytest
from made_up import queued

from pdflab.notebook.lessons import recorded


def test_a_valid_run_is_kept_where_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its rows, so that every chart can be drawn of it."""
    monkeypatch.setenv("PDFLAB_RECORD", str(tmp_path))
    monkeypatch.setattr(recorded, "files", lambda package: tmp_path.parent)
    tmp_path = tmp_path.rename(tmp_path.parent / "recorded")
    monkeypatch.setenv("PDFLAB_RECORD", str(tmp_path))

    recorded.keep("00", "queued", queued(7))
    run = recorded.load("00", "queued")

    assert run is not None
    assert len(run.sends) == 7


def test_without_a_recorded_run_there_is_none() -> None:
    """The lesson then shows the one of this machine."""
    assert recorded.load("00", "never") is None
