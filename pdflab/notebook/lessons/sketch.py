"""A curve that is sketched before it is known: drag a handle at each place of the axis.

The handles are sliders that stand upon the axes: mouse, keyboard and screen reader can draw.

Read next: pdflab/notebook/lessons/check.py.
"""

import io
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
from ipywidgets import Layout
from matplotlib.figure import Figure

from pdflab.errors import UsageError
from pdflab.notebook import controls
from pdflab.notebook.lessons.predict import Ask
from pdflab.notebook.lessons.texts import Given, Prediction

_WIDTH, _HEIGHT = 620, 260  # pixels of the axes with their labels
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 44  # pixels from the edges to the axes
_KNOB = 16  # pixels of a slider beyond each end of its travel
_INK, _GRID = "#0072b2", "#d0d0d0"


class AskSketch(Ask):
    """A handle at each of `at`; the curve counts when each of them was moved."""

    def _make_inputs(self) -> Sequence[Any]:
        self._moved: set[int] = set()
        self._sliders = tuple(self._make_slider(i) for i in range(len(self.text.at)))
        self._picture = controls.PictureBox("The axes of the curve that you sketch", "sketch-axes")
        handles = controls.make_row(*self._sliders, style="handles")
        self._draw()
        sketch = controls.with_class(
            widgets.Box(
                [self._picture.box, handles], layout=Layout(width=f"{_WIDTH}px", height=f"{_HEIGHT}px")
            ),
            "pdflab-sketch",
        )
        return (sketch,)

    def words(self, value: Any) -> str:
        """Return that a curve was sketched, with its ends."""
        first, *_, last = value
        return f"a curve from {first:g} to {last:g} {self.text.unit}".strip()

    def _make_slider(self, place: int) -> Any:
        text = self.text
        slider = widgets.FloatSlider(
            value=text.low,
            min=text.low,
            max=text.high,
            step=text.step,
            orientation="vertical",
            readout=False,
            layout=Layout(height="100%", left=f"calc({100 * _fraction(text, place):.3f}% - 16px)"),
        )
        slider.tooltip = f"{text.label} at {text.at_label} {text.at[place]:g}"
        slider.observe(lambda _, place=place: self._move(place), "value")
        return controls.respond_at_once(slider)

    def _move(self, place: int) -> None:
        self._moved.add(place)
        self._draw()
        self._touched()

    def _read(self) -> Given | None:
        values = [float(slider.value) for slider in self._sliders]
        return values if len(self._moved) == len(values) else None

    def _show(self, value: Given) -> None:
        if not (isinstance(value, list | tuple) and len(value) == len(self._sliders)):
            raise UsageError(f"A sketch here is {len(self._sliders)} numbers, one for each place; drag each.")
        for slider, one in zip(self._sliders, value, strict=True):
            slider.value = min(max(float(one), self.text.low), self.text.high)
        self._moved = set(range(len(self._sliders)))
        self._draw()

    def _draw(self) -> None:
        text = self.text
        figure = Figure(figsize=(_WIDTH / 100, _HEIGHT / 100), dpi=100)
        box = (_LEFT, _BOTTOM, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)
        axes = figure.add_axes((box[0] / _WIDTH, box[1] / _HEIGHT, box[2] / _WIDTH, box[3] / _HEIGHT))
        axes.set(xlim=(text.at[0], text.at[-1]), ylim=(text.low, text.high))
        axes.set(xlabel=text.at_label, ylabel=text.label, xticks=text.at)
        axes.grid(color=_GRID)
        axes.spines[["top", "right"]].set_visible(False)
        places = sorted(self._moved)
        axes.plot(
            [text.at[i] for i in places],
            [self._sliders[i].value for i in places],
            "o-",
            color=_INK,
            clip_on=False,
        )
        figure.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        png = io.BytesIO()
        figure.savefig(png, format="png")
        self._picture.show(png.getvalue())


def _fraction(text: Prediction, place: int) -> float:
    """Return where a place lies on the axis, from 0 at its left end to 1 at its right."""
    return (text.at[place] - text.at[0]) / (text.at[-1] - text.at[0])
