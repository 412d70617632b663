"""A table of figures as text, for a terminal, a notebook or a report.

Read next: pdflab/experiments/capacity.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Columns by name; each row begins with its own name."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """Return aligned text: names on the left, figures on the right."""
        first, *others = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = []
        for name, *figures in (self.columns, *self.rows):
            cells = [f"{figure:>{width}}" for figure, width in zip(figures, others, strict=True)]
            lines.append("  ".join([f"{name:<{first}}", *cells]).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [("th", self.columns), *(("td", row) for row in self.rows)]
        cells = ("".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) for tag, row in rows)
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"

    html = property(_repr_html_, doc="The table as HTML.")
