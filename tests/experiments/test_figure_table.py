"""A table of figures, as text and as HTML."""

from pdflab.experiments.figure_table import FigureTable

TABLE = FigureTable(("fleet", "workers"), [("fixed", "2"), ("<b>", "1,000")])


def test_text_is_aligned() -> None:
    """Names on the left, figures on the right."""
    assert str(TABLE).splitlines() == ["fleet  workers", "fixed        2", "<b>      1,000"]


def test_html_shows_text_as_it_is() -> None:
    """A notebook and the report show the same; what looks like a tag is none."""
    assert TABLE._repr_html_() == TABLE.html
    assert "<th>fleet</th>" in TABLE.html
    assert "<td>&lt;b&gt;</td><td>1,000</td>" in TABLE.html
