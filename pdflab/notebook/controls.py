"""What both panels are built from: widgets of a fixed size, so that a page never jumps, and log messages.

Read next: pdflab/notebook/panel.py.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from ipywidgets import HTML, Button, DOMWidget, Dropdown, HBox, Layout, ToggleButtons

_W = TypeVar("_W", bound=DOMWidget)


def make_button(label: str, hint: str, width: int, on_click: Callable[[], object]) -> Button:
    """Return a button; `on_click` runs on the thread that the browser's message arrives on."""
    button = Button(description=label, tooltip=hint, layout=Layout(width=f"{width}px"))
    button.on_click(lambda _: on_click())
    return respond_at_once(button)


def make_choice(options: Sequence[tuple[str, str]], value: str, width: int) -> ToggleButtons:
    """Return buttons of which one is chosen; `options` are their labels and values."""
    choice = ToggleButtons(options=options, value=value, layout=Layout(width="auto"))
    choice.style.button_width = f"{width}px"
    return respond_at_once(choice)


def make_dropdown(options: Sequence[str], value: str, width: int) -> Dropdown:
    """Return a list of options of which one is chosen."""
    return respond_at_once(Dropdown(options=options, value=value, layout=Layout(width=f"{width}px")))


def make_row(label: str, *controls: DOMWidget) -> HBox:
    """Return controls beside each other, after a label."""
    return HBox([HTML(label, layout=Layout(width="62px")), *controls])


def make_text(width: int, height: int) -> HTML:
    """Return a place for text, in pixels."""
    return HTML(layout=fixed_size(width, height))


def fixed_size(width: int, height: int) -> Layout:
    """Return a layout of this size in pixels."""
    return Layout(width=f"{width}px", height=f"{height}px")


def respond_at_once(widget: _W) -> _W:
    """Handle clicks on the thread that the browser chose for them, which is free while a cell runs.

    ipykernel 7.4 sends a click to the thread that wrote to the widget last. That is the cell's own thread:
    nothing would happen until the cell has ended. Other versions ignore this field.
    """
    widget.comm._reply_subshell_for = None
    return widget


class LogForwarder(logging.Handler):
    """Passes the lab's warnings to `report` until closed, so that no running cell shows them."""

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
