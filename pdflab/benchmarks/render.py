"""`pdflab bench render`: the cost of a document, ours beside the naive way and beside reportlab, in one run.

The contenders take turns, so that a slow moment of the machine affects all of them; the median counts. All
are warm, and in each turn the first document, with cold processor caches, does not count. The garbage
collector runs before each turn, never within. Processor time counts: on a busy machine, slow contenders are
interrupted more often, so that wall time would flatter ours.

Memory is measured over a thousand different documents of all kinds and scripts, failures among them.

Read next: pdflab/benchmarks/platypus.py.
"""

import gc
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib

from pdflab.benchmarks.measuring import (
    CPU_CLOCK,
    in_a_fresh_process,
    market_invoice,
    resident_mb,
    take_turns,
)
from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.naive_render import naive_custom, naive_invoice
from pdflab.documents.render import render
from pdflab.documents.requests.report import ReportRequest
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.experiments.figure_table import FigureTable
from pdflab.service.worker.font_files import find_fonts

Draw = Callable[[Any], object]

PER_TURN = 4
DOCUMENTS = 1_000
WARM_UP = 300  # documents, until all scripts have occurred: fonts, word widths and memory pools are loaded
_FAILS = 20  # one in so many breaks off halfway
_CORE, _CYRILLIC = "de_DE", "bg_BG"  # both in euro, with an account and a code for banking apps
_NO_REPORTLAB = (
    "reportlab is not installed, so that its column is empty; install it with: pip install -e '.[test]'"
)
_ROWS = {
    "core_12": "invoice, 12 lines",
    "core_40": "invoice, 40 lines",
    "core_300": "invoice, 300 lines",
    "unicode_12": "Cyrillic invoice, 12 lines",
    "report": "report, two charts and a table",
    "custom": "text",
}
_GROWTH = "from pdflab.benchmarks.render import growth, jobs; print(growth(jobs({})))"
_COLUMNS = ("naive", "platypus", "ours")


def measure(*, rounds: int = 9, documents: int = DOCUMENTS) -> dict[str, Any]:
    """Measure everything and return the ratios, the bytes, the megabytes and the milliseconds behind them."""
    ours = partial(render, created_at=0.0, fonts=find_fonts())
    contenders = _contenders(ours)
    for draw in contenders.values():
        draw()  # warm-up: only a first document loads fonts, words and memory pools
    gc.freeze()  # exclude existing objects from later collections
    times = take_turns(contenders, rounds)
    gc.unfreeze()
    ms: dict[str, dict[str, float | None]] = {row: dict.fromkeys(_COLUMNS) for row in _ROWS}
    for (row, column), taken in times.items():
        ms[row][column] = round(1_000 * median(taken), 3)
    return _ratios(ms) | {
        "unicode_bytes": len(ours(parse_request(market_invoice(_CYRILLIC, 12))).pdf),
        "rss_growth_mb": round(in_a_fresh_process(_GROWTH.format(documents)), 2),
        "ms": ms,
    }


def explain(figures: dict[str, Any]) -> Iterator[FigureTable | str]:
    """Yield the results as a table, and their comparison."""
    f = figures
    cells = {row: [f["ms"][row][column] for column in _COLUMNS] for row in _ROWS}
    rows = [(name, *("–" if v is None else f"{v:.2f}" for v in cells[row])) for row, name in _ROWS.items()]
    yield FigureTable(("milliseconds per document", *_COLUMNS), rows)
    yield f"core font, 12 lines: {f['core_vs_naive']} times as fast as the naive way"
    platypus = f["core_vs_platypus"]
    yield f"  and {platypus} times as fast as Platypus" if platypus else _NO_REPORTLAB
    yield f"Cyrillic, 12 lines: {f['unicode_vs_naive']} times as fast as the naive way"
    yield f"  and {f['unicode_bytes']:,} bytes"
    yield f"a line of 300 costs {f['line_growth']} times what a line of 40 costs"
    yield f"1,000 documents, failures among them: {f['rss_growth_mb']} MB more memory"


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


def jobs(documents: int) -> list[Callable[[], object]]:
    """Return the work, with that of the warm-up; all documents are made up before any is drawn."""
    fonts = find_fonts()
    work: list[Callable[[], object]] = []
    for number in range(WARM_UP + documents):
        fails = number % _FAILS == _FAILS - 1
        data = sample_request("report" if fails else [*KINDS][number % len(KINDS)], number)
        work.append(partial(_fail if fails else _draw, data, fonts))
    return work


def _contenders(ours: Draw) -> dict[tuple[str, str], Callable[[], float]]:
    """Return a call for each row and column that has a contender; it takes one turn."""
    core, cyrillic = market_invoice(_CORE, 12), market_invoice(_CYRILLIC, 12)
    text, report = sample_request("custom", 1), sample_request("report", 1)
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"  # as in a tutorial
    drawn: dict[tuple[str, str], tuple[Draw, dict[str, Any]]] = {
        ("core_12", "naive"): (naive_invoice, core),
        ("core_12", "ours"): (ours, core),
        ("core_40", "ours"): (ours, market_invoice(_CORE, 40)),
        ("core_300", "ours"): (ours, market_invoice(_CORE, 300)),
        ("unicode_12", "naive"): (partial(naive_invoice, fonts=fonts), cyrillic),
        ("unicode_12", "ours"): (ours, cyrillic),
        ("report", "ours"): (ours, report),
        ("custom", "naive"): (naive_custom, text),
        ("custom", "ours"): (ours, text),
    }
    if importlib.util.find_spec("reportlab"):
        from pdflab.benchmarks.platypus import platypus_invoice

        drawn["core_12", "platypus"] = platypus_invoice, core
    return {place: partial(_take_turn, draw, data) for place, (draw, data) in drawn.items()}


def _take_turn(draw: Draw, data: dict[str, Any]) -> float:
    """Draw a document a few times; return the median seconds of all but the first."""
    gc.collect()
    return median([_timed(draw, data) for _ in range(PER_TURN)][1:])


def _timed(draw: Draw, data: dict[str, Any]) -> float:
    request = parse_request(data)  # a new one each time: it caches its sums
    gc.disable()
    began = CPU_CLOCK()
    draw(request)
    took = CPU_CLOCK() - began
    gc.enable()
    return took


def _ratios(ms: dict[str, dict[str, Any]]) -> dict[str, float | None]:
    core, unicode = ms["core_12"], ms["unicode_12"]
    return {
        "core_vs_naive": round(core["naive"] / core["ours"], 1),
        "core_vs_platypus": round(core["platypus"] / core["ours"], 2) if core["platypus"] else None,
        "unicode_vs_naive": round(unicode["naive"] / unicode["ours"], 1),
        "line_growth": round(ms["core_300"]["ours"] / 300 / (ms["core_40"]["ours"] / 40), 2),
    }


def _draw(data: dict[str, Any], fonts: FontBook) -> None:
    render(parse_request(data), created_at=0.0, fonts=fonts)


def _fail(data: dict[str, Any], fonts: FontBook) -> None:
    """Raise an error when all but the last section is drawn, as a bug might."""
    request = parse_request(data)
    assert isinstance(request, ReportRequest)
    broken = [*request.sections[:-1], request.sections[-1].model_copy(update={"text": None})]
    with suppress(AttributeError):
        render(request.model_copy(update={"sections": broken}), created_at=0.0, fonts=fonts)
        raise AssertionError("this document was to fail")
