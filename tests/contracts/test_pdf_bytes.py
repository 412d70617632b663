"""The PDFs of fixed requests: their pages, text and drawing; and, with the packages recorded, their bytes.

After a wanted change record them again, and say why in the commit:
PYTHONPATH=tests .venv/bin/python tests/contracts/test_pdf_bytes.py
"""

import io
import json
import zlib
from collections import Counter
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from inside import find_fonts, parse_request, render
from pypdf import PdfReader
from pypdf.generic import ContentStream

CREATED_AT = 1_767_225_600  # 2026-01-01
# What draws and what is drawn with; matplotlib brings the fonts.
PACKAGES = ("fpdf2", "fonttools", "uharfbuzz", "babel", "segno", "matplotlib")
DOCUMENTS = json.loads(Path(__file__).with_name("documents.json").read_text(encoding="utf-8"))
RECORDED = Path(__file__).with_name("documents.expected.json")
FONTS = find_fonts()


def drawn(name: str) -> bytes:
    """Render a document."""
    return render(parse_request(DOCUMENTS[name]), created_at=CREATED_AT, fonts=FONTS).pdf


def described(pdf: bytes) -> dict[str, Any]:
    """Say what is in a PDF, of whatever version its packages are: how often it draws what, and its text."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    operators = Counter(
        operator.decode()
        for page in pages
        for _, operator in ContentStream(page.get_contents(), page.pdf).operations
    )
    return {
        "pages": len(pages),
        "operators": dict(sorted(operators.items())),
        "text": [" ".join(page.extract_text().split()) for page in pages],
    }


def versions() -> dict[str, str]:
    """Return the versions of what bytes depend on."""
    return {package: version(package) for package in PACKAGES} | {"zlib": zlib.ZLIB_RUNTIME_VERSION}


def recorded() -> Any:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_keeps_its_pages_text_and_drawing(name: str) -> None:
    """Whatever draws it: the same words, and the same number of each stroke."""
    expected = dict(recorded()["documents"][name])
    del expected["sha256"]

    assert described(drawn(name)) == expected


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_keeps_its_bytes(name: str) -> None:
    """To the last one, with the packages that were recorded: others may compress or shape otherwise."""
    if versions() != recorded()["versions"]:
        pytest.skip(f"recorded with {recorded()['versions']}; here is {versions()}")

    assert sha256(drawn(name)).hexdigest() == recorded()["documents"][name]["sha256"]


if __name__ == "__main__":
    documents = {
        name: described(pdf) | {"sha256": sha256(pdf).hexdigest()}
        for name in DOCUMENTS
        if (pdf := drawn(name))
    }
    text = json.dumps({"versions": versions(), "documents": documents}, ensure_ascii=False, indent=1)
    RECORDED.write_text(text + "\n", encoding="utf-8")
