"""A table of figures as text, for a terminal, a notebook or a report.

Read next: pdflab/experiments/capacity.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Columns by name; each row begins with its own name."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """Return aligned text: names on the left, figures on the right."""
        table = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(_aligned(row, widths) for row in table)

    @property
    def html(self) -> str:
        """The table as HTML."""
        return "<table>" + "".join(self._html_rows()) + "</table>"

    def _repr_html_(self) -> str:
        return self.html

    def _html_rows(self) -> Iterator[str]:
        for tag, rows in (("th", [self.columns]), ("td", self.rows)):
            for row in rows:
                yield "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = row
    cells = [f"{figure:>{width}}" for figure, width in zip(figures, widths[1:], strict=True)]
    return "  ".join([f"{name:<{widths[0]}}", *cells]).rstrip()
