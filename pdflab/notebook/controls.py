"""Widgets of both panels: buttons, choices and texts of a fixed size, so that a page never jumps.

Read next: pdflab/notebook/panel.py.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ipywidgets import HTML, Button, DOMWidget, Dropdown, HBox, Layout, ToggleButtons

W = TypeVar("W", bound=DOMWidget)


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


def respond_at_once(widget: W) -> W:
    """Handle clicks on the thread that the browser chose for them, which is free while a cell runs.

    ipykernel 7.4 sends a click to the thread that wrote to the widget last. That is the cell's own thread:
    nothing would happen until the cell has ended. Other versions ignore this field.
    """
    widget.comm._reply_subshell_for = None
    return widget
