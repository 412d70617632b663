"""Cards to put in order: lines of a program, moved by buttons and graded by running them.

    Order(["job = …", "store(…)"], frame="def work(…):\\n    {cards}", redis=lab.broker.url)

Such puzzles teach the order of steps without the effort of syntax (Parsons and Haden, Parson's programming
puzzles, ACE 2006).

Read next: pdflab/notebook/lessons/gap.py.
"""

import html
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from threading import Thread
from typing import Any

from ipywidgets import HTML

from pdflab.errors import UsageError, require
from pdflab.notebook import controls
from pdflab.notebook.lessons.gap import Grade, grade
from pdflab.notebook.lessons.graders.student_code import pack_source

_PLACE = "{cards}"  # in the frame, at the indentation of the cards
_WAYS = {-1: "up", 1: "down"}


class Order:
    """A widget with cards in a mixed order; `cards` are in a right one, which it never shows first.

    `frame` is the program around them, of the function `name` that is graded. Distractors have to be moved to
    the end, below "Not used". `on_grade` receives each grade.
    """

    def __init__(
        self,
        cards: Sequence[str],
        *,
        frame: str,
        name: str = "work",
        distractors: Sequence[str] = (),
        redis: str | None = None,
        on_grade: Callable[[Grade], object] = lambda _: None,
    ) -> None:
        require(_PLACE in frame, f"The frame of these cards has no line {_PLACE}.")
        self._frame, self._name, self._redis, self._on_grade = frame.strip("\n"), name, redis, on_grade
        self._order: list[str | None] = [*_mix(cards, distractors), *([None] if distractors else [])]
        self._rows = [_Row(self._move, place) for place in range(len(self._order))]
        self._message = controls.make_text("card-message")
        self._run = controls.make_button("Run it", "Run these lines, and kill them in between", self._start)
        self.box = self._arrange_box()
        self._show()

    @property
    def order(self) -> list[str]:
        """The cards that are used, from the top."""
        return [card for card in self._order[: self._border] if card is not None]

    @property
    def _border(self) -> int:
        return self._order.index(None) if None in self._order else len(self._order)

    def arrange(self, cards: Sequence[str]) -> None:
        """Put these cards in this order, and all others below "Not used"."""
        known = [card for card in self._order if card is not None]
        left = [card for card in known if card not in cards]
        is_possible = sorted([*cards, *left]) == sorted(known) and (None in self._order or not left)
        require(is_possible, f"These are not the cards; use {', '.join(map(repr, known))}.")
        self._order = [*cards, *([None] if None in self._order else []), *left]
        self._show()

    def grade(self) -> Grade:
        """Run the cards in their present order, and show what was found."""
        line = next(line for line in self._frame.splitlines(keepends=True) if _PLACE in line)
        lines = textwrap.indent("\n".join(self.order), line.partition(_PLACE)[0])
        source = self._frame.replace(line, f"{lines}\n")
        result = grade(self._name, pack_source(self._name, source), redis=self._redis)
        self._say(str(result), good=result.passes)
        self._on_grade(result)
        return result

    def _start(self) -> None:
        """Grade on a thread of its own: the one of a click must not wait."""
        self._run.disabled = True
        self._say("It runs, and is killed after each line …")
        Thread(target=self._finish, daemon=True).start()

    def _finish(self) -> None:
        try:
            self.grade()
        except UsageError as error:
            self._say(str(error))
        finally:
            self._run.disabled = False

    def _move(self, place: int, step: int) -> None:
        """Exchange a card with its neighbour; the focus goes with it."""
        to = place + step
        if 0 <= to < len(self._order) and self._order[place] is not None:
            self._order[place], self._order[to] = self._order[to], self._order[place]
            self._show()
            self._rows[to].focus(step)
            where = f"line {to + 1} of {self._border}" if to < self._border else "not used"
            self._say(f"`{self._order[to]}` is {where}.")

    def _show(self) -> None:
        for row, card in zip(self._rows, self._order, strict=True):
            row.show(card, is_used=row.place < self._border, is_last=row.place == len(self._order) - 1)

    def _say(self, text: str, *, good: bool = False) -> None:
        look = "pdflab-right" if good else ""
        self._message.value = f'<div role="status" class="{look}">{_code(text)}</div>'

    def _arrange_box(self) -> Any:
        before, _, after = self._frame.partition(_PLACE)
        frame = [HTML(f"<pre>{html.escape(part.rstrip())}</pre>") for part in (before, after)]
        rows = [row.box for row in self._rows]
        parts = [frame[0], *rows, *(frame[1:] if after.strip() else []), self._run, self._message]
        return controls.with_class(controls.make_panel(*parts), "pdflab-cards")

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        text = "Cards to put in order: run the notebook to move them."
        return {**self.box._repr_mimebundle_(**options), "text/plain": text}


class _Row:
    """A place in the list: two buttons, which keep the focus, and the card that is there at present."""

    def __init__(self, move: Callable[[int, int], None], place: int) -> None:
        self.place = place
        self._buttons = {
            step: controls.make_button("", "", partial(move, place, step), style=f"card-{way}")
            for step, way in _WAYS.items()
        }
        self._text = HTML()
        self.box = controls.make_row(*self._buttons.values(), self._text, style="card")

    def show(self, card: str | None, *, is_used: bool, is_last: bool) -> None:
        """Show a card, or the border below which none is used."""
        self._text.value = "Below, cards are not used." if card is None else f"<pre>{html.escape(card)}</pre>"
        for step, button in self._buttons.items():
            button.description = button.tooltip = f"Move {card} {_WAYS[step]}"  # read aloud, not seen
            button.disabled = self.place == 0 if step < 0 else is_last
            button.layout.display = "none" if card is None else None
        (self.box.remove_class if is_used else self.box.add_class)("pdflab-unused")

    def focus(self, step: int) -> None:
        """Focus the button that moves on, or back at the end of the list."""
        self._buttons[-step if self._buttons[step].disabled else step].focus()


def _mix(cards: Sequence[str], distractors: Sequence[str]) -> list[str]:
    """Return all cards in an order that is always the same, and wrong: the last step is before the first."""
    rng, mixed = Random("".join(cards)), [*cards, *distractors]
    while mixed.index(cards[0]) < mixed.index(cards[-1]):
        rng.shuffle(mixed)
    return mixed


def _code(text: str) -> str:
    """Return text as HTML, with `code` between backticks."""
    parts = html.escape(text).replace("\n", "<br>").split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
