"""How much a process grows over 1,000 different documents of all kinds and scripts, failures among them.

It is measured in a fresh process: earlier allocations would distort it.

Read next: pdflab/benchmarks/queue.py.
"""

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

from pdflab.benchmarks.measuring import in_a_fresh_process, resident_mb
from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.requests.report import ReportRequest
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.service.worker.font_files import find_fonts

DOCUMENTS = 1_000
WARM_UP = 300  # documents, until all scripts have occurred: fonts, word widths and memory pools are loaded
FAILS = 20  # one in so many breaks off halfway


def growth_in_a_fresh_process() -> float:
    """Render in a new process and return by how many megabytes it grew."""
    return in_a_fresh_process("from pdflab.benchmarks.memory import growth, jobs; print(growth(jobs()))")


def growth(work: list[Callable[[], object]], *, warm_up: int = WARM_UP) -> float:
    """Do the work, and return by how many megabytes the process grew after the warm-up."""
    for job in work[:warm_up]:
        job()
    gc.collect()
    before = resident_mb()  # the peak would hide leaks below an earlier peak
    for job in work[warm_up:]:
        job()
    gc.collect()
    return resident_mb() - before


def jobs() -> list[Callable[[], object]]:
    """Return the work; all documents are made up before any is drawn."""
    fonts = find_fonts()
    work: list[Callable[[], object]] = []
    for number in range(WARM_UP + DOCUMENTS):
        fails = number % FAILS == FAILS - 1
        data = sample_request("report" if fails else [*KINDS][number % len(KINDS)], number)
        work.append(partial(_fail if fails else _draw, data, fonts))
    return work


def _draw(data: dict[str, Any], fonts: FontBook) -> None:
    render(parse_request(data), created_at=0.0, fonts=fonts)


def _fail(data: dict[str, Any], fonts: FontBook) -> None:
    """Raise an error when all but the last section is drawn, as a bug might."""
    request = parse_request(data)
    assert isinstance(request, ReportRequest)
    broken = [*request.sections[:-1], request.sections[-1].model_copy(update={"text": None})]
    try:
        render(request.model_copy(update={"sections": broken}), created_at=0.0, fonts=fonts)
    except AttributeError:
        return
    raise AssertionError("this document was to fail")
