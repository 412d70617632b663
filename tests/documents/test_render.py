"""A request in, the bytes of a real PDF out: the same bytes, with the same words on them."""

import hashlib
import io
import json
import os
import subprocess
import sys
from itertools import combinations
from typing import Any

import pypdfium2
import pytest
from fpdf import FPDF
from fpdf.errors import FPDFException
from pypdf import PdfReader
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.render import render
from pdflab.errors import ImpossibleDocument
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
NASTY = "{nb} **bold** __under__ [x](http://example.org) (a\\b) <b>&amp;"


def drawn(data: dict[str, Any]) -> bytes:
    return render(parse_request(data), created_at=1_770_000_000, fonts=FONTS).pdf


def pages_of(data: dict[str, Any]) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(drawn(data))).pages]


def custom(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "custom", "title": "Notes", "text": text, **more}


def monstrous_invoice() -> dict[str, Any]:
    data = sample_request("invoice", 4, lines=40)
    data["number"], data["seller"]["name"], data["note"] = "9" * 200, LONG, LONG * 9
    data["buyer"] |= {"address": [LONG] * 6, "vat_id": "W" * 60}
    data["lines"][0] |= {"description": LONG * 12, "unit": "W" * 16}
    data["lines"][1] |= {"description": "\n".join("word" for _ in range(400))}
    data["lines"][2] |= {"quantity": "1000000", "unit_price": "1000000000"}
    for number, line in enumerate(data["lines"]):
        line["vat_rate"] = f"{number}.25"
    return data


def monstrous_report() -> dict[str, Any]:
    rows = [[LONG, "1,234,567.89 €", *["x" * 300] * 8]] * 4
    chart = {
        "kind": "line",
        "title": LONG,
        "labels": ["W" * 60] * 60,
        "values": [1e12 * (-1) ** n for n in range(60)],
    }
    bars = {"kind": "bar", "title": "Tiny", "labels": [LONG[:60]], "values": [1e-300]}
    section = {"heading": LONG, "text": LONG * 3, "table": {"columns": [LONG[:60]] * 10, "rows": rows}}
    figures = [{"label": "W" * 60, "value": "W" * 40}] * 7
    sections = [section | {"chart": chart}, section | {"chart": bars}]
    return {"type": "report", "title": LONG, "subtitle": LONG, "figures": figures, "sections": sections}


MONSTERS = [monstrous_invoice(), monstrous_report(), custom(LONG * 99, title=LONG, bullets=[LONG])]


def places_of(page: pypdfium2.PdfPage) -> list[tuple[float, float, float, float]]:
    """Give left, bottom, right and top of each text that was drawn."""
    return [text.get_bounds() for text in page.get_objects(filter=[FPDF_PAGEOBJ_TEXT])]


MANY_SCRIPTS = custom("Жук, Łódź, Ελλάς, שלום (12), مرحبا, → ☃ 請", title="Écru", bullets=["Жук", "€"])


def test_the_same_request_gives_the_same_bytes_in_every_process() -> None:
    """Two processes with different hash seeds, and this one after other work, agree to the byte."""
    code = (
        "import hashlib, json, sys; from pdflab.documents import kinds, render;"
        "from pdflab.service.worker.font_files import find_fonts;"
        "request = kinds.parse_request(json.loads(sys.argv[1]));"
        "made = render.render(request, created_at=1_770_000_000, fonts=find_fonts());"
        "print(hashlib.sha256(made.pdf).hexdigest())"
    )
    command = [sys.executable, "-c", code, json.dumps(MANY_SCRIPTS)]
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2")]
    digests = {subprocess.check_output(command, env=env, text=True).strip() for env in seeds}
    for number in range(100):
        drawn(custom(f"{number} ☃ Жук שלום 中 € Ω", title="Ђ"))

    assert digests == {hashlib.sha256(drawn(MANY_SCRIPTS)).hexdigest()}


def test_the_creation_date_is_the_one_given() -> None:
    """The clock of the worker is never read."""
    info = PdfReader(io.BytesIO(drawn(sample_request("custom", 1)))).metadata

    assert info is not None
    assert info.creation_date is not None
    assert info.creation_date.timestamp() == 1_770_000_000


def test_the_text_of_a_request_comes_back() -> None:
    """Title, paragraphs, points, accents and the euro sign can be read from the file."""
    (page,) = pages_of(custom("Première – “fine”\n\n5 € for Zoë", bullets=["Crème brûlée"], paper="Letter"))

    for words in ("Notes", "Première – “fine”", "5 € for Zoë", "Crème brûlée", "Page 1 of 1"):
        assert words in page


@pytest.mark.parametrize("kind", KINDS)
def test_markup_in_a_text_stays_literal(kind: str) -> None:
    """No page count, no bold, no link is made of what a customer wrote."""
    data = sample_request(kind, 1) | {"title" if kind != "invoice" else "number": NASTY}
    reader = PdfReader(io.BytesIO(drawn(data)))

    text = " ".join(page.extract_text() for page in reader.pages)
    assert NASTY.split() == [word for word in NASTY.split() if word in text]
    links = [link.get_object() for page in reader.pages for link in page.get("/Annots", [])]
    assert not any("/A" in link for link in links)  # the contents lead to pages, and nothing to an address


def test_a_report_has_figures_a_table_and_charts_drawn_as_vectors() -> None:
    """Everything asked for is there, and no picture is embedded."""
    data = sample_request("report", 2, lines=80)
    reader = PdfReader(io.BytesIO(drawn(data)))
    text = " ".join(page.extract_text() for page in reader.pages)

    assert all(figure["value"] in text for figure in data["figures"])
    assert all(row[3] in text for row in data["sections"][3]["table"]["rows"])
    assert sum("On time" in page.extract_text() for page in reader.pages) > 1
    assert not any(list(page.images) for page in reader.pages)


@pytest.mark.parametrize("data", MONSTERS)
def test_no_word_leaves_the_page(data: dict[str, Any]) -> None:
    """However long the words and large the numbers, text keeps to the margins, clear of the footer."""
    for page in pypdfium2.PdfDocument(drawn(data)):
        for left, bottom, right, top in places_of(page):
            assert 50 <= left <= right <= page.get_width() - 50
            assert 60 <= bottom <= top <= page.get_height() - 30 or 30 <= bottom <= top <= 50


@pytest.mark.parametrize("data", MONSTERS)
def test_no_text_covers_another(data: dict[str, Any]) -> None:
    """Columns, totals, labels and key figures keep apart."""
    for page in pypdfium2.PdfDocument(drawn(data)):
        for one, two in combinations(places_of(page), 2):
            across = min(one[2], two[2]) - max(one[0], two[0])
            down = min(one[3], two[3]) - max(one[1], two[1])
            assert across < 1 or down < 2


def test_amounts_are_aligned_to_the_right() -> None:
    """The last digits of a column stand under each other, at the margin."""
    page = pypdfium2.PdfDocument(drawn(sample_request("invoice", 1, lines=12)))[0]

    ends = [right for _, _, right, _ in places_of(page) if abs(right - (page.get_width() - 56)) < 1]
    assert len(ends) > 12 + len(("Amount", "Net", "Total"))


def test_a_document_without_end_fails_with_a_sentence() -> None:
    """Five hundred pages are enough; the reason says so."""
    with pytest.raises(ImpossibleDocument, match="more than 500 pages"):
        drawn(custom("a\n" * 25_000))


def test_an_error_of_fpdf2_becomes_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is a sentence, of a type that says that another attempt will not help."""

    def refuse(*_: Any, **__: Any) -> None:
        raise FPDFException("no such thing")

    monkeypatch.setattr(FPDF, "output", refuse)
    with pytest.raises(ImpossibleDocument, match="this document cannot be drawn: no such thing"):
        drawn(custom("text"))


def test_what_was_noticed_is_reported() -> None:
    """How many pages it has, and which characters became boxes."""
    rendered = render(parse_request(custom("𒀀 " * 3000)), created_at=0, fonts=FONTS)

    assert rendered.pages == len(PdfReader(io.BytesIO(rendered.pdf)).pages) > 1
    assert rendered.missing_glyphs == ("U+12000 CUNEIFORM SIGN A",)


def test_an_empty_table_is_a_heading() -> None:
    """A table without rows is drawn, not an error."""
    section = {"heading": "Nothing", "table": {"columns": ["Site", "Orders"], "rows": []}}

    assert "Orders" in " ".join(pages_of({"type": "report", "title": "Empty", "sections": [section]}))


HEBREW = "אבגדהוזחטי "
COSTLY = {
    "headings on every page": {"columns": [HEBREW * 5] * 10, "rows": [["a\n" * 44] + ["b"] * 9] * 498},
    "cells of both directions": {"columns": ["c"] * 10, "rows": [[("אב cd " * 5)[:30]] * 10] * 800},
}


@pytest.mark.parametrize("shape", COSTLY)
def test_what_would_occupy_a_worker_for_long_is_refused_while_it_is_drawn(shape: str) -> None:
    """What repeats on each page, and each character of a line that has to be reordered, is counted."""
    section = {"heading": "h", "table": COSTLY[shape]}
    request = parse_request({"type": "report", "title": "t", "sections": [section]})

    with pytest.raises(ImpossibleDocument, match="too much text; split it into several documents"):
        render(request, created_at=0.0, fonts=find_fonts())


def test_one_foreign_word_does_not_make_a_long_text_impossible() -> None:
    """Only its own line is reordered."""
    text = "In the beginning were many words. " * 1_400 + HEBREW
    request = parse_request({"type": "custom", "title": "t", "text": text})

    assert render(request, created_at=0.0, fonts=find_fonts()).pages > 10


def test_boxes_for_missing_characters_are_counted_as_the_work_they_are() -> None:
    """Each is a rectangle of its own, much more than a letter."""
    sections = [{"heading": "h", "text": "\u4e00 " * 25_000}] * 20
    request = parse_request({"type": "report", "title": "t", "sections": sections})

    with pytest.raises(ImpossibleDocument, match="split it into several documents"):
        render(request, created_at=0.0, fonts=find_fonts())
