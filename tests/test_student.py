"""Every lesson as a student does it: cell by cell in a kernel, with the copy that `pdflab` opens.

Then the student of these tests: it sees what a lesson does wrong, in lessons that are made up.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from lesson_text import NOTEBOOKS, ROOT, is_new
from nbformat.v4 import new_code_cell, new_notebook
from student import Stuck, Student, at_desk

from pdflab.notebook.lessons.copies import renew, student_copy, student_files

GOOD = [
    "from made_up_lesson import Lesson, Room\nlesson, room = Lesson(), Room()",
    'lesson.predict("wait")',
    "half = lesson.predicted('wait') / 2",
    'run = lesson.run(room, "burst"), half',
    "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
    'lesson.gap("double", double)',
    "### BEGIN SOLUTION\nfour = double(2)\n### END SOLUTION",
    "four + 1",
    'lesson.order("work")',
    'lesson.check("q1")',
]
ANSWERS = {"predict": {"wait": 8}, "check": {"q1": "jobs"}, "order": {"work": ["claim", "store"]}}
DEFECTS = {  # what a lesson does wrong: a line of it, what stands there instead, and what the student says
    "a cell fails": (7, "four + None", "TypeError"),
    "a wrong answer is right": (0, "Lesson(reply='Yes.')", "'nobody' is answered 'Yes.'"),
    "a wrong answer gets the reason": (0, "Lesson(reply='They are in the queue.')", "is answered"),
    "nothing is said": (0, "Lesson(reply=' ')", "is answered ''"),
    "an open gap passes": (0, "Lesson(lenient=True)", "an open gap passes"),
    "a solution is wrong": (4, GOOD[4].replace("2 * x", "3 * x"), "a filled gap does not pass"),
    "cards are in order": (0, "Lesson(in_order=True)", "in order from the start"),
    "a stop without a way on": (1, "lesson", "nothing above answers 'NotYet: Predict first.'"),
    "a button without effect": (3, "room.wait = room.runs.clear\n" + GOOD[3], "stopped 6 times"),
    "a prediction that takes anything": (
        1,
        'lesson.widget("wait").give = print\n' + GOOD[1],
        "no prediction",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if is_new(path)], ids=lambda path: path.stem)
def test_a_student_gets_through_the_lesson(path: Path, tmp_path: Path) -> None:
    """Not by Shift-Enter: it stops until a prediction is given, and answers every wrong answer."""
    renew(tmp_path, student_files(path.parent))
    copy, original = (json.loads(file.read_text()) for file in (tmp_path / path.name, path))
    answers = tomllib.loads((ROOT / "tests" / "rehearsals" / f"{path.stem}.toml").read_text())

    with at_desk(tmp_path) as student:
        student.do(copy, original, answers)

    kept = json.loads((tmp_path / "answers" / f"{path.stem}.json").read_text())
    assert {name: kept["predict"][name]["value"] for name in answers["predict"]} == answers["predict"]
    assert any("NotYet" in done for done in student.done)
    assert any("check" in done for done in student.done)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Student]:
    """One for all made-up lessons: they share nothing."""
    with at_desk(tmp_path_factory.mktemp("desk"), PYTHONPATH=str(ROOT / "tests" / "support")) as student:
        yield student


def go_through(student: Student, *sources: str) -> None:
    """Let a student do a made-up lesson whose cells have these sources."""
    original = new_notebook(cells=[new_code_cell(source) for source in sources])
    student.do(student_copy(original), original, ANSWERS)


def test_the_student_does_all_that_a_lesson_asks(student: Student) -> None:
    """In the order of the lesson, each once."""
    go_through(student, *GOOD)

    stops = ["NotYet: Predict first.", "NotYet: Press 'burst', above."]
    assert student.done == [*stops, "gap", "order work", "check q1"]


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_student_sees_what_is_wrong(defect: str, student: Student) -> None:
    """Each promise of a lesson is broken once."""
    place, instead, said = DEFECTS[defect]
    line = GOOD[0].replace("Lesson()", instead) if place == 0 else instead

    with pytest.raises(Stuck, match=said):
        go_through(student, *GOOD[:place], line, *GOOD[place + 1 :])
