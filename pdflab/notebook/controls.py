"""The controls of a room: buttons, choices and texts, each with a name that is read aloud, in titled groups.

Read next: pdflab/notebook/parts/load.py.
"""

import html
from base64 import b64encode
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import ipywidgets as widgets
from ipywidgets import HTML, Box, Button, DOMWidget, Layout, VBox


def make_button(label: str, hint: str, on_click: Callable[[], object], *, style: str = "") -> Button:
    """Return a button; `on_click` runs on the thread that receives the browser's message."""
    button = Button(description=label, tooltip=hint, layout=Layout(width="auto"))
    button.on_click(lambda _: on_click())
    if style:
        button.add_class(f"pdflab-{style}")
    return respond_at_once(button)


def make_choice(
    options: Sequence[tuple[str, Any]], value: Any, on_change: Callable[[Any], object]
) -> widgets.RadioButtons:
    """Return radio buttons in a row."""
    choice = widgets.RadioButtons(options=options, value=value, orientation="horizontal")
    choice.layout.width = "auto"
    choice.add_class("pdflab-choice")
    choice.observe(lambda change: on_change(change["new"]), "value")
    return respond_at_once(choice)


def make_menu(
    label: str, options: Sequence[tuple[str, Any]], value: Any, on_change: Callable[[Any], object]
) -> widgets.Dropdown:
    """Return a menu with its label."""
    menu = widgets.Dropdown(description=label, options=options, value=value, layout=Layout(width="auto"))
    menu.style.description_width = "auto"
    menu.observe(lambda change: on_change(change["new"]), "value")
    return respond_at_once(menu)


def make_switch(label: str, on_change: Callable[[bool], object]) -> widgets.Checkbox:
    """Return a box to check."""
    switch = widgets.Checkbox(description=label, indent=False, layout=Layout(width="auto"))
    switch.observe(lambda change: on_change(change["new"]), "value")
    return respond_at_once(switch)


def make_group(title: str, *controls: DOMWidget, style: str) -> Any:
    """Return controls in a frame with a title; `style` names its look in panel.css."""
    return with_class(
        Box([HTML(f"<h6>{html.escape(title)}</h6>"), *controls]), "pdflab-group", f"pdflab-{style}"
    )


def make_row(*parts: DOMWidget, style: str = "row") -> Any:
    """Return parts beside one another; they wrap where there is no room."""
    return with_class(Box(list(parts)), f"pdflab-{style}")


def make_panel(*rows: DOMWidget) -> Any:
    """Return rows below one another, in the look of panel.css."""
    return with_class(VBox([make_style(), *rows]), "pdflab-room")


def make_style() -> HTML:
    """Return panel.css as a widget that is not seen."""
    css = (files("pdflab.notebook") / "panel.css").read_text()
    return HTML(f"<style>{css}</style>", layout=Layout(display="none"))


def make_text(style: str) -> Any:
    """Return a place for text whose height panel.css fixes, so that the page never jumps."""
    return with_class(HTML(layout=Layout(width="100%")), f"pdflab-{style}")


class PictureBox:
    """A place for a PNG; `alternative` says what it shows, which an Image widget cannot."""

    def __init__(self, alternative: str, style: str) -> None:
        self.box = make_text(style)
        self._alternative = html.escape(alternative)

    def show(self, png: bytes, alternative: str = "") -> None:
        """Show a picture, with a text of its own if it has one; it replaces the one before at once."""
        source = f"data:image/png;base64,{b64encode(png).decode()}"
        text = html.escape(alternative) or self._alternative
        self.box.value = f'<img alt="{text}" decoding="sync" src="{source}">'


def with_class(widget: Any, *names: str) -> Any:
    """Return a widget that has these CSS classes."""
    for name in names:
        widget.add_class(name)
    return widget


def respond_at_once(widget: Any) -> Any:
    """Handle clicks on the thread that the browser chose, which is free while a cell runs.

    ipykernel 7.4 sends a click to the last thread that wrote to the widget. That is the cell's own thread,
    which is blocked until the cell ends. Other versions ignore this field.
    """
    widget.comm._reply_subshell_for = None
    return widget
