"""A lesson asks before it runs, shows nothing that was not done, and keeps what was given."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_lab import FakeLab
from IPython.lib.pretty import pretty
from made_up import queued

from pdflab.errors import UsageError
from pdflab.notebook.lessons import lesson as module
from pdflab.notebook.lessons import recorded, texts
from pdflab.notebook.lessons.lesson import Lesson, NotYet
from pdflab.notebook.lessons.texts import Option, Prediction, Question, Texts
from pdflab.notebook.parts.runs import RunPart
from pdflab.notebook.plain_text import PlainText
from pdflab.notebook.room import Room

ASKED = Texts(
    predict={
        "makespan": Prediction("When is the last PDF there?", unit="s", high=20),
        "which": Prediction("Which?", "choice", options=("a", "b")),
        "curve": Prediction("How long?", "sketch", high=20, at=(0.1, 0.5, 0.9)),
        "range": Prediction("When, at the earliest and latest?", "interval", unit="s", high=20),
    },
    check={
        "q1": Question("Who waits?", "Jobs do.", options=(Option("a", reply="No."), Option("b", right=True)))
    },
)


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    """A lesson of a student, in a folder of its own."""
    monkeypatch.delenv("PDFLAB_REHEARSAL")
    monkeypatch.setattr(texts, "read", lambda name: ASKED)
    monkeypatch.chdir(tmp_path)
    return Lesson("00")


@pytest.fixture
def room(lesson: Lesson) -> Iterator[Room]:
    """A room with one run, which waits for a prediction."""
    runs = {"queued": ("Burst of 100", lambda lab: queued(7))}
    lab = FakeLab()
    room = lesson.room(lab, partial(RunPart, runs=runs), after=["makespan"])  # type: ignore[arg-type]
    yield room
    room.close()


def test_a_result_comes_after_its_prediction(lesson: Lesson) -> None:
    """The error says what to do, in one sentence."""
    with pytest.raises(NotYet, match="Predict first: When is the last PDF there"):
        lesson.score("makespan", 5.0)


def test_a_stop_is_shown_when_all_cells_of_run_all_are_here(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab sends them one by one: the kernel drops those that wait, and would run a later one."""
    rests: list[float] = []
    monkeypatch.setattr(module.time, "sleep", rests.append)

    assert NotYet("Press 'Burst'.")._render_traceback_() == ["pdflab: Press 'Burst'."]
    assert rests == [0.5]


def test_the_buttons_of_a_room_wake_with_the_prediction(lesson: Lesson, room: Room) -> None:
    """Until then they are off, and the room says why."""
    asleep, hint = room.buttons["queued"].disabled, room.hint.value
    with pytest.raises(NotYet, match="Predict first: the buttons above wake"):
        lesson.run(room, "queued")
    lesson.widget("makespan").give(3.0)

    assert asleep
    assert "Predict first" in hint
    assert not room.buttons["queued"].disabled


def test_a_teacher_shows_the_room_of_a_lesson_on_a_projector(lesson: Lesson, room: Room) -> None:
    """The same switch as in the control room; it waits for the prediction, as all else does."""
    lesson.widget("makespan").give(3.0)

    room.choices["projector"].value = True  # type: ignore[attr-defined]

    assert not room.choices["projector"].disabled  # type: ignore[attr-defined]
    assert "pdflab-large" in room.box._dom_classes


def test_a_run_is_what_the_student_has_pressed(lesson: Lesson, room: Room) -> None:
    """The cell below says which button, until it was pressed."""
    lesson.widget("makespan").give(3.0)
    with pytest.raises(NotYet, match="Press 'Burst of 100', above"):
        lesson.run(room, "queued")

    room.buttons["queued"].click()
    room.wait()

    assert len(lesson.run(room, "queued").sends) == 7


def test_a_room_that_needs_nothing_is_awake(lesson: Lesson) -> None:
    """As is one whose predictions were given yesterday."""
    lesson.widget("makespan").give(3.0)
    lab = FakeLab()
    room = lesson.room(lab, partial(RunPart, runs={}), after=["makespan"])  # type: ignore[arg-type]
    room.close()

    assert not room.locked


def test_a_score_compares_and_ends_the_prediction(lesson: Lesson) -> None:
    """Both numbers, and how far apart they are; from now on it cannot be changed."""
    lesson.widget("makespan").give(2.5)

    said = lesson.score("makespan", 5.0)

    assert said == "predicted 2.5 s, 2.0 times too low: measured 5 s"
    assert lesson.widget("makespan")._field.disabled  # type: ignore[attr-defined]


def test_a_scored_prediction_stays_when_the_notebook_is_opened_again(lesson: Lesson) -> None:
    """Else the result is typed in as a prediction, and the class's answers are worth nothing."""
    lesson.widget("makespan").give(2.5)
    lesson.score("makespan", 5.0)

    again = Lesson("00").widget("makespan")
    again._field.value = "5"  # type: ignore[attr-defined]

    assert again._field.disabled  # type: ignore[attr-defined]
    assert again.button.disabled
    assert again.value == 2.5


def test_what_is_not_scored_yet_may_be_changed_in_a_new_kernel(lesson: Lesson) -> None:
    """Its result is not known."""
    lesson.widget("makespan").give(2.5)

    assert not Lesson("00").widget("makespan")._field.disabled  # type: ignore[attr-defined]


def test_what_was_shown_stays_in_a_new_kernel(lesson: Lesson, room: Room) -> None:
    """By a run or in a picture, though nothing was scored: the result was seen."""
    lesson.widget("makespan").give(3.0)
    lesson.widget("range").give([2, 6])
    room.buttons["queued"].click()
    room.wait()
    lesson.predicted("range")

    again = Lesson("00")

    assert again.widget("makespan")._field.disabled  # type: ignore[attr-defined]
    assert again.widget("range")._slider.disabled  # type: ignore[attr-defined]
    assert again.predicted("makespan", "range") == (3.0, [2, 6])


def test_of_two_predictions_none_ends_while_one_is_missing(lesson: Lesson) -> None:
    """The cell stops before it shows anything: the first may still be changed."""
    lesson.widget("makespan").give(3.0)

    with pytest.raises(NotYet, match="Predict first: Which"):
        lesson.predicted("makespan", "which")

    assert not lesson.widget("makespan")._field.disabled  # type: ignore[attr-defined]


def test_a_prediction_ends_when_its_result_begins_to_show(lesson: Lesson, room: Room) -> None:
    """With the press of a run that moves the picture, or when a cell draws it: not only at the score."""
    for name, given in (("makespan", 3.0), ("range", [2, 6])):
        lesson.widget(name).give(given)
    before = [lesson.widget(name).button.disabled for name in ("makespan", "range")]
    lesson.widget("makespan")._field.value = "4"  # type: ignore[attr-defined]
    awake = not lesson.widget("makespan").button.disabled

    room.buttons["queued"].click()
    room.wait()
    lesson.predicted("range")

    assert awake
    assert before == [True, True]
    assert lesson.widget("makespan")._field.disabled  # type: ignore[attr-defined]
    assert lesson.widget("range")._slider.disabled  # type: ignore[attr-defined]


def test_a_prediction_of_an_older_course_is_asked_once_more(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of answers is older than the question: it must not stop the lesson."""
    lesson.widget("which").give("a")
    anew = Texts({"which": Prediction("Which?", "choice", options=("b", "c"))}, {})
    monkeypatch.setattr(texts, "read", lambda name: anew)

    ask = Lesson("00").widget("which")

    assert ask.value is None
    assert "predict once more" in ask.note.value


def test_where_no_file_can_be_written_results_are_shown_all_the_same(
    tmp_path: Path, lesson: Lesson, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk costs what would be kept, and not the lesson."""
    (tmp_path / "answers").write_text("a file")
    lesson.widget("makespan").give(2.5)

    said = lesson.score("makespan", 5.0)
    found = lesson.gap("waited", area_of)

    assert "measured 5 s" in said
    assert found.passes
    assert capsys.readouterr().out.count("takes no file") == 2


def area_of(at: list[float], depth: list[int]) -> float:
    return sum(depth[i] * (at[i + 1] - at[i]) for i in range(len(at) - 1))


def test_predictions_and_answers_are_there_when_the_notebook_is_opened_again(lesson: Lesson) -> None:
    """In a new kernel: the same file, a new lesson."""
    lesson.predict("makespan")
    lesson.widget("makespan").give(3.0)
    lesson.check("q1")
    lesson.question("q1").give("a")
    lesson.question("q1").give("b")

    again = Lesson("00")

    assert again.predicted("makespan") == 3.0
    assert again.question("q1").solved


def test_what_is_not_asked_here_is_named(lesson: Lesson) -> None:
    """A typing mistake is answered with the names that there are."""
    with pytest.raises(UsageError, match="no prediction 'makspan' in this lesson: take makespan, which"):
        lesson.predict("makspan")
    with pytest.raises(UsageError, match="no question 'q3' in this lesson: take q1"):
        lesson.check("q3")


def test_as_text_a_lesson_shows_questions_and_no_answers(lesson: Lesson) -> None:
    """So reads the committed notebook, on a code host."""
    assert (
        "Predict: When is the last PDF there?" in lesson.predict("makespan")._repr_mimebundle_()["text/plain"]
    )
    assert lesson.check("q1")._repr_mimebundle_()["text/plain"] == "Check: Who waits?\n  o a\n  o b"


def test_a_busy_machine_shows_the_recorded_run_and_says_so(
    lesson: Lesson, room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own figures would be those of its generator."""
    instead = SimpleNamespace(name="recorded")
    monkeypatch.setattr(recorded, "invalid_reason", lambda run: "It was late.")
    monkeypatch.setattr(recorded, "load", lambda lesson, name: instead)
    lesson.widget("makespan").give(3.0)
    room.buttons["queued"].click()
    room.wait()

    shown = lesson.run(room, "queued")

    assert shown is instead
    assert "This machine was too busy. It was late. Shown instead" in capsys.readouterr().out


def test_a_busy_machine_is_named_where_no_run_came_with_the_course(
    lesson: Lesson, room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a student explains by queues what the generator has done."""
    monkeypatch.setattr(recorded, "invalid_reason", lambda run: "It was late.")
    lesson.widget("makespan").give(3.0)
    room.buttons["queued"].click()
    room.wait()

    shown = lesson.run(room, "queued")

    assert len(shown.sends) == 7
    said = capsys.readouterr().out
    assert "This machine was too busy. It was late." in said
    assert "press the button again" in said
    assert "instead" not in said


def test_a_rehearsal_presses_the_buttons_itself(
    tmp_path: Path, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a notebook runs from top to bottom without a student."""
    (tmp_path / "00.toml").write_text("[predict]\nmakespan = 3.0\n")
    monkeypatch.setenv("PDFLAB_REHEARSAL", str(tmp_path))
    rehearsed = Lesson("00")
    runs = {"queued": ("Burst of 100", lambda lab: queued(7))}
    lab = FakeLab()
    room = rehearsed.room(lab, partial(RunPart, runs=runs), after=["makespan"])  # type: ignore[arg-type]

    monkeypatch.setattr(recorded, "invalid_reason", lambda run: "It was late.")
    monkeypatch.setattr(recorded, "load", lambda lesson, name: SimpleNamespace(sends=()))
    run = rehearsed.run(room, "queued")
    room.close()

    assert len(run.sends) == 7  # its own, also on a busy machine: else what is shown differs from run to run


def test_a_text_shows_without_quotation_marks() -> None:
    """A cell ends with a sentence, not with a value."""
    assert pretty(PlainText("measured 5 s")) == "measured 5 s"
