"""The part with the runs of a lesson: a button each, which sends, waits for the last PDF, and keeps the run.

Read next: pdflab/experiments/runner.py.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pdflab.analysis.metrics import summary
from pdflab.analysis.run import Run
from pdflab.lab import Lab
from pdflab.notebook import controls
from pdflab.notebook.look import Look
from pdflab.notebook.parts.part import Part

Runs = Mapping[str, tuple[str, Callable[[Lab], Run]]]  # by name: the label of the button, and what it does


class RunPart(Part):
    """Buttons for runs; the latest run of each name is in `runs`. They run one after another."""

    place = "controls"

    def __init__(self, room: Any, *, runs: Runs) -> None:
        super().__init__()
        self._room, self._actions = room, runs
        self.runs: dict[str, Run] = {}
        for name, (label, _) in runs.items():
            self.buttons[name] = controls.make_button(
                label, "Send it, and wait for the end", partial(self.press, name)
            )
        self.progress = controls.make_text("progress")
        self.box = controls.make_group("What is sent", self.progress, *self.buttons.values(), style="send")

    def press(self, name: str) -> None:
        """Queue a run."""
        self._room.do(name, partial(self._run, name))

    def begin(self) -> None:
        """Forget every run: the lab has started again, empty."""
        self.runs.clear()

    def show(self, look: Look) -> None:
        """Say how much is still to be sent."""
        left = sum(side.to_come for side in look.scene.values())
        words = f"Sending: {left:,} to come" if look.plans else ", ".join(map(self._words, self.runs))
        self.progress.value = f"<div>{words}</div>"

    def verdict(self) -> str:
        """Return nothing: a run speaks for itself."""
        return ""

    def _run(self, name: str) -> None:
        self.runs[name] = self._actions[name][1](self._room.lab)

    def _words(self, name: str) -> str:
        done = summary(self.runs[name])
        return f"{self._actions[name][0]}: {done.sent - done.failed:,} PDFs of {done.sent:,} requests"
