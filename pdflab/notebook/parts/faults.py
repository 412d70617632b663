"""The part that does harm: it kills a worker, and freezes whatever renders at an endpoint.

Read next: pdflab/notebook/parts/attack.py.
"""

from functools import partial
from itertools import count
from typing import Any

from pdflab.analysis.scene import RendererState, Scene
from pdflab.child_process import wait_until
from pdflab.jobs import Endpoint, JobState
from pdflab.notebook import controls, hints
from pdflab.notebook.look import Look
from pdflab.notebook.parts.part import Part

_FREEZE_SECONDS = 1.4
_LOOK_TIMEOUT = 2.0  # seconds until the job of a killed worker must have been seen
_RENDERERS = {
    Endpoint.QUEUED: ("worker-",),
    Endpoint.SYNCHRONOUS: ("sync-api-",),
    hints.BOTH: ("worker-", "sync-api-"),
}


class FaultPart(Part):
    """Kill, and freeze at the endpoint that is chosen in the room."""

    place, quick = "controls", True

    processes_only = ("kill", "freeze")

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._room = room
        self._turns = count()
        self._scene: Scene | None = None  # as last seen
        self._awaited: str | None = None  # the job of a killed worker, until another has it
        self.buttons = {
            "kill": controls.make_button(
                "Kill a worker", "SIGKILL to one that renders", self._press_kill, style="harm"
            ),
            "freeze": controls.make_button(
                f"Freeze for {_FREEZE_SECONDS:g} s",
                "All that renders there",
                self._press_freeze,
                style="harm",
            ),
        }
        self.box = controls.make_group("4. What goes wrong", *self.buttons.values(), style="wrong")

    def show(self, look: Look) -> None:
        """Remember who renders, and say when the job of a killed worker is back."""
        self._scene = look.scene
        if self._awaited and self._awaited not in self._lost_jobs():
            states = (event.state for event in reversed(look.events) if event.job_id == self._awaited)
            if next(states, JobState.FAILED) is not JobState.FAILED:  # it may have been its third crash
                self._room.show_hint(hints.RETURNED)
            self._awaited = None

    def begin(self) -> None:
        """Forget the jobs of killed workers."""
        self._scene = self._awaited = None

    def _press_kill(self) -> None:
        is_synchronous = self._room.chosen_endpoint() == Endpoint.SYNCHRONOUS
        self._room.do("kill", self._kill_server if is_synchronous else self._kill_worker, fault=True)

    def _press_freeze(self) -> None:
        endpoint = self._room.chosen_endpoint()
        self._room.show_hint(hints.FROZEN[endpoint].format(seconds=_FREEZE_SECONDS))
        self._room.do("freeze", partial(self._freeze, endpoint), fault=True)

    def _kill_server(self) -> None:
        """Kill a rendering process of the synchronous endpoint: its clients get no answer."""
        name, before = self._choose(Endpoint.SYNCHRONOUS), self._errors()
        self._room.lab.kill(name)
        self._room.show_hint(hints.SERVER_GONE.format(name=name))
        hit = wait_until(lambda: self._errors() > before, _LOOK_TIMEOUT)
        self._room.show_hint((hints.SERVER_KILLED if hit else hints.SERVER_DIED_IDLE).format(name=name))

    def _kill_worker(self) -> None:
        """Kill a worker, one that renders if any does, and say whether it held a job."""
        lab, name, before = self._room.lab, self._choose(Endpoint.QUEUED), self._lost_jobs()
        lab.kill(name)
        self._room.show_hint(hints.KILLED.format(name=name))
        held = wait_until(lambda: bool(self._lost_jobs() - before), _LOOK_TIMEOUT)
        self._room.show_hint(hints.killed(name, lab.worker if held else None, lab.settings.lease))
        self._awaited = next(iter(self._lost_jobs() - before), None) if lab.worker == "reliable" else None

    def _choose(self, endpoint: Endpoint) -> str:
        """Return another process each time, one that renders if any does."""
        (prefix,) = _RENDERERS[endpoint]
        names = [name for name in self._room.lab.process_names() if name.startswith(prefix)]
        rows = self._scene[endpoint].renderers if self._scene else ()
        busy = [name for row in rows if row.state is RendererState.RENDERING and (name := row.name) in names]
        chosen = busy or names
        return chosen[next(self._turns) % len(chosen)]

    def _errors(self) -> int:
        return self._scene[Endpoint.SYNCHRONOUS].errors if self._scene else 0

    def _lost_jobs(self) -> set[str | None]:
        rows = self._scene[Endpoint.QUEUED].renderers if self._scene else ()
        return {row.job_id for row in rows if row.state is RendererState.KILLED}

    def _freeze(self, endpoint: Any) -> None:
        """Freeze all processes that render for an endpoint, and wait until they continue."""
        names = [name for name in self._room.lab.process_names() if name.startswith(_RENDERERS[endpoint])]
        self._room.lab.freeze(_FREEZE_SECONDS, *names)
        self._room.show_hint(hints.THAWED.format(seconds=_FREEZE_SECONDS))
