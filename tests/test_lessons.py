"""The rules for lessons: easy to read, spelt, without a number that nobody computed, each leads to the next.

They hold for notebooks that ask by widgets; each rule is broken once, in a lesson that is made up.
"""

import json
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Callable
from pathlib import Path
from statistics import median

import nbformat
import pytest
from lesson_text import NOTEBOOKS, cells, hands, is_new, misspelt, prose, sentences, unfounded
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pdflab.notebook.lessons.copies import student_copy

_LONGEST_MEDIAN = 15  # words in a sentence
_LESSONS = [path for path in NOTEBOOKS if is_new(path)]

lessons = pytest.mark.parametrize("path", _LESSONS, ids=lambda path: path.stem)


@lessons
def test_its_sentences_are_short(path: Path) -> None:
    """Half of all readers here have another first language."""
    assert median(len(words) for words in sentences(prose(path))) <= _LONGEST_MEDIAN


@lessons
def test_its_words_are_spelt(path: Path) -> None:
    """By a dictionary, and the field's own words in field_words.txt."""
    assert misspelt(prose(path)) == set()


@lessons
def test_its_numbers_come_from_the_cells_above(path: Path) -> None:
    """Code above has each of them, or puts it out the same at each run: else it is wrong some day."""
    assert unfounded(path) == []


@lessons
def test_it_leads_to_the_next_one(path: Path) -> None:
    """By a link in its last text; the last lesson ends the course."""
    following = sorted(path.parent.glob("[0-9]*.ipynb"))
    following = following[following.index(path) + 1 :]
    last = [source for kind, source, _ in cells(path) if kind == "markdown"][-1]

    assert not following or f"({following[0].name})" in last


@lessons
def test_its_solutions_can_be_taken_out(path: Path) -> None:
    """What is left has no mark of them, and is Python."""
    for cell in student_copy(json.loads(path.read_text(encoding="utf-8")))["cells"]:
        source = "".join(cell["source"])
        assert not re.search(r"(BEGIN|END) SOLUTION|</?details", source)
        if cell["cell_type"] == "code":
            compile(source, path.name, "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)


@lessons
def test_its_pictures_begin_with_its_number(path: Path) -> None:
    """By that the package takes them along."""
    shown = re.findall(r"pictures/([^)\"\s]+)", prose(path))

    assert [name for name in shown if not name.startswith(path.name[:2])] == []


@lessons
def test_a_cell_asks_for_all_its_predictions_at_once(path: Path) -> None:
    """By one call: the first of two would be held already when the second one is found missing."""
    code = [source for kind, source, _ in cells(path) if kind == "code"]

    assert [source for source in code if source.count('lesson.predicted("') > 1] == []


def made_up(folder: Path, text: str = "", *, code: str = "", output: str = "") -> Path:
    """A lesson that is as it should be, but for what is added: a text at its end, code, an output."""
    opening = "# How long?\n\n*15 minutes.*\n\nBurst of 10, lesson 03, answer 202, p95, 2004."
    said = [new_output("stream", text=f"it works: yes\n{output}\n")]
    written = [
        new_markdown_cell(opening),
        new_code_cell(f'lesson.predict("wait")\nload = 0.95  # of 1_200\n{code}', outputs=said),
        new_markdown_cell(f"At 95 % of 1,200 the jobs wait.\n\n{text}\n\nNext: [more](04_next.ipynb)."),
    ]
    path = folder / "03_made_up.ipynb"
    nbformat.write(new_notebook(cells=written), path)
    nbformat.write(new_notebook(), folder / "04_next.ipynb")
    return path


RULES = [
    test_its_sentences_are_short,
    test_its_words_are_spelt,
    test_its_numbers_come_from_the_cells_above,
    test_it_leads_to_the_next_one,
    test_its_solutions_can_be_taken_out,
    test_its_pictures_begin_with_its_number,
    test_a_cell_asks_for_all_its_predictions_at_once,
]
LONG = (
    "A sentence with so many words that nobody who reads it in a second language comes to its end at ease. "
)
DEFECTS = [  # a rule, and what breaks it
    (RULES[0], LONG * 5, "", ""),
    (RULES[1], "The qeue grows.", "", ""),
    (RULES[2], "It takes 17 seconds.", "", ""),
    (RULES[2], "It takes 1.2 seconds.", "", "measured: 1.2 s"),
    (RULES[2], "Of 500 jobs none is lost.", "", ""),
    (RULES[4], "", "### BEGIN SOLUTION\nx = 1", ""),
    (RULES[4], "", "def f():\n    pass\n  ### BEGIN SOLUTION\n    return 1\n  ### END SOLUTION", ""),
    (RULES[4], "</details>", "", ""),
    (RULES[6], "", 'lesson.predicted("wait"), lesson.predicted("more")', ""),
    (RULES[5], "![waiting](pictures/waiting.png)", "", ""),
]


@pytest.mark.parametrize("rule", RULES)
def test_a_good_lesson_passes_every_rule(rule: Callable[[Path], None], tmp_path: Path) -> None:
    """Allowed numbers, British and the field's words, a solution, a picture, a compared output."""
    text = "The utilisation is `0.731`.\n\n**1.** ![a](pictures/03_a.png)\n\n<details>12</details> Of 12 jobs"
    code = "def work():\n    ### BEGIN SOLUTION\n    return 12\n    ### END SOLUTION"

    rule(made_up(tmp_path, f"{text} 7 wait.", code=code, output="waiting 7"))


@pytest.mark.parametrize(("rule", "text", "code", "output"), DEFECTS)
def test_a_lesson_with_a_defect_is_refused(
    rule: Callable[[Path], None], text: str, code: str, output: str, tmp_path: Path
) -> None:
    """Each rule can fail."""
    with pytest.raises((AssertionError, SyntaxError)):
        rule(made_up(tmp_path, text, code=code, output=output))


def test_a_lesson_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    """Also one that leaves out the next."""
    path = made_up(tmp_path)
    nbformat.write(new_notebook(), tmp_path / "03_nearer.ipynb")

    with pytest.raises(AssertionError):
        test_it_leads_to_the_next_one(path)


def test_a_notebook_is_held_to_the_rules_when_it_asks_by_widgets(tmp_path: Path) -> None:
    """One that still has its prediction filled in is not yet."""
    new, old = made_up(tmp_path), tmp_path / "04_next.ipynb"
    write = new_notebook(cells=[new_code_cell('lesson.predict("left", 20)')])
    nbformat.write(write, old)

    assert [is_new(path) for path in (new, old)] == [True, False]
    assert [hands(path) for path in (new, old)] == [(1, 1), (1, 1)]
