"""The part that shows the live picture, four times a second; and the one with the charts, twice.

Read next: pdflab/charts/moving/picture.py.
"""

from typing import Any

from pdflab.analysis.scene import Scene
from pdflab.charts.moving.live import LiveChart
from pdflab.charts.moving.picture import JobPicture
from pdflab.notebook import controls
from pdflab.notebook.look import Look
from pdflab.notebook.parts.part import Part


class PicturePart(Part):
    """Who waits, and for what, at both endpoints."""

    quick = is_picture = True
    place = "top"

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._place = controls.PictureBox("The jobs at both endpoints, now", "picture")
        self.box = self._place.box
        self._picture = JobPicture()
        self._shown: Scene | None = None

    def show(self, look: Look) -> None:
        """Draw the scene, if it has changed."""
        if look.scene != self._shown:
            self._picture.update(look.scene)
            self._place.show(self._picture.png())
            self._shown = look.scene

    def set_scale(self, scale: float) -> None:
        """Draw with so many times the pixels."""
        self._picture, self._shown = JobPicture(scale=scale), None


class ChartsPart(Part):
    """Waiting, throughput and latency over time."""

    is_picture = True

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._place = controls.PictureBox("Waiting, PDFs a second and latencies over time", "charts")
        self.box = self._place.box
        self.set_scale(1.0)

    def show(self, look: Look) -> None:
        """Draw the history of the present load."""
        self._chart.set_days(look.month)
        self._chart.update(look.history)
        self._place.show(self._chart.png())

    def set_scale(self, scale: float) -> None:
        """Draw with so many times the pixels."""
        self._chart = LiveChart(scale=scale)
