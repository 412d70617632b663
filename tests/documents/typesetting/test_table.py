"""Columns keep within their page, and rows within their columns."""

import io

import pytest
from pypdf import PdfReader

from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import Sheet
from pdflab.documents.typesetting.style import BODY, MARGIN
from pdflab.documents.typesetting.table import Column, TableBlock, share_width
from pdflab.service.worker.font_files import find_fonts


def sheet(text: str = "") -> Sheet:
    fonts = find_fonts() if text else FontBook()
    return Sheet("Table", created_at=0, typesetter=fonts.typesetter(text))


def pages_of(page: Sheet) -> list[str]:
    return [found.extract_text() for found in PdfReader(io.BytesIO(page.finish("").pdf)).pages]


def test_only_the_widest_column_gives_way() -> None:
    """Numbers keep the width they need; the long description takes the rest."""
    assert share_width([30, 900, 50], 400) == pytest.approx([30, 320, 50])
    assert sum(share_width([10, 20, 30], 400)) == pytest.approx(400)


def test_each_page_has_the_heading() -> None:
    """Rows go on under the same titles, and none is lost."""
    page = sheet()
    columns = [Column("Site", 100), Column("Orders", 60, right=True)]
    TableBlock(page, columns, [[f"S{n}", str(n)] for n in range(99)]).draw()
    pages = pages_of(page)

    assert len(pages) > 1
    assert all("Orders" in text for text in pages)
    assert [word for text in pages for word in text.split() if word[:1] == "S" and word[1:].isdigit()] == [
        f"S{n}" for n in range(99)
    ]


def test_the_last_row_stays_with_what_follows() -> None:
    """A page never begins with the totals alone."""
    page = sheet()
    page.y = page.bottom - 100
    TableBlock(page, [Column("Site", 100)], [["first"], ["last"]]).draw(tail=60)

    assert page.page == 2
    assert "last" in pages_of(page)[1]


def test_a_cell_that_is_read_from_the_right_ends_at_the_right_of_its_column() -> None:
    """Every line of it, whatever the column is."""
    page = sheet("שלום")
    ends: list[float] = []
    page.write_run = lambda run, x, *_: ends.append(x + run.width * BODY.size)  # type: ignore[method-assign]
    TableBlock(page, [Column("", 60)], [["שלום שלום שלום"]]).draw()

    assert len(ends) > 1
    assert ends == pytest.approx([MARGIN + 60] * len(ends))


def test_a_table_without_rows_is_a_heading() -> None:
    """Nothing to show is not an error."""
    page = sheet()
    TableBlock(page, [Column("Site", 100)], []).draw()

    assert "Site" in pages_of(page)[0]
