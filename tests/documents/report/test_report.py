"""A report finds its way round: contents, outline, headings with something below, charts of any numbers."""

import io
import re
from typing import Any

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import Destination
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

from pdflab.documents.kinds import parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.report.charts import _tick_text, _ticks
from pdflab.documents.report.report import _is_numeric
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()  # locates them; none is read yet
WORDS = "Orders arrived in bursts, and the evenings stayed quiet. " * 20


def read(data: dict[str, Any]) -> PdfReader:
    return PdfReader(io.BytesIO(render(parse_request(data), created_at=1_770_000_000, fonts=FONTS).pdf))


def report(*sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "report", "title": "Service levels", "sections": [*sections], **more}


def chart(kind: str, values: list[float], labels: list[str] | None = None) -> dict[str, Any]:
    labels = labels or [f"{number}" for number in range(len(values))]
    return {"kind": kind, "title": "A chart", "labels": labels, "values": values}


def outline_of(reader: PdfReader) -> dict[str, int | None]:
    entries = [entry for entry in reader.outline if isinstance(entry, Destination)]
    return {str(entry.title): reader.get_destination_page_number(entry) for entry in entries}


def test_the_contents_report_the_page_of_each_section() -> None:
    """The number printed, the link on the line and the entry of the outline lead to where the heading is."""
    reader = read(report(*({"heading": f"Part {number}.", "text": WORDS} for number in range(40))))
    texts = [page.extract_text() for page in reader.pages]
    found = {
        part: max(page for page, text in enumerate(texts) if part in text)
        for part in (f"Part {number}." for number in range(40))
    }

    printed = re.findall(r"(Part \d+\.)\s+(\d+)", " ".join(texts[:2]))
    links = [link.get_object() for page in reader.pages for link in page.get("/Annots", [])]
    pages = [page.indirect_reference for page in reader.pages]
    linked = [pages.index(link["/Dest"][0].get_object().indirect_reference) for link in links]

    assert {part: int(page) - 1 for part, page in printed} == found == outline_of(reader)
    assert linked == [*found.values()]


def test_contents_may_take_several_pages() -> None:
    """Fifty long headings are all listed, and the first section begins on a page of its own."""
    headings = [
        f"{number} " + "of a heading that takes two lines in the contents " * 3 for number in range(50)
    ]
    reader = read(report(*({"heading": heading} for heading in headings)))

    first = outline_of(reader)[headings[0].strip()]
    contents = "\n".join(page.extract_text() for page in reader.pages[:first])
    assert first == 3
    assert all(re.search(rf"^{number} of a", contents, re.MULTILINE) for number in range(50))


def test_the_title_page_says_who_and_when() -> None:
    """Title, subtitle, author, the day and all key figures; no section begins there."""
    data = sample_request("report", 2)
    first = read(data).pages[0].extract_text()

    for words in (data["title"], data["subtitle"], data["author"], "2026-02-02", "Page 1 of"):
        assert words in first
    words = first.split()
    assert all({*f"{figure['value']} {figure['label']}".split()} <= {*words} for figure in data["figures"])
    assert data["sections"][0]["text"][:40] not in first


def test_the_file_describes_itself() -> None:
    """Title, author, subject and language are in the metadata, where a reader and a screen reader look."""
    data = sample_request("report", 2)
    reader = read(data)

    assert reader.metadata is not None
    assert reader.metadata.title == data["title"]
    assert reader.metadata.author == data["author"]
    assert reader.metadata.subject == data["subtitle"]
    assert reader.root_object["/Lang"] == "en"


@pytest.mark.parametrize(
    "content",
    [
        {"text": WORDS},
        {"table": {"columns": ["Site"], "rows": [["Leeds " * 40], ["York"]]}},
        {"chart": chart("bar", [1, 2, 3])},
    ],
)
def test_a_heading_is_never_the_last_thing_on_a_page(content: dict[str, Any]) -> None:
    """Wherever the page ends: what a heading announces begins below it."""
    for lines in range(30, 52):
        filling = {"heading": "Filling", "text": "\n".join(["line"] * lines)}
        reader = read(report(filling, {"heading": "Announced"} | content))
        page = reader.pages[outline_of(reader)["Announced"] or 0].extract_text()

        below = page.partition("Announced")[2].partition("2026-02-02")[0]
        assert any(word in below for word in ("Orders arrived", "Leeds", "A chart"))


def test_numbers_stand_under_each_other() -> None:
    """A column of numbers ends at one edge, its heading too; a column of words begins at one."""
    rows = [["North", "1,240.50 €", "−3"], ["South", "7.00 €", "12,000"], ["West", "–", "(41)"]]
    data = report({"heading": "One", "table": {"columns": ["Site", "Revenue", "Change"], "rows": rows}})
    page = pypdfium2.PdfDocument(render(parse_request(data), created_at=0, fonts=FONTS).pdf)[1]
    texts = page.get_objects(filter=[FPDF_PAGEOBJ_TEXT], textpage=page.get_textpage())
    boxes = {text.extract().strip(): text.get_bounds() for text in texts}

    assert boxes["1,240.50 €"][2] == pytest.approx(boxes["7.00 €"][2], abs=0.5)
    assert boxes["Change"][2] == pytest.approx(boxes["12,000"][2], abs=1)
    assert boxes["North"][0] == pytest.approx(boxes["South"][0], abs=0.5)


@pytest.mark.parametrize(
    ("cells", "numeric"),
    [
        (["1,240", "-3", "–", ""], True),
        (["1.240,50 €", "$ 3.00", "€ 12"], True),
        (["99.2 %", "1 000", "EUR 12.00", "12 CHF", "(3.50)", "₹5", "1’000"], True),
        (["12 pcs", "3"], False),
        (["2026-01-31"], False),
        (["", "–"], False),
    ],
)
def test_a_column_is_numeric_when_all_its_cells_are(cells: list[str], numeric: bool) -> None:
    """Signs, currencies, percents and gaps do not hide a number; a word or a date is none."""
    assert _is_numeric(cells) is numeric


VALUES = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60)


@given(VALUES, st.booleans())
def test_the_scale_spans_the_values_in_few_round_steps(values: list[float], from_zero: bool) -> None:
    """No value is off the chart, there are 2 to 8 lines, and no two of them read the same."""
    ticks = _ticks(values, from_zero=from_zero)
    slack = 1e-6 * max(1.0, *map(abs, values))

    assert ticks[0] - slack <= min(values) <= max(values) <= ticks[-1] + slack
    assert 2 <= len(ticks) <= 8
    assert len({_tick_text(tick, ticks) for tick in ticks}) == len(ticks)
    assert not from_zero or ticks[0] <= 0 <= ticks[-1]


def test_the_unit_of_the_scale_is_that_of_the_data() -> None:
    """Thousands, millions and billions are said in short; small numbers have the digits they need."""
    texts = {
        high: _tick_text(high, _ticks([0, high], from_zero=True)) for high in (0.05, 5, 5e3, 5e4, 5e6, 5e9)
    }

    assert [*texts.values()] == ["0.05", "5", "5,000", "50k", "5m", "5bn"]


@pytest.mark.parametrize("kind", ["bar", "line"])
@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([42.0], ["2026"]),
        ([0.0, 0.0], ["north", "south"]),
        ([-3.0, -1.5], ["north", "south"]),
        ([12.5, -3.2, 0.0], ["north", "south", "west"]),
        ([1.0] * 60, [f"2026-01-{day:02}" for day in range(60)]),
        (
            [1.0] * 4,
            ["Hydraulic disc brake, front, with rotor", "Donaudampfschifffahrtselektrizität", "a", "b"],
        ),
    ],
)
def test_a_chart_shows_every_label_whole(kind: str, values: list[float], labels: list[str]) -> None:
    """One point, nothing but zeros, losses, sixty days or long words: no label is cut or left out."""
    reader = read(report({"heading": "One", "chart": chart(kind, values, labels)}))
    text = "".join(reader.pages[1].extract_text().split())

    assert all("".join(label.split()) in text for label in labels)


def test_a_chart_costs_a_few_marks_a_value() -> None:
    """Sixty values and labels are drawn once each, with a scale of at most eight lines."""
    reader = read(report({"heading": "One", "chart": chart("bar", [float(value) for value in range(60)])}))
    operators = [operator for _, operator in reader.pages[1].get_contents().operations]  # type: ignore[union-attr]

    assert 60 <= operators.count(b"re") <= 60 + 8 + 8
    assert operators.count(b"Tj") + operators.count(b"TJ") <= 60 + 8 + 6
