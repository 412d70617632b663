"""The classroom's buttons in a notebook: open a room beside a lab, steer the class, and chart it afterwards.

Read next: pdflab/classroom/host.py.
"""

import html
import time
from functools import partial
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Box, VBox

from pdflab.charts.comparison import comparison_figure
from pdflab.charts.style import Picture
from pdflab.classroom.host import PORT, ClassroomHost
from pdflab.classroom.recording import Recording
from pdflab.classroom.script import ACTS, CONTROLS, Control
from pdflab.classroom.students import NotAllowed
from pdflab.lab import Lab
from pdflab.notebook import controls
from pdflab.notebook.task_queue import TaskQueue

_GROUPS = {
    "lesson": ("The lesson", "send"),
    "service": ("The service", "workers"),
    "harm": ("What goes wrong", "faults"),
}
_FIRST = (
    "Opens a page for the phones of this room, on the network of this machine. Who has its code can join."
)
_AFTER = "When the class has ended, this is its chart: open a classroom above, and play the acts 2 and 3."


class ClassroomPanel:
    """A button that opens a classroom beside a running lab, and then the teacher's controls.

    The class is saved in `folder` when it ends, without names; by default in one that is named by its hour.
    """

    def __init__(self, lab: Lab, *, folder: Path | None = None, port: int = PORT) -> None:
        self._lab, self._port = lab, port
        self._chosen, self.folder = folder, folder or _folder_of_now()
        self.host: ClassroomHost | None = None
        self._tasks = TaskQueue("classroom", on_error=lambda error: self._say(str(error)))
        self.status = HTML()
        self.open_button = controls.make_button(
            "Open a classroom", _FIRST, partial(self._tasks.put, self.open)
        )
        self._say(_FIRST)
        self.place = VBox([self.open_button])
        self.box = controls.make_panel(self.place, self.status)

    def open(self) -> None:
        """Open the room, and show its address and the controls; an open one stays."""
        if self.host and not self.host.is_over:
            return
        self.open_button.disabled = True
        self.folder = self._chosen or _folder_of_now()
        self._say("Measuring how long a document takes …")
        host = ClassroomHost(self._lab, at=("0.0.0.0", self._port), save_to=self.folder)
        host.on_over = self._show_end
        try:
            host.start()
        finally:
            self.open_button.disabled = False
        self.host = host
        self.place.children = [_address(host), *self._controls()]
        self._say("The room is open.")

    def press(self, name: str, value: Any = None) -> None:
        """Press a control, as the teacher's page does; what it says is shown below. Raises NotAllowed."""
        if self.host is None or self.host.is_over:
            raise NotAllowed("Open a classroom first.")
        if name == "end":
            self._end()
            return
        self.host.control(name, value)
        self._say(self.host.room.stage.status or "Done.")

    def close(self) -> None:
        """End the class, if there is one, and the thread of this panel."""
        self._tasks.close(wait=True)
        self._end()

    def figure(self) -> Picture | str:
        """Return the chart of the class that has ended: its synchronous act against its queued one."""
        if not (self.folder / "class.json").exists():
            return _AFTER
        recording = Recording.load(self.folder)
        return comparison_figure(recording.run("queued"), recording.run("synchronous"))

    def _end(self) -> None:
        if self.host:
            self.host.stop()

    def _show_end(self) -> None:
        """Show the first button again, whoever ended the class."""
        self._say(f"The class is over. It is saved, without names, in {self.folder}.")
        self.place.children = [self.open_button]

    def _controls(self) -> list[Any]:
        rows = []
        for name, (title, style) in _GROUPS.items():
            widgets = [self._control(control) for control in CONTROLS if control.group == name]
            rows.append(controls.make_group(title, *widgets, style=style))
        return rows

    def _control(self, control: Control) -> Any:
        def press(value: Any = None) -> None:
            self._tasks.put(partial(self.press, control.name, value))

        if not control.values:
            return controls.make_button(control.label, control.tip, press)
        options = [(_word(value), value) for value in control.values]
        return controls.make_menu(control.label, options, control.values[0], press)

    def _say(self, text: str) -> None:
        self.status.value = f"<div>{html.escape(text)}</div>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        text = "The teacher's panel of a classroom: run the notebook to see and press its buttons."
        return {**self.box._repr_mimebundle_(**options), "text/plain": text}


def _folder_of_now() -> Path:
    return Path(time.strftime("class-%Y-%m-%d-%H%M"))


def _word(value: Any) -> str:
    """Return the word for a value of a control."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return next((act.title for act in ACTS if act.name == value), str(value))


def _address(host: ClassroomHost) -> Box:
    """Return the code to scan, the address to type, and links to the teacher's two pages."""
    code = HTML(host.site.qr_svg())
    code.layout.width = "160px"
    links = "".join(
        f'<p><a target="_blank" href="{html.escape(url)}">{text}</a></p>'
        for text, url in (
            ("Open the projector's page", host.projector_url),
            ("Open the teacher's page", host.teacher_url),
        )
    )
    text = f"<p>Phones open <b>{html.escape(host.site.url)}</b></p><p>Room code <b>{host.code}</b></p>{links}"
    return Box([code, HTML(text)])
