"""A room: parts that show a lab and change it, put together as a lesson needs them.

    Room(lab, PicturePart, LoadPart, FaultPart)

A click never blocks: it puts a task into a queue. Faults have their own queue, because they take time.

Read next: pdflab/notebook/parts/part.py.
"""

import html
import logging
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref

from ipywidgets import Button, DOMWidget, VBox

from pdflab.analysis.scene import Scene
from pdflab.errors import BrokerUnavailable, UsageError, require
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.notebook import controls
from pdflab.notebook.look import Looker
from pdflab.notebook.parts.part import Part
from pdflab.notebook.poller import Poller, close_earlier
from pdflab.notebook.task_queue import TaskQueue

PROJECTOR_SCALE = 1.45  # of pictures; panel.css enlarges the rest


class Room:
    """Parts of one lab: show it as the last line of a cell. Press a button with `buttons[name].click()`.

    Raises UsageError when the lab does not run. Under pytest or with PDFLAB_HEADLESS only `wait` draws.
    """

    def __init__(self, lab: Lab, *parts: Callable[["Room"], Part], title: str = "room") -> None:
        self._name, self._title = repr(lab), title
        self._lab = ref(lab)  # weak: the lab stops when its owner drops it
        self._in_threads = lab.mode == THREADS
        self._error: Exception | None = None
        self._closed = self._away = False  # the room; its Redis
        self.locked = False  # until a lesson unlocks it
        self._busy: set[str] = set()  # the controls whose task waits or runs
        self._scene: Scene | None = None  # as it was shown last
        self._looker = Looker()
        self._tasks = TaskQueue("control room", on_error=self._fail)
        self._faults = TaskQueue("control room faults", on_error=self._fail)
        self.hint, self.status = controls.make_text("hint"), controls.make_text("status")
        self.address = controls.make_text("address")
        self.parts = [part(self) for part in parts]
        self.buttons: dict[str, Button] = {}
        self.choices: dict[str, DOMWidget] = {}
        for part in self.parts:
            repeated = {*part.buttons, *part.choices} & {*self.buttons, *self.choices}
            require(not repeated, f"Two parts of this room have a control {', '.join(repeated)}: take one.")
            self.buttons |= part.buttons
            self.choices |= part.choices
        close_earlier(lab, self)
        self.box = self._arrange()
        self.set_all_busy(False)
        watched = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        self.poller = Poller(lab, owner=self, watched=watched)
        self.poller.refresh()
        self.show_address()
        self._log = _LogForwarder(self.show_status)
        self.poller.start()

    @property
    def lab(self) -> Lab:
        """Return the lab. Raises UsageError if it is gone."""
        if (lab := self._lab()) is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab(), lab.start(), ControlRoom(lab).")
        return lab

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every task is done and every job has ended; return what the parts say of it.

        Where jobs may be lost, it waits for the tasks alone. Raises the first error of one, and TimeoutError.
        """
        deadline = time.monotonic() + timeout
        may_lose_jobs = any(part.may_lose_jobs for part in self.parts)
        (self.await_tasks if may_lose_jobs else self._settle)(deadline)
        self.poller.refresh()
        return self.verdict()

    def verdict(self) -> str:
        """Return what the parts say of what was done since the last verdict."""
        return "\n".join(filter(None, (part.verdict() for part in self.parts)))

    def await_tasks(self, deadline: float) -> None:
        """Wait until every task is done, by time.monotonic(). Raises the first error of one."""
        for tasks in (self._tasks, self._faults):
            tasks.wait(max(0.0, deadline - time.monotonic()))
        error, self._error = self._error, None
        if error:
            raise error

    def chosen_endpoint(self) -> Any:
        """Return the endpoint that is chosen in this room, or both; without a choice, the queued one."""
        choice: Any = self.choices.get("endpoint")
        return choice.value if choice else Endpoint.QUEUED

    def do(self, name: str, action: Callable[[], object], *, fault: bool = False) -> None:
        """Queue the task of a control, which rests meanwhile. A click calls it on any thread."""
        self._busy.add(name)
        self._set_busy(name, True)
        self.show_status("")
        (self._faults if fault else self._tasks).put(partial(self._run, name, action))

    def show(self, lab: Lab, *, pictures: bool, every: bool) -> bool:
        """Look at the lab and show it, with or without pictures, in the quick parts or in every one.

        Return whether anything goes on there.
        """
        try:
            look = self._looker.look(lab)
        except BrokerUnavailable as error:
            self.show_status(str(error), error=True)  # it may recover soon
            self._away = True
            return True
        if self._away:
            self._away = False
            self.show_status("")
        for part in self.parts:
            if (every or part.quick) and (pictures or not part.is_picture):
                part.show(look)
        changed, self._scene = look.scene != self._scene, look.scene
        return changed or look.is_busy

    def show_hint(self, hint: str) -> None:
        """Show what to look for; the hint is trusted HTML."""
        self.hint.value = f"<div>{hint}</div>"

    def show_status(self, text: str, *, error: bool = False) -> None:
        """Show a message or an error."""
        look = ' class="pdflab-trouble"' if error else ""
        self.status.value = f"<div{look}>{html.escape(text)}</div>"

    def show_address(self) -> None:
        """Show the Redis and the dashboard of the lab; the token is in the link, and not on the screen."""
        lab = self.lab
        target, shown = lab.link(), lab.link().partition("?")[0]
        link = f'<a target="_blank" href="{html.escape(target)}">{html.escape(shown)}</a>'
        self.address.value = f"<div>{html.escape(lab.redis)}; dashboard: {link}</div>"

    def set_all_busy(self, busy: bool, *, but: str = "") -> None:
        """Disable or enable every control, but one."""
        for name in (*self.buttons, *self.choices):
            if name != but:
                self._set_busy(name, busy)

    def is_busy(self, name: str) -> bool:
        """Return whether the task of a control waits or runs."""
        return name in self._busy

    def lock(self, reason: str) -> None:
        """Disable every control until `unlock`, and show why."""
        self.locked = True
        self.set_all_busy(False)
        self.show_hint(html.escape(reason))

    def unlock(self) -> None:
        """Enable the controls."""
        self.locked = False
        self.set_all_busy(False)
        self.show_hint("")

    def restart(self, action: Callable[[Lab], object]) -> None:
        """Restart the lab by an action, with every control off meanwhile, and forget what was seen."""
        self._faults.wait(60.0)  # a frozen process cannot be stopped
        self.set_all_busy(True)
        try:
            with self.poller.lock:
                action(self.lab)
                self._looker = Looker()
                for part in self.parts:
                    part.begin()
        finally:
            self.set_all_busy(False)
        self.poller.refresh()
        self.show_address()

    def set_large(self, large: bool) -> None:
        """Use the size of a projector, or of a desk."""
        (self.box.add_class if large else self.box.remove_class)("pdflab-large")
        with self.poller.lock:
            for part in self.parts:
                part.set_scale(PROJECTOR_SCALE if large else 1.0)
        self.poller.refresh()

    def set_compact(self, compact: bool) -> None:
        """Show little more than the picture, to be kept in sight beside a text."""
        (self.box.add_class if compact else self.box.remove_class)("pdflab-compact")

    def close(self) -> None:
        """End the threads; a second close does nothing. The lab continues."""
        self.end("This room is closed.", None)
        for tasks in (self._tasks, self._faults):
            tasks.close(wait=True)
        self.poller.join(10.0)

    def end(self, reason: str, error: Exception | None) -> None:
        """Disable every control, and show why."""
        if self._closed:
            return
        self._closed, self._error = True, self._error or error
        for one in (self.poller, self._tasks, self._faults, self._log):
            one.close()
        self.set_all_busy(True)
        self.box.remove_class("pdflab-large")  # it would cover the notebook, and its switch is off
        self.show_status(reason, error=error is not None)

    def _set_busy(self, name: str, busy: bool) -> None:
        control = (self.buttons | self.choices).get(name)
        if control is None:
            return
        impossible = self._in_threads and any(name in part.processes_only for part in self.parts)
        control.disabled = busy or self._closed or self.locked or impossible

    def _run(self, name: str, action: Callable[[], object]) -> None:
        try:
            action()
        finally:
            self._busy.discard(name)
            self._set_busy(name, False)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.show_status(str(error) or type(error).__name__, error=True)

    def _settle(self, deadline: float) -> None:
        self.await_tasks(deadline)
        try:
            self.lab.wait(max(0.0, deadline - time.monotonic()))
        except UsageError:
            if not self._tasks.busy:
                raise
            self._settle(deadline)  # the lab is being restarted

    def _arrange(self) -> VBox:
        places: dict[str, list[DOMWidget]] = {"top": [], "controls": [], "middle": [], "bottom": []}
        for part in self.parts:
            places[part.place].append(part.box)
        above = [*places["top"], controls.make_row(*places["controls"])]
        below = [*places["middle"], controls.make_row(*places["bottom"], style="bottom")]
        return controls.make_panel(*above, self.hint, self.status, self.address, *below)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        text = f"The {self._title} of {self._name}: run the notebook to see and press its buttons."
        return {**self.box._repr_mimebundle_(**options), "text/plain": text}


class _LogForwarder(logging.Handler):
    """Passes every warning of the lab to `report`, on any thread, until it is closed."""

    def __init__(self, report: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        logging.getLogger("pdflab").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Report one message."""
        self._report(record.getMessage())

    def close(self) -> None:
        """Report no more."""
        logging.getLogger("pdflab").removeHandler(self)
        super().close()
