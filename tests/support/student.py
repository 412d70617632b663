"""A student at a lesson, in a kernel: runs each cell, does what a stopped one asks, is wrong, then right.

    with at_desk(folder) as student:
        student.do(lesson, original, answers)

`answers` are those of rehearsals/NAME.toml. What the student does goes through the widgets' Python API, as in
`lesson.widget(name).give(value)`; a solution that the copy lacks is typed in from the original.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

_TIMEOUT = 180.0  # seconds for a cell
_MOST_STOPS = 6  # of one cell
_NO_ANSWER = "object()"
_WRONG = """
import json
question = lesson.question({name!r}).question
wrong = [option.text for option in question.options if not option.right] or [3 * question.answer + 1]
print(json.dumps([wrong, question.right, question.why]))
"""


class Stuck(AssertionError):
    """Raised when a lesson does not do what it has promised to a student."""


class Student:
    """Runs the cells of a lesson one by one; `done` lists what needed head or hands."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def do(self, copy: Mapping[str, Any], original: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        """Go through a student's copy. Raises Stuck where it fails, or can be clicked through."""
        self._answers = answers
        self._asked: list[str] = []  # predictions that were asked and not given
        self._gaps: list[str] = []  # cells with a gap, as they are when it is filled
        self.done: list[str] = []
        filled = {cell["id"]: "".join(cell["source"]) for cell in original["cells"]}
        for cell in copy["cells"]:
            if cell["cell_type"] == "code":
                self._do_cell("".join(cell["source"]), filled[cell["id"]])
        self._fill_gaps()

    def _do_cell(self, source: str, filled: str) -> None:
        if source != filled:
            self._gaps.append(filled)
        elif "lesson.gap(" not in source:
            self._fill_gaps()
        said = self._run_until_it_goes_on(source)
        self._asked += [name for names in _calls("predict", source) for name in re.findall(r'"(\w+)"', names)]
        if "lesson.gap(" in source:
            self._solve(source, said)
        for arguments in _calls("order", source):
            self._put_in_order(arguments)
        for name in _calls("check", source):
            self._check(json.loads(name))

    def _run_until_it_goes_on(self, source: str) -> str:
        """Run a cell again and again, and do what is missing; return what it says in the end."""
        for _ in range(_MOST_STOPS):
            said, error = self._execute(source)
            if error is None or (self._gaps and "NotYet" not in error):
                return said
            if "NotYet" not in error:
                raise Stuck(f"{source}\n{error}")
            self.done.append(error)
            self._do_what_is_missing(source, error)
        raise Stuck(f"stopped {_MOST_STOPS} times: {source}")

    def _do_what_is_missing(self, source: str, error: str) -> None:
        presses = re.findall(r'lesson\.run\((\w+), "([\w-]+)"', source)
        if not self._asked and not presses:
            raise Stuck(f"nothing above answers {error!r}: {source}")
        for name in self._asked:
            self._predict(name)
        if not self._asked:
            for room, button in presses:
                self._hand(f'{room}.buttons["{button}"].click(); {room}.wait()')
        self._asked.clear()

    def _predict(self, name: str) -> None:
        widget, value = f"lesson.widget({name!r})", self._answers["predict"][name]
        _, error = self._execute(f"{widget}.give({_NO_ANSWER})")
        if not (error and "UsageError" in error):
            raise Stuck(f"{name} takes what is no prediction: {error}")
        self._hand(f"{widget}.give({value!r})")

    def _check(self, name: str) -> None:
        """Give every wrong answer; no reply gives the right one away, or says that it is right."""
        wrong, right, why = json.loads(self._hand(_WRONG.format(name=name)))
        right = self._answers.get("check", {}).get(name, right)
        give = f"print(lesson.question({name!r}).give({{!r}}))"
        yes = self._hand(give.format(right)).strip()
        for answer in wrong:
            reply = self._hand(give.format(answer)).strip()
            if not reply or reply == yes or why in reply or reply.startswith("Yes"):
                raise Stuck(f"{name}: {answer!r} is answered {reply!r}")
        if self._hand(give.format(right)).strip() != yes or not yes.startswith("Yes"):
            raise Stuck(f"{name}: {right!r} is answered {yes!r}")
        self.done.append(f"check {name}")

    def _solve(self, source: str, said: str) -> None:
        """A gap that is still open does not pass; filled in, it does."""
        if self._gaps and _passes(said):
            raise Stuck(f"an open gap passes: {source}")
        here = [filled for filled in self._gaps if "lesson.gap(" in filled]
        self._fill_gaps()
        said, error = self._execute(here[-1] if here else source)
        if error or not _passes(said):
            raise Stuck(f"a filled gap does not pass: {error or said}")
        self.done.append("gap")

    def _fill_gaps(self) -> None:
        for filled in self._gaps:
            self._hand(filled)
        self._gaps.clear()

    def _put_in_order(self, arguments: str) -> None:
        name = json.loads(arguments.partition(",")[0])
        if _passes(self._hand(f"cards = lesson.order({arguments}); print(cards.grade())")):
            raise Stuck(f"the cards of {name} are in order from the start")
        self._hand(f"cards.arrange({self._answers['order'][name]!r})")
        if not _passes(said := self._hand("print(cards.grade())")):
            raise Stuck(f"{name} in order: {said}")
        self.done.append(f"order {name}")

    def _hand(self, code: str) -> str:
        """Do something beside the cells, which has to succeed; return what it prints."""
        said, error = self._execute(code)
        if error:
            raise Stuck(f"{code}: {error}")
        return said

    def _execute(self, code: str) -> tuple[str, str | None]:
        """Return what a cell says in words, and its error."""
        said: list[str] = []

        def hear(message: Mapping[str, Any]) -> None:
            content = message["content"]
            said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        reply = self._client.execute_interactive(code, output_hook=hear, timeout=_TIMEOUT)["content"]
        failed = reply["status"] == "error"
        return "".join(said), f"{reply['ename']}: {reply['evalue']}" if failed else None


@contextmanager
def at_desk(folder: Path, **variables: str) -> Iterator[Student]:
    """A student whose kernel runs in a folder; nobody has handed answers in."""
    unset = ("PDFLAB_REHEARSAL", "PYTEST_CURRENT_TEST")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    manager, client = start_new_kernel(
        env=env | {"PDFLAB_HEADLESS": "1"} | variables, cwd=str(folder), startup_timeout=60
    )
    try:
        yield Student(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def _calls(method: str, source: str) -> list[str]:
    """The arguments of each call of a lesson's method in a cell."""
    return re.findall(rf"\blesson\.{method}\(([^)]*)\)", source)


def _passes(said: str) -> bool:
    return bool(re.search(r"^yes\b", said, re.MULTILINE))
