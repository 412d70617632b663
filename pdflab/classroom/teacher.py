"""What the teacher's buttons do: to the class at once, to the lab in a thread, one change at a time.

Read next: pdflab/classroom/script.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Any

from pdflab.classroom.classroom import Classroom
from pdflab.classroom.press import PressState
from pdflab.classroom.script import ACTS, CONTROLS, Control
from pdflab.classroom.state import COUNTDOWN
from pdflab.classroom.students import NotAllowed
from pdflab.errors import PdfLabError
from pdflab.jobs import Endpoint

_FROZEN = 5.0  # seconds
_IN_TURN = "act", "reset", "go", "endpoint", "workers", "worker_type", "limit"  # one of these at a time
_NOTED_WHEN_BEGUN = "act", "reset"  # they take seconds to clear the lab; until then the last act is shown


class Teacher:
    """The controls of a classroom, by name; `changes` are kept for the record of the class."""

    def __init__(self, room: Classroom, *, end: Callable[[], object]) -> None:
        """`end` ends the class."""
        self.room, self._end = room, end
        self._turn, self._lab_lock = asyncio.Lock(), asyncio.Lock()
        self.changes: list[dict[str, Any]] = []
        self._actions: Mapping[str, Callable[[Any], Awaitable[None]]] = {
            "act": self._begin_act,
            "go": self._go,
            "close": self._close,
            "ask": self._ask,
            "show": self._show,
            "names": self._set_names,
            "endpoint": self._set_endpoint,
            "work": self._set_work,
            "workers": self._set_workers,
            "worker_type": self._set_worker_type,
            "limit": self._set_limit,
            "retries": self._set_retries,
            "kill": self._kill,
            "freeze": self._freeze,
            "code": self._renew_code,
            "reset": self._reset,
            "end": self._end_class,
        }

    async def do(self, name: str, value: Any = None) -> None:
        """Do what a control says. Raises NotAllowed for a control or a value that does not exist."""
        control = next((one for one in CONTROLS if one.name == name), None)
        if control is None:
            raise NotAllowed(f"There is no control {name!r}.")
        chosen = _chosen(control, value)
        async with self._turn if name in _IN_TURN else nullcontext():
            await self._actions[name](chosen)
        if name not in _NOTED_WHEN_BEGUN:
            self._note(name, chosen)

    def _note(self, name: str, value: Any = None) -> None:
        self.changes.append({"at": self.room.clock(), "control": name, "value": value})

    async def _begin_act(self, name: Any) -> None:
        act = next(act for act in ACTS if act.name == name)
        await self._clear()
        self.room.begin_act(act)
        self._note("act", act.name)
        for control, value in act.settings.items():
            await self._actions[control](value)

    async def _go(self, _: Any) -> None:
        if self.room.presses:  # another round: with figures of its own
            await self._clear()
            self.room.begin_act(self.room.stage.act)
            self._note("round")
        self.room.stage.opens_at = self.room.clock() + COUNTDOWN
        self.room.stage.phones = self.room.connected

    async def _close(self, _: Any) -> None:
        self.room.stage.opens_at = None

    async def _ask(self, _: Any) -> None:
        self.room.ask()

    async def _show(self, _: Any) -> None:
        if self.room.poll is None:
            raise NotAllowed("Ask a question first.")
        self.room.poll.is_shown = True

    async def _set_names(self, value: Any) -> None:
        self.room.stage.names = value

    async def _set_endpoint(self, value: Any) -> None:
        self.room.stage.endpoint = Endpoint(value)

    async def _set_work(self, value: Any) -> None:
        self.room.stage.work = value

    async def _set_retries(self, value: Any) -> None:
        self.room.stage.retries = value

    async def _set_workers(self, value: Any) -> None:
        if value != self.room.lab.settings.workers:
            await self._change_lab(f"{value} workers run.", self.room.lab.scale, value)

    async def _set_worker_type(self, value: Any) -> None:
        if value != self.room.lab.worker:
            await self._change_lab(f"The workers are {value}.", self.room.lab.set_worker_type, value)
            self.room.stage.worker_type = value

    async def _set_limit(self, value: Any) -> None:
        if value != self.room.stage.limit:
            said = f"The queue takes {value or 10_000:,} jobs."
            await self._change_lab(said, self.room.lab.set_queue_limit, value or 10_000)
            self.room.stage.limit = value

    async def _kill(self, _: Any) -> None:
        name = self._busy_worker()
        await self._change_lab(f"{name} was killed (SIGKILL).", self.room.lab.kill, name)

    async def _freeze(self, _: Any) -> None:
        self.room.stage.status = f"The workers stand still for {_FROZEN:g} s."
        await self._change_lab("The workers work again.", self.room.lab.freeze, _FROZEN)

    async def _renew_code(self, _: Any) -> None:
        self.room.students.renew()

    async def _reset(self, _: Any) -> None:
        await self._clear()
        self.room.begin_again()
        self._note("reset")

    async def _end_class(self, _: Any) -> None:
        self._end()

    async def _clear(self) -> None:
        self.room.stage.opens_at = None
        async with self._lab_lock:
            await self.room.clear_lab()

    async def restore(self) -> None:
        """Undo what an act has set at the lab, which may be a notebook's: it goes on without the class."""
        await self._set_limit(0)
        await self._set_worker_type("reliable")

    def _busy_worker(self) -> str:
        """Return a worker that renders for a phone, if one does: to kill an idle one shows nothing."""
        room, now = self.room, self.room.clock()
        pressed = [press for press in room.presses.values() if press.state(now) is PressState.RENDERING]
        events = [event for press in pressed if (event := press.event(now)) and event.worker]
        names = [str(event.worker).removeprefix("naive:").partition("@")[0] for event in events]
        living = room.lab.process_names()
        return next((name for name in names if name in living), "worker-1")

    async def _change_lab(self, said: str, action: Callable[..., object], *arguments: Any) -> None:
        """Change the lab in a thread, and say what happened. Raises NotAllowed if the lab refuses."""
        async with self._lab_lock:
            try:
                await asyncio.to_thread(action, *arguments)
            except PdfLabError as error:
                self.room.stage.status = str(error)
                raise NotAllowed(str(error)) from None
            self.room.stage.status = said


def _chosen(control: Control, value: Any) -> Any:
    """Return the value of a control that is meant; a browser writes 1.0 as 1, and True is no 1."""
    if not control.values:
        return None
    for one in control.values:
        if one == value and isinstance(one, bool) == isinstance(value, bool):
            return one
    raise NotAllowed(f"{control.label} is one of {', '.join(map(str, control.values))}.")
