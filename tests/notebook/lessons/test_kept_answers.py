"""What a student gave is there again tomorrow; a rehearsal keeps nothing."""

from pathlib import Path

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.lessons.answers import Answers, answers_of


def test_answers_are_there_again_after_a_restart(tmp_path: Path) -> None:
    """A kernel ends with the lesson's hour."""
    Answers("00", folder=tmp_path).put("predict", "makespan", value=3.0)
    Answers("00", folder=tmp_path).put("predict", "makespan", measured=5.0)

    assert Answers("00", folder=tmp_path).get("predict", "makespan") == {"value": 3.0, "measured": 5.0}


@pytest.mark.parametrize("damaged", ["{", "[]", "null"])
def test_a_damaged_file_is_put_aside_and_the_lesson_goes_on(tmp_path: Path, damaged: str) -> None:
    """It may have been edited; it is not deleted."""
    (tmp_path / "00.json").write_text(damaged)

    kept = Answers("00", folder=tmp_path).get("predict", "makespan")

    assert kept == {}
    assert (tmp_path / "00.damaged").exists()


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    """The answer counts all the same."""
    (tmp_path / "answers").write_text("a file")
    answers = Answers("00", folder=tmp_path / "answers")

    with pytest.raises(UsageError, match=r"Your answer counts, but .*answers takes no file"):
        answers.put("predict", "makespan", value=3.0)

    assert answers.get("predict", "makespan") == {"value": 3.0}


def test_a_rehearsal_hands_predictions_in_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests and the committed notebooks run unattended."""
    (tmp_path / "00.toml").write_text("[predict]\nmakespan = 3.0\n")
    monkeypatch.setenv("PDFLAB_REHEARSAL", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    answers = answers_of("00")
    answers.put("predict", "makespan", measured=5.0)

    assert answers.get("predict", "makespan") == {"value": 3.0, "measured": 5.0}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00.toml"]


def test_a_rehearsal_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test would otherwise wait for a student."""
    monkeypatch.setenv("PDFLAB_REHEARSAL", str(tmp_path / "none.toml"))

    with pytest.raises(UsageError, match=r"PDFLAB_REHEARSAL names .*none\.toml"):
        answers_of("00")
