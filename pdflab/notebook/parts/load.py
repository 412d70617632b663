"""The part that sends: the endpoint first, then the six operations, a steady load, and a stop.

Read next: pdflab/load/generator.py, where a pressed button becomes requests.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from inspect import signature
from typing import Any

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.experiments.service_times import seconds_to_render
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.load.scenarios import OPERATIONS, plan_for
from pdflab.notebook import controls, hints
from pdflab.notebook.look import Look
from pdflab.notebook.parts.part import Part

_SEED = 1  # of every load: both endpoints get the same documents at the same instants
_ENDPOINTS = [
    ("Synchronous endpoint", Endpoint.SYNCHRONOUS),
    ("Queued endpoint", Endpoint.QUEUED),
    ("Both side by side", hints.BOTH),
]
_RATES = (0, 2, 5, 10, 20, 40, 80)  # requests a second
_STEADY_SECONDS = 600.0
_BURST, _BURST_SECONDS = 100, 6.0  # of documents, which should take no longer than this
_MIN_LINES, _MAX_LINES = 20, 400  # of a document


class LoadPart(Part):
    """Sends the operations of OPERATIONS, with documents of `lines` lines, a month in `month_seconds`.

    By default, documents have as many lines as this machine can render in a burst before a client gives up.
    """

    place = "controls"

    def __init__(self, room: Any, *, lines: int | None = None, month_seconds: float = 20.0) -> None:
        super().__init__()
        self._room, self._lines = room, lines or fitting_lines(room.lab)
        self._loads = _loads(room.lab, self._lines, month_seconds)
        self._began: dict[Endpoint, tuple[int, int]] = {}  # sends and events before an endpoint's latest load
        self._unreported: dict[Endpoint, int] = {}  # sends before its first operation since the last verdict
        self.endpoint = controls.make_choice(_ENDPOINTS, Endpoint.QUEUED, lambda value: None)
        self.choices = {"endpoint": self.endpoint}
        for name, load in self._loads.items():
            label, hint = _texts(name, load)
            self.buttons[name] = controls.make_button(label, hint, partial(self.press, name))
        self._shows = False
        rates = [(f"{rate} a second" if rate else "none", rate) for rate in _RATES]
        self.choices["steady"] = controls.make_menu("Steady load", rates, 0, self._press_steady)
        self.buttons["stop"] = controls.make_button(
            "Stop sending", "Nothing more is sent; what was accepted is done", self._press_stop
        )
        self.progress = controls.make_text("progress")
        sends = (*self.buttons.values(), self.choices["steady"])
        self.box = controls.make_row(
            controls.make_group("1. To which endpoint", self.endpoint, style="where"),
            controls.make_group("2. What is sent", self.progress, *sends, style="send"),
        )

    def press(self, name: str) -> None:
        """Queue an operation at the chosen endpoint."""
        endpoint = self.endpoint.value
        self._room.show_hint(hints.sent(endpoint))
        self._room.do(name, partial(self.operate, name, endpoint))

    def operate(self, name: str, endpoint: Endpoint) -> None:
        """Start an operation at an endpoint, or at both at the same time."""
        lab, load = self._room.lab, self._loads[name]
        for one in Endpoint if endpoint == hints.BOTH else (endpoint,):
            self._note(lab, one, is_load=bool(load))
            lab.operate(name, endpoint=one, **load)

    def show(self, look: Look) -> None:
        """Say what is being sent, and how much of it is left."""
        left = sum(side.to_come for side in look.scene.values())
        names = " and ".join(dict.fromkeys(plan.name for plan in look.plans))
        self.progress.value = f"<div>Sending {names}: {left:,} to come</div>" if look.plans else "<div></div>"

    def begin(self) -> None:
        """Forget what was sent."""
        self._began, self._unreported = {}, {}
        self._show_rate(0)

    def verdict(self) -> str:
        """Return for each endpoint whether it accepted all that was sent since the last verdict."""
        sends, reported = self._room.lab.sends(), self._unreported
        self._unreported = {}
        lines = (_verdict(endpoint, sends[before:]) for endpoint, before in reported.items())
        return "\n".join(lines) or "nothing was asked for"

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run of an endpoint since its latest load, or since the beginning."""
        lab = self._room.lab
        sends, events = self._began.get(endpoint, (0, 0))
        sent = [send for send in lab.sends()[sends:] if send.endpoint == endpoint]
        seen = Events.of(lab.events(endpoint)[events:])
        return Run(endpoint, endpoint, sends=Sends.of(sent), events=seen)

    def _note(self, lab: Lab, endpoint: Endpoint, *, is_load: bool) -> None:
        sends = len(lab.sends())
        self._unreported.setdefault(endpoint, sends)
        if is_load:
            self._began[endpoint] = sends, len(lab.events(endpoint))

    def _press_steady(self, rate: int) -> None:
        if self._shows:
            return
        endpoint = self.endpoint.value
        self._room.show_hint(hints.STEADY_LOAD if rate else hints.STOPPED)
        self._room.do("steady", partial(self._send_steadily, rate, endpoint))

    def _send_steadily(self, rate: int, endpoint: Endpoint) -> None:
        """Replace the running loads by a steady one of this rate."""
        lab = self._room.lab
        lab.stop_loads()
        if not rate:
            return
        plan = replace(plan_for("steady", rate=rate, seconds=_STEADY_SECONDS, seed=_SEED), lines=self._lines)
        for one in Endpoint if endpoint == hints.BOTH else (endpoint,):
            self._note(lab, one, is_load=True)
            lab.send(plan, lab.target(one))

    def _press_stop(self) -> None:
        self._room.show_hint(hints.STOPPED)
        self._room.do("stop", lambda: self._room.lab.stop_loads())
        self._show_rate(0)

    def _show_rate(self, rate: int) -> None:
        """Show a rate that nobody has chosen."""
        self._shows = True
        self.choices["steady"].value = rate
        self._shows = False


def fitting_lines(lab: Lab) -> int:
    """Return the lines of a document, so that a burst of 100 takes some seconds on this machine as it is."""
    renderers = 1 if lab.mode == THREADS else min(lab.settings.workers, os.cpu_count() or 1)
    seconds = seconds_to_render(_MAX_LINES) * _BURST / renderers
    return max(_MIN_LINES, min(_MAX_LINES, round(_MAX_LINES * _BURST_SECONDS / seconds)))


def _loads(lab: Lab, lines: int, month_seconds: float) -> dict[str, dict[str, Any]]:
    """Return the parameters of each operation; one without parameters sends a single document.

    Threads of one process share a core with this notebook: they get less.
    """
    less = lab.mode == THREADS
    sizes: dict[str, dict[str, Any]] = {
        "batch": {"n": 20 if less else 50},
        "burst": {"n": 40 if less else _BURST},
    }
    sizes["month-end"] = {"seconds": month_seconds} | ({"rate": 2.0} if less else {})
    loads: dict[str, dict[str, Any]] = {}
    for name, operation in OPERATIONS.items():
        defaults = signature(operation.plan).parameters
        load = {parameter: defaults[parameter].default for parameter in operation.parameters}
        loads[name] = load | sizes.get(name, {}) | {"lines": lines, "seed": _SEED} if load else {}
    return loads


def _texts(name: str, load: Mapping[str, Any]) -> tuple[str, str]:
    """Return the title and the hint of an operation's button."""
    operation, values = OPERATIONS[name], {name: f"{value:g}" for name, value in load.items()}
    return operation.title.format(**values), operation.hint.format(**values).capitalize()


def _verdict(endpoint: Endpoint, sends: list[Send]) -> str:
    accepted = [send.accepted for send in sends if send.endpoint == endpoint]
    did = "the queue accepted" if endpoint == Endpoint.QUEUED else "the synchronous endpoint answered"
    asked = f"all {len(accepted):,}" if len(accepted) > 1 else "it"
    return f"{did} {asked}: " + ("yes" if accepted and all(accepted) else f"no, {sum(accepted):,}")
