"""The costliest documents that a search found, and a short search for worse ones."""

import random
import time
from contextlib import suppress
from typing import Any

import pytest
from costly import NUMBERS, build, genes_of, mutated

from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.requests.base import DocumentRequest
from pdflab.errors import ImpossibleDocument, InvalidRequest
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()
REFERENCE = {"type": "custom", "title": "t", "text": "abc שלום 12 (x)\n" * 300}
MOST = 25  # references: two seconds where one takes 0.08; the worst below took 17

WORST: dict[str, dict[str, Any]] = {  # seconds at first, and once every step was charged
    "report": {  # 3.5, then 1.2: cells of one word in two directions
        "title": (23, 31, 1000, 0, 0.3), "heading": (2, 19, 1000, 6, 1.0), "text": (10, 10, 200, 3, 0.0),
        "cell": (12, 34, 200, 3, 0.3), "label": (32, 22, 200, 5, 0.3), "value": (17, 35, 200, 0, 0.3),
        "number": (32, 8, 200, 3, 0.3), "#sections": 0.0, "#tables": 0.3, "#columns": 0.1, "#rows": 0.6,
        "#labels": 0.6, "varied": False, "chart": False,
    },
    "report of marks": {  # 11.5, then 0.9: Latin words in the font of another script
        "title": (30, 29, 3, 6, 0.3), "heading": (17, 14, 10, 0, 0.3), "text": (1, 27, 10, 0, 0.6),
        "cell": (30, 36, 10, 4, 0.01), "label": (29, 29, 10, 7, 1.0), "value": (15, 35, 200, 2, 0.3),
        "number": (18, 23, 40, 1, 0.6), "#sections": 1.0, "#tables": 0.02, "#columns": 1.0, "#rows": 0.556,
        "#labels": 0.815, "varied": False, "chart": True,
    },
    "report of directions": {  # 6.8, then 1.7: a new direction at each letter
        "title": (5, 22, 200, 2, 0.3), "heading": (18, 33, 10, 7, 0.1), "text": (26, 18, 40, 6, 0.0),
        "cell": (28, 9, 3, 0, 0.3), "label": (32, 35, 40, 3, 0.0), "value": (29, 33, 10, 5, 0.01),
        "number": (4, 37, 10, 1, 0.01), "#sections": 0.0, "#tables": 0.0, "#columns": 1.0, "#rows": 0.6,
        "#labels": 0.0, "varied": False, "chart": True,
    },
    "custom": {  # 2.5, then 1.4: bullets of missing glyphs
        "title": (24, 20, 200, 4, 1.0), "text": (31, 33, 1000, 4, 1.0), "bullet": (21, 1, 200, 3, 1.0),
        "#bullets": 1.0, "varied": True, "chart": False,
    },
    "invoice": {  # 1.5, then 1.2: missing glyphs on 500 pages
        "title": (25, 16, 1000, 1, 0.0), "number": (10, 31, 40, 7, 1.0), "description": (18, 9, 1, 4, 0.6),
        "unit": (29, 0, 10, 0, 0.6), "address": (24, 36, 40, 3, 1.0), "terms": (19, 31, 1000, 2, 0.3),
        "note": (34, 19, 200, 4, 0.1), "#lines": 0.1, "#address": 0.1, "varied": True, "chart": False,
    },
}  # fmt: skip


def cost_of(request: DocumentRequest) -> float:
    """Return the seconds of processor that a document takes, whether it can be drawn or not."""
    began = time.process_time()
    with suppress(ImpossibleDocument):
        render(request, created_at=0, fonts=FONTS)
    return time.process_time() - began


def in_references(request: DocumentRequest) -> float:
    """Return the cost of a document as a multiple of the reference, which is measured before and after."""
    reference = parse_request(REFERENCE)
    before, cost, after = cost_of(reference), cost_of(request), cost_of(reference)
    return 2 * cost / (before + after)


@pytest.mark.parametrize("name", WORST)
def test_no_document_holds_a_worker_for_long(name: str) -> None:
    """It is drawn, or refused as too much, within two seconds of processor time."""
    request = parse_request(build(name.split()[0], WORST[name]))
    cost_of(parse_request(REFERENCE))  # its fonts are read

    assert in_references(request) < MOST


def test_a_search_finds_no_costlier_document() -> None:
    """From made-up shapes uphill, for a few seconds; by hand it ran for nine minutes."""
    rng = random.Random(7)
    worst: dict[str, tuple[float, dict[str, Any]]] = {}
    began = time.process_time()
    while time.process_time() - began < 5:
        kind = rng.choice([*NUMBERS])
        _, genes = worst.get(kind, (0.0, None))
        tried = mutated(genes, rng) if genes and rng.random() < 0.7 else genes_of(kind, rng)
        try:
            request = parse_request(build(kind, tried))
        except InvalidRequest:
            continue
        cost = in_references(request)
        assert cost < MOST, (kind, tried)
        worst[kind] = max(worst.get(kind, (0.0, tried)), (cost, tried), key=lambda found: found[0])
