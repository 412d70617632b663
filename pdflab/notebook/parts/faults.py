"""The part that does harm: it kills a worker, and freezes whatever renders at an endpoint.

Read next: pdflab/notebook/parts/attack.py.
"""

from functools import partial
from itertools import count
from typing import Any

from pdflab.analysis.scene import Renderer, RendererState
from pdflab.child_process import wait_until
from pdflab.jobs import Endpoint
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
        self._renderers: tuple[Renderer, ...] = ()  # at the queued endpoint, as last seen
        self.buttons = {
            "kill": controls.make_button("Kill a worker", "SIGKILL", self._press_kill, style="harm"),
            "freeze": controls.make_button(
                f"Freeze for {_FREEZE_SECONDS:g} s",
                "Whatever renders at the endpoint",
                self._press_freeze,
                style="harm",
            ),
        }
        self.box = controls.make_group("4. What goes wrong", *self.buttons.values(), style="wrong")

    def show(self, look: Look) -> None:
        """Remember who renders."""
        self._renderers = tuple(look.scene[Endpoint.QUEUED].renderers)

    def _press_kill(self) -> None:
        self._room.do("kill", self._kill, fault=True)

    def _press_freeze(self) -> None:
        endpoint = self._room.chosen_endpoint()
        self._room.show_hint(hints.FROZEN[endpoint].format(seconds=_FREEZE_SECONDS))
        self._room.do("freeze", partial(self._freeze, endpoint), fault=True)

    def _kill(self) -> None:
        """Kill a worker, one that renders if any does, and say whether it held a job."""
        lab = self._room.lab
        names = [name for name in lab.process_names() if name.startswith("worker-")]
        busy = [one.name for one in self._renderers if one.state is RendererState.RENDERING]
        chosen = [name for name in names if name in busy] or names
        name, before = chosen[next(self._turns) % len(chosen)], self._lost_jobs()
        lab.kill(name)
        self._room.show_hint(hints.KILLED.format(name=name))
        held = wait_until(lambda: bool(self._lost_jobs() - before), _LOOK_TIMEOUT)
        self._room.show_hint(hints.killed(name, lab.worker if held else None, lab.settings.lease))

    def _lost_jobs(self) -> set[str | None]:
        return {one.job_id for one in self._renderers if one.state is RendererState.KILLED}

    def _freeze(self, endpoint: Any) -> None:
        """Freeze all processes that render for an endpoint, and wait until they continue."""
        names = [name for name in self._room.lab.process_names() if name.startswith(_RENDERERS[endpoint])]
        self._room.lab.freeze(_FREEZE_SECONDS, *names)
