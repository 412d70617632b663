"""What holds for every document, of whatever kind: valid, repeatable, readable, and within its page."""

import io
import json
import os
import re
import subprocess
import sys
from argparse import Namespace
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
from pypdf import PdfReader
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT
from test_render import MONSTERS

from pdflab.cli.documents import SAMPLE_DATE, make_sample
from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.render import render
from pdflab.errors import UsageError
from pdflab.service.worker.font_files import find_fonts

ROOT = Path(__file__).parents[2]
FONTS = find_fonts()  # locates them; none is read yet
RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"


def invoice_in(locale: str, *, lines: int | None = None) -> dict[str, Any]:
    """Give the first sample invoice of a market."""
    invoices = (sample_request("invoice", seed, lines=lines) for seed in range(1_000))
    return next(invoice for invoice in invoices if invoice["locale"] == locale)


DOCUMENTS = {
    **{f"{kind}-{seed}": sample_request(kind, seed) for kind in KINDS for seed in range(3)},
    **{f"invoice-{locale}": invoice_in(locale) for locale in ("pl_PL", "el_GR", "uk_UA", "ar_SA", "he_IL")},
    **{f"{kind}-long": sample_request(kind, 7, lines=300) for kind in ("invoice", "report")},
    **{f"{monster['type']}-monster": monster for monster in MONSTERS},
}
OTHERWISE_WRITTEN = (
    "issued",
    "due",
    "quantity",
    "unit_price",
    "vat_rate",
    "discount",
    "paid",
    "iban",
)  # by locale
NOT_PRINTED = ("type", "kind", "paper", "locale", *OTHERWISE_WRITTEN)

every_document = pytest.mark.parametrize("name", DOCUMENTS)


def drawn(data: dict[str, Any]) -> bytes:
    return render(parse_request(data), created_at=1_770_000_000, fonts=FONTS).pdf


def strings_of(value: Any) -> Iterator[str]:
    """Give each text of a request that is printed as it was sent."""
    if isinstance(value, str):
        yield value
    for part in value if isinstance(value, list) else ():
        yield from strings_of(part)
    for key, part in value.items() if isinstance(value, dict) else ():
        if key not in NOT_PRINTED:
            yield from strings_of(part)


def texts_of(page: pypdfium2.PdfPage) -> Iterator[tuple[pypdfium2.PdfTextObj, tuple[float, ...]]]:
    """Give each text that was drawn with its box: left, bottom, right and top of its ink."""
    textpage = page.get_textpage()
    for text in page.get_objects(filter=[FPDF_PAGEOBJ_TEXT], textpage=textpage):
        yield text, text.get_bounds()


def columns_of(pdf: bytes) -> list[str]:
    """Read down each edge that texts share, page after page, without what is above and below the content."""
    columns: defaultdict[tuple[str, int], str] = defaultdict(str)
    for page in PdfReader(
        io.BytesIO(pdf)
    ).pages:  # it puts letters that are read from the right in their order
        columns["read", 0] += page.extract_text()
    for page in pypdfium2.PdfDocument(pdf):
        for text, (_, bottom, right, top) in texts_of(page):
            if bottom > 55 and top < page.get_height() - 50:
                words = text.extract()
                columns["page", 0] += words
                columns["left", round(text.get_matrix().e)] += words
                columns["right", round(right / 6)] += words  # ink ends a little before its edge, so that
                columns["right again", int(right / 6)] += words  # neighbours may fall on both sides of a step
    return ["".join(text.split()) for text in columns.values()]


def parts_of(text: str) -> list[str]:
    """Give a text without blanks; but one that is read in both directions as its words.

    Whole words come back in every reader, in the order of their letters. How words of two directions make one
    line again is for each reader to guess, and they disagree.
    """
    return (
        re.findall(f"[{RTL}]+|[^{RTL}\\s]+", text) if re.search(f"[{RTL}]", text) else ["".join(text.split())]
    )


def comes_back(text: str, column: str, *, pages: int = 3) -> bool:
    """Tell whether a text is in a column: whole, or in a part a page with a repeated heading between them."""
    if text in column:
        return True
    longest = bisect(range(len(text)), 0, key=lambda length: text[:length] not in column) - 1
    part = text[:longest]
    return pages > 1 and part != "" and comes_back(text[longest:], column.partition(part)[2], pages=pages - 1)


@every_document
def test_no_reader_of_the_file_complains(name: str) -> None:
    """The syntax of every object is sound: qpdf repairs nothing, and warns of nothing."""
    with pikepdf.open(io.BytesIO(drawn(DOCUMENTS[name]))) as pdf:
        assert (pdf.check_pdf_syntax(), pdf.get_warnings()) == ([], [])


def test_the_same_request_gives_the_same_bytes_whatever_came_before() -> None:
    """Two processes, under two hash seeds, before and after 100 other documents: one digest a document."""
    code = (
        "import hashlib, json, sys; from pdflab.documents import render\n"
        "from pdflab.documents.kinds import KINDS, parse_request, sample_request\n"
        "from pdflab.service.worker.font_files import find_fonts\n"
        "fonts = find_fonts()\n"
        "def digest(data):\n"
        "    request = parse_request(data)\n"
        "    return hashlib.sha256(render.render(request, created_at=0, fonts=fonts).pdf).hexdigest()\n"
        "documents = json.load(sys.stdin)\n"
        "before = [digest(data) for data in documents]\n"
        "for seed in range(100): digest(sample_request([*KINDS][seed % 3], 1_000 + seed))\n"
        "print(json.dumps([before, [digest(data) for data in documents]]))"
    )
    processes = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps([*DOCUMENTS.values()]),
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    runs = [digests for process in processes for digests in json.loads(process.stdout)]

    assert len(runs) == 4
    assert all(digests == runs[0] for digests in runs)
    assert len(set(runs[0])) > 10


@every_document
def test_every_string_of_the_request_comes_back(name: str) -> None:
    """Each is found whole, in the order of its letters, reading down the column that it stands in."""
    columns = columns_of(drawn(DOCUMENTS[name]))

    lost = [
        part
        for text in strings_of(DOCUMENTS[name])
        for part in parts_of(text)
        if not any(comes_back(part, column) for column in columns)
    ]
    assert lost == []


@every_document
def test_every_text_keeps_to_the_page(name: str) -> None:
    """Within the margins at the sides, and clear of the header and the footer."""
    for page in pypdfium2.PdfDocument(drawn(DOCUMENTS[name])):
        for text, (left, bottom, right, top) in texts_of(page):
            assert 50 <= left <= right <= page.get_width() - 50, text.extract()
            assert 60 <= bottom <= top <= page.get_height() - 30 or 30 <= bottom <= top <= 50, text.extract()


@every_document
def test_no_text_covers_another(name: str) -> None:
    """Columns, totals, labels, key figures and page numbers keep apart."""
    for page in pypdfium2.PdfDocument(drawn(DOCUMENTS[name])):
        texts = [*texts_of(page)]
        left, bottom, right, top = np.array([box for _, box in texts]).T
        across = np.minimum.outer(right, right) - np.maximum.outer(left, left)
        down = np.minimum.outer(top, top) - np.maximum.outer(bottom, bottom)
        words = [text.extract().strip() for text, _ in texts]
        shaped = re.search(f"[{RTL}]", "".join(words)) is not None  # letter by letter, to join them
        letter = np.array([shaped and len(word) <= 3 for word in words])
        near = abs(np.subtract.outer(range(len(texts)), range(len(texts)))) <= 3

        covered = (across > 1) & (down > 2) & ~(near & np.logical_and.outer(letter, letter))
        assert not np.triu(covered, 1).any()  # but that letters of one word reach into each other


def pdflab(*words: str, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "pdflab", *words]
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH")) if part)
    return subprocess.run(command, cwd=folder, capture_output=True, env=os.environ | {"PYTHONPATH": path})


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_line_makes_the_same_document_each_time(kind: str, tmp_path: Path) -> None:
    """`pdflab sample` writes a file, or to a pipe: what README shows can be made anew, to the byte."""
    words = ["sample", kind, "--seed", "4", "--lines", "9"]
    done = pdflab(*words, *(["--out", "made.pdf"] if kind != "custom" else []), folder=tmp_path)
    made = (tmp_path / "made.pdf").read_bytes() if kind != "custom" else done.stdout
    request = parse_request(sample_request(kind, 4, lines=9))

    assert (done.returncode, done.stderr) == (0, b"")
    assert made == render(request, created_at=SAMPLE_DATE, fonts=FONTS).pdf


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["invoice", "--lines", "0"], b"--lines must be between 1 and 1000"),
        (["invoice", "--lines", "501"], b"lines: must have at most 500 entries"),
        (
            ["invoice", "--out", "no/such/folder.pdf"],
            b"no/such/folder.pdf: No such file or directory; choose another place.",
        ),
        (["letter"], b"invalid choice: 'letter'"),
    ],
)
def test_a_sample_that_cannot_be_made_is_one_sentence(
    words: list[str], sentence: bytes, tmp_path: Path
) -> None:
    """What happened and what to do: no traceback, and no file."""
    done = pdflab("sample", *words, folder=tmp_path)

    assert (done.returncode, sentence in done.stderr, b"Traceback" in done.stderr) == (2, True, False)
    assert not [*tmp_path.iterdir()]


def test_a_terminal_is_spared_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --out and without a pipe, a sentence says how to name a file."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    with pytest.raises(UsageError, match=r"pdflab sample invoice --out invoice\.pdf"):
        make_sample(Namespace(kind="invoice", seed=0, lines=None, out="-"))
