"""How much a process grows over 1,000 different documents of all kinds and scripts, failures among them.

It is a process of its own: what another one has loaded and freed before would blur the picture.
Read next: benchmarks/queue.py.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.requests.report import ReportRequest
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.service.worker.font_files import find_fonts

DOCUMENTS = 1_000
WARM_UP = 300  # documents, until every script was met: fonts, measured words and pools of memory are there
FAILS = 20  # one in so many breaks off halfway


def growth_in_a_fresh_process() -> float:
    """Render in a new process and give by how many megabytes it grew."""
    code = "from pdflab.benchmarks.memory import growth, jobs; print(growth(jobs()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def growth(work: list[Callable[[], object]], *, warm_up: int = WARM_UP) -> float:
    """Do the work, and return by how many megabytes of resident memory all after the warm-up grew."""
    for job in work[:warm_up]:
        job()
    before = resident_mb()
    for job in work[warm_up:]:
        job()
    return resident_mb() - before


def jobs() -> list[Callable[[], object]]:
    """Make up the documents before any is drawn: what makes them up shall not count."""
    fonts = find_fonts()
    work: list[Callable[[], object]] = []
    for number in range(WARM_UP + DOCUMENTS):
        fails = number % FAILS == FAILS - 1
        data = sample_request("report" if fails else [*KINDS][number % len(KINDS)], number)
        work.append(partial(_fail if fails else _draw, data, fonts))
    return work


def resident_mb() -> float:
    """Return the memory that this process has now; its peak would hide what leaks below an earlier high."""
    gc.collect()
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmRSS"].split()[0]) / 1024
    command = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def _draw(data: dict[str, Any], fonts: FontBook) -> None:
    render(parse_request(data), created_at=0.0, fonts=fonts)


def _fail(data: dict[str, Any], fonts: FontBook) -> None:
    """Break off when all but the last section is drawn, as a mistake of ours might."""
    request = parse_request(data)
    assert isinstance(request, ReportRequest)
    last = request.sections[-1].model_copy(update={"text": None})
    broken = request.model_copy(update={"sections": [*request.sections[:-1], last]})
    try:
        render(broken, created_at=0.0, fonts=fonts)
    except AttributeError:
        return
    raise AssertionError("this document was to fail")
