"""`pdflab bench render`: the cost of a document, ours beside the naive way and beside reportlab, in one run.

The contenders take turns, so that a slow moment of the machine affects all of them; the median counts. All
are warm, and in each turn the first document, with cold processor caches, does not count. The garbage
collector runs before each turn, never within. Processor time counts: on a busy machine, slow contenders are
interrupted more often, so that wall time would flatter ours.

Read next: pdflab/benchmarks/platypus.py, pdflab/benchmarks/memory.py.
"""

import gc
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib

from pdflab.benchmarks.measuring import CPU_CLOCK, rounds_of, sample_invoice
from pdflab.benchmarks.memory import growth_in_a_fresh_process
from pdflab.documents.kinds import parse_request, sample_request
from pdflab.documents.naive_render import FontFiles, naive_custom, naive_invoice
from pdflab.documents.render import render
from pdflab.experiments.figure_table import FigureTable
from pdflab.service.worker.font_files import find_fonts

_ROUNDS = 9
PER_TURN = 4
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
_COLUMNS = ("naive", "platypus", "ours")


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to draw a document from its request."""

    row: str
    column: str
    data: dict[str, Any]
    draw: Callable[[Any], object]


def measure(
    *, rounds: int = _ROUNDS, growth: Callable[[], float] = growth_in_a_fresh_process
) -> dict[str, Any]:
    """Measure everything and return the ratios, the bytes, the megabytes and the milliseconds behind them."""
    ours = partial(render, created_at=0.0, fonts=find_fonts())
    contenders = _contenders(ours)
    ms: dict[str, dict[str, float | None]] = {row: dict.fromkeys(_COLUMNS) for row in _ROWS}
    for contender, taken in zip(contenders, _take_turns(contenders, rounds), strict=True):
        ms[contender.row][contender.column] = round(1_000 * median(taken), 3)
    return _ratios(ms) | {
        "unicode_bytes": len(ours(parse_request(sample_invoice(_CYRILLIC, 12))).pdf),
        "rss_growth_mb": round(growth(), 2),
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


def _contenders(ours: Callable[[Any], object]) -> list[Contender]:
    core, cyrillic = sample_invoice(_CORE, 12), sample_invoice(_CYRILLIC, 12)
    text, report = sample_request("custom", 1), sample_request("report", 1)
    contenders = [
        Contender("core_12", "naive", core, naive_invoice),
        Contender("core_12", "ours", core, ours),
        Contender("core_40", "ours", sample_invoice(_CORE, 40), ours),
        Contender("core_300", "ours", sample_invoice(_CORE, 300), ours),
        Contender("unicode_12", "naive", cyrillic, partial(naive_invoice, fonts=_font_files())),
        Contender("unicode_12", "ours", cyrillic, ours),
        Contender("report", "ours", report, ours),
        Contender("custom", "naive", text, naive_custom),
        Contender("custom", "ours", text, ours),
    ]
    if importlib.util.find_spec("reportlab"):
        from pdflab.benchmarks.platypus import platypus_invoice

        contenders.append(Contender("core_12", "platypus", core, platypus_invoice))
    return contenders


def _font_files() -> FontFiles:
    """Return the two files that a tutorial would use."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"


def _take_turns(contenders: Sequence[Contender], rounds: int) -> list[list[float]]:
    """Return the seconds of each document that each contender drew."""
    for contender in contenders:
        _timed(contender)  # warm-up: only a first document loads fonts, words and memory pools
    gc.freeze()  # exclude existing objects from later collections
    times: list[list[float]] = [[] for _ in contenders]
    for _ in rounds_of(rounds, "measuring"):
        for contender, taken in zip(contenders, times, strict=True):
            gc.collect()
            taken += [_timed(contender) for _ in range(PER_TURN)][1:]
    gc.unfreeze()
    return times


def _timed(contender: Contender) -> float:
    request = parse_request(contender.data)  # a new one each time: it caches its sums
    gc.disable()
    began = CPU_CLOCK()
    contender.draw(request)
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
