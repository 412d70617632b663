"""The part with every fault, one after another: a killed worker is replaced before the next fault begins.

So every fault meets a running process.

Read next: pdflab/experiments/kills.py.
"""

import html
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

from pdflab.errors import UsageError
from pdflab.experiments.kills import await_condition
from pdflab.lab import Lab
from pdflab.notebook import controls
from pdflab.notebook.parts.part import Part

_LEASES = 5 / 3  # for which a worker is frozen: long enough to lose its job


class AttackPart(Part):
    """Buttons that kill, freeze and disconnect parts of a lab."""

    place = "controls"
    processes_only = ("kill", "freeze", "kill_others", "cut", "kill_redis")
    may_lose_jobs = True

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._room = room
        self._sleep = _LEASES * room.lab.settings.lease
        self._done, self._impossible = Counter[str](), dict[str, str]()
        self._turns = count()
        faults: dict[str, tuple[str, Callable[[Lab], object]]] = {
            "kill": ("Kill a worker", self._kill_worker),
            "freeze": (f"Freeze a worker, {self._sleep:g} s", self._freeze_worker),
            "kill_others": ("Kill API and recorder", _kill_others),
            "cut": ("Cut all connections", lambda lab: lab.cut()),
            "kill_redis": ("Kill Redis", _kill_redis),
        }
        for name, (label, fault) in faults.items():
            press = partial(self._press, name, label, fault)
            self.buttons[name] = controls.make_button(label, "", press, style="harm")
        self.text = controls.make_text("progress")
        self.text.value = "<div>You have pressed none of these yet.</div>"
        self.box = controls.make_group("What goes wrong", *self.buttons.values(), self.text, style="wrong")

    def verdict(self) -> str:
        """Return all faults since the last call."""
        summary = self._summary()
        self._done.clear()
        self._impossible.clear()
        return summary

    def _press(self, name: str, label: str, fault: Callable[[Lab], object]) -> None:
        self._room.do(name, partial(self._inject, label, fault), fault=True)

    def _inject(self, label: str, fault: Callable[[Lab], object]) -> None:
        try:
            fault(self._room.lab)
            self._done[label] += 1
        except UsageError as error:  # such as a Redis that we did not start
            self._impossible[label] = str(error)
        finally:
            self.text.value = f"<div>{html.escape(self._summary())}</div>"

    def _kill_worker(self, lab: Lab) -> None:
        """Kill a worker, and wait until its successor is registered under a new id."""
        known = [status.worker for status in lab.workers()]
        lab.kill(next_worker(lab, self._turns))
        await_condition(lambda: [one for one in lab.workers() if one.worker not in known])

    def _freeze_worker(self, lab: Lab) -> None:
        lab.freeze(self._sleep, next_worker(lab, self._turns))

    def _summary(self) -> str:
        done = ", ".join(f"{label}: {times}" for label, times in self._done.items()) or "nothing was done"
        return "; ".join([done, *(f"{label}: not here. {why}" for label, why in self._impossible.items())])


def next_worker(lab: Lab, turns: Iterator[int]) -> str:
    """Return the process name of a worker, another one each time."""
    workers = [name for name in lab.process_names() if name.startswith("worker-")]
    return workers[next(turns) % len(workers)]


def _kill_others(lab: Lab) -> None:
    lab.kill("api")
    lab.kill("recorder")


def _kill_redis(lab: Lab) -> None:
    lab.kill_redis()
    await_condition(lab.stats)
