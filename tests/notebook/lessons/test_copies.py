"""The copies of the course: no answer is left in the student's, and no student's work is written over."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pdflab.notebook.lessons import copies
from pdflab.notebook.lessons.copies import instructor_files, renew, student_copy, student_files

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
GAP = """def work(queue):
    job = queue.pop()
    ### BEGIN SOLUTION
    if job:
        render(job)
    ### END SOLUTION
    return job"""
TEXTS = """
[predict.wait_95]
ask = "How long does a job wait?"
kind = "interval"
unit = "s"
[check.q1]
ask = "Who waits?"
why = "The jobs do, in the queue."
options = [{text = "nobody", reply = "What is the area below the curve?"}, {text = "the jobs", right = true}]
[check.q2]
ask = "How many?"
answer = 4.5
unit = "s"
replies = {"9" = "Does one worker take them all?"}
"""


def copied(*cells: Any) -> list[str]:
    """The sources of the student's copy of some cells."""
    found = student_copy(new_notebook(cells=list(cells)))["cells"]
    return ["".join(cell["source"]) for cell in found]


def write(folder: Path, name: str, *cells: Any) -> None:
    folder.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), folder / name)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Two lessons; the first one shows a picture and leads to the second."""
    folder = tmp_path / "source"
    text = "See ![the queue](pictures/00_queue.png) and [the next](01_next.ipynb)."
    output = new_output("stream", text="4\n")
    cells = (new_markdown_cell(text), new_code_cell("2 + 2", outputs=[output], execution_count=1))
    write(folder, "00_first.ipynb", *cells)
    write(folder, "01_next.ipynb", new_markdown_cell('<img src="pictures/01_clock.png">'))
    (folder / "pictures").mkdir()
    for name in ("00_queue.png", "01_clock.png", "unused.png"):
        (folder / "pictures" / name).write_bytes(name.encode())
    return folder


def test_a_solution_in_code_becomes_three_dots() -> None:
    """At the place and the depth where the student writes."""
    gap, two = copied(new_code_cell(GAP), new_code_cell(f"{GAP}\n\n{GAP.replace('work', 'rest')}"))

    assert gap == "def work(queue):\n    job = queue.pop()\n    ...\n    return job"
    assert two == f"{gap}\n\n{gap.replace('work', 'rest')}"
    compile(two, "a cell", "exec")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Why?\n\n<details><summary>Solution</summary>\n\nSo.\n\n</details>\n\nGo on.", "Why?\n\nGo on."),
        ("Why? Compare it\nwith ours:\n\n<details>\nSo.\n</details>\n\nGo on.", "Why?\n\nGo on."),
        ("Why?\n\nHere is ours, in 3.5 lines:\n\n<details>So.</details>", "Why?"),
        (
            "**1.** Why?\n<details>a: b</details>\n**2.** How?\n\n<details>c</details>",
            "**1.** Why?\n**2.** How?",
        ),
        ("Two things:\n\n* one\n* two", "Two things:\n\n* one\n* two"),
    ],
)
def test_a_solution_in_prose_goes_with_what_announces_it(text: str, left: str) -> None:
    """The question stays, and so does the text after it."""
    assert copied(new_markdown_cell(text)) == [left]


def test_a_cell_that_is_only_a_solution_is_left_out() -> None:
    """An empty cell is the student's to fill in, and stays."""
    assert copied(new_markdown_cell("<details>So.</details>"), new_code_cell("")) == [""]


def test_the_students_copy_has_no_outputs_and_the_same_cells(course: Path) -> None:
    """Cells keep their ids, so that a newer copy can be compared with an older one."""
    source = json.loads((course / "00_first.ipynb").read_text())

    found = json.loads(student_files(course)["00_first.ipynb"])

    nbformat.validate(nbformat.from_dict(found))
    assert [cell["id"] for cell in found["cells"]] == [cell["id"] for cell in source["cells"]]
    assert [(c["outputs"], c["execution_count"]) for c in found["cells"] if "outputs" in c] == [([], None)]


def test_pictures_come_along_and_links_work(course: Path) -> None:
    """Whatever a copy refers to is beside it; a picture that no lesson shows is not."""
    student = student_files(course)

    assert student.keys() == {
        "00_first.ipynb",
        "01_next.ipynb",
        "pictures/00_queue.png",
        "pictures/01_clock.png",
    }
    assert student["pictures/00_queue.png"] == b"00_queue.png"


def test_the_instructors_copy_has_outputs_and_a_page_of_answers(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wrong answer stands with its reply, and the right one is marked; no texts, no page."""
    (tmp_path / "00_first.toml").write_text(TEXTS)
    monkeypatch.setattr(copies, "_TEXTS", tmp_path)

    files = instructor_files(course)

    page = files["00_first.md"].decode()
    assert files["00_first.ipynb"] == (course / "00_first.ipynb").read_bytes()
    assert "01_next.md" not in files
    assert "**Predict `wait_95`** (interval, in s): How long does a job wait?" in page
    assert "* nobody: What is the area below the curve?\n* the jobs: **right**" in page
    assert "* 4.5 s: **right**\n* 9 s: Does one worker take them all?" in page


def test_a_changed_copy_is_kept_and_the_others_are_renewed(tmp_path: Path) -> None:
    """Also when the course has changed in between, twice, and the copy is two versions old."""
    names = ("a", "b", "c")
    assert renew(tmp_path, dict.fromkeys(names, b"first")) == []
    (tmp_path / "a").write_bytes(b"mine")
    (tmp_path / "b").unlink()

    assert renew(tmp_path, dict.fromkeys(names, b"second")) == ["a"]
    assert [(tmp_path / name).read_bytes() for name in names] == [b"mine", b"second", b"second"]
    (tmp_path / "c").write_bytes(b"first")

    assert renew(tmp_path, dict.fromkeys(names, b"third")) == ["a"]
    assert [(tmp_path / name).read_bytes() for name in names] == [b"mine", b"third", b"third"]


def test_what_pdflab_did_not_make_is_kept(tmp_path: Path) -> None:
    """A file of the same name, with or without a list of what was made, even a damaged one."""
    (tmp_path / "a").write_bytes(b"of somebody")
    assert renew(tmp_path, {"a": b"ours", "b": b""}) == ["a"]
    (tmp_path / "b").write_bytes(b"filled in")
    (tmp_path / ".pdflab-copies").write_bytes(b"\xff\x00 no hashes")

    assert renew(tmp_path, {"a": b"of somebody", "b": b"newer"}) == ["b"]


def test_a_copy_that_is_up_to_date_is_not_written_again(tmp_path: Path) -> None:
    """Else an open JupyterLab would ask which version is meant."""
    renew(tmp_path, {"a": b"same"})
    before = (tmp_path / "a").stat()

    renew(tmp_path, {"a": b"same"})

    assert (tmp_path / "a").stat().st_ino == before.st_ino


def test_no_solution_of_the_real_course_is_left_in_a_students_copy() -> None:
    """Every notebook, and every link and picture in it."""
    files = student_files(NOTEBOOKS)
    text = b"\n".join(files.values()).decode(errors="ignore")

    assert not re.search(r"<details|(BEGIN|END) SOLUTION|\"output_type\"", text)
    links = re.findall(r"\]\((?!https?:|attachment:|#)([^)\s#]+)", text)
    assert links
    assert set(links) <= files.keys()
