"""The look of all documents: colours, distances in points, and styles of text.

Read next: pdflab/documents/typesetting/table.py.
"""

from dataclasses import dataclass

from fpdf.drawing_primitives import DeviceRGB


class Colour(DeviceRGB):
    """A colour; it is hashed as an object, because hashing its values takes 5 % of an invoice."""

    __hash__ = object.__hash__


INK = Colour(0.11, 0.13, 0.16)
MUTED = Colour(0.42, 0.45, 0.49)
FAINT = Colour(0.85, 0.87, 0.89)
ACCENT = Colour(0.04, 0.37, 0.45)

MARGIN = 56.0
GUTTER = 12.0
PADDING = 4.0


@dataclass(frozen=True, slots=True)
class Style:
    """The style of a text: size in points, weight, colour."""

    size: float
    bold: bool = False
    colour: Colour = INK

    @property
    def leading(self) -> float:
        """Return the height of a line."""
        return self.size * 1.4


TITLE = Style(24, bold=True)
HEADING = Style(13, bold=True)
BODY = Style(9.5)
READING = Style(10.5)
STRONG = Style(9.5, bold=True)
SMALL = Style(8, colour=MUTED)
LABEL = Style(8, bold=True, colour=MUTED)
