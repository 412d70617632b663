"""A curve that is sketched before it is known: drag a handle at each place of the axis.

The handles are sliders that stand upon the axes: mouse, keyboard and screen reader can draw.

Read next: pdflab/notebook/lessons/check.py.
"""

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
from ipywidgets import Layout

from pdflab.charts.sketch_axes import HEIGHT, WIDTH, sketch_png
from pdflab.errors import UsageError
from pdflab.notebook import controls
from pdflab.notebook.lessons.predict import Ask
from pdflab.notebook.lessons.texts import Given, Prediction


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
                [self._picture.box, handles], layout=Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px")
            ),
            "pdflab-sketch",
        )
        return (sketch,)

    def rest(self) -> None:
        """Take no other curve: the result is known."""
        super().rest()
        for slider in self._sliders:
            slider.disabled = True

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
        points = [(text.at[i], self._sliders[i].value) for i in sorted(self._moved)]
        labels = {"at_label": text.at_label, "label": text.label}
        self._picture.show(sketch_png(points, at=text.at, values=(text.low, text.high), **labels))


def _fraction(text: Prediction, place: int) -> float:
    """Return where a place lies on the axis, from 0 at its left end to 1 at its right."""
    return (text.at[place] - text.at[0]) / (text.at[-1] - text.at[0])
