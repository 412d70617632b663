"""Service times: from an argument, from a real run, or measured now.

Read next: pdflab/simulation/calibration.py, pdflab/cli/plan.py.
"""

import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np

from pdflab.analysis.run import Run
from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.errors import UsageError, require
from pdflab.load.plan import MOSTLY_INVOICES
from pdflab.simulation.calibration import ServiceTimes, calibrate

_DOCUMENTS = 20  # of each kind
_MIN_LINES, _MAX_LINES = 20, 400  # of an invoice
_TURNS = 3  # of all of them; the median counts


def service_times(seconds: float | None, run_file: Path | None) -> tuple[ServiceTimes, Mapping[str, float]]:
    """Return service times and mix. Raises UsageError for both seconds and a file, or for a wrong file."""
    if run_file is None:
        mix = MOSTLY_INVOICES
        return measure_rendering() if seconds is None else ServiceTimes.lognormal(mix, mean=seconds), mix
    require(seconds is None, "Give either --service or --run.")
    try:
        service = calibrate(Run.load(run_file)).service
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UsageError(f"{run_file} is not a run that pdflab has saved; name one that is.") from None
    counts = {kind: len(seconds) for kind, seconds in service.seconds.items()}
    return service, {kind: count / sum(counts.values()) for kind, count in counts.items()}


def name_source(seconds: float | None, run_file: Path | None) -> str:
    """Return the source of these service times, and what they omit."""
    if run_file is not None:
        return f"learnt from {run_file}"
    if seconds is not None:
        return "as given"
    return "rendering alone, measured here; a real run, --run FILE, knows what the rest costs"


def measure_rendering() -> ServiceTimes:
    """Render some documents of each kind now, and measure the processor time of each.

    A first round fills the caches of fonts and glyphs, as in a worker that has run for a while.
    """
    from pdflab.documents.render import render
    from pdflab.documents.typesetting.font_book import FontBook

    fonts, taken = FontBook(), {kind: np.zeros((_TURNS + 1, _DOCUMENTS)) for kind in KINDS}
    for turn, number, kind in product(range(_TURNS + 1), range(_DOCUMENTS), KINDS):
        document = parse_request(sample_request(kind, number))
        began = time.thread_time()
        render(document, created_at=0.0, fonts=fonts)
        taken[kind][turn, number] = time.thread_time() - began
    return ServiceTimes({kind: np.median(seconds[1:], axis=0) for kind, seconds in taken.items()})


def lines_to_render(seconds: float) -> int:
    """Return the lines of an invoice that takes this machine about so long, between 20 and 400.

    The best of three counts: other programs only make it slower.
    """
    lines = round(_MAX_LINES * seconds / min(seconds_to_render(_MAX_LINES) for _ in range(3)))
    return max(_MIN_LINES, min(_MAX_LINES, lines))


def seconds_to_render(lines: int) -> float:
    """Return how long this machine, as busy as it is, takes to render one invoice of so many lines."""
    from pdflab.documents.render import render
    from pdflab.documents.typesetting.font_book import FontBook

    document, fonts = parse_request(sample_request("invoice", 0, lines=lines)), FontBook()
    render(document, created_at=0.0, fonts=fonts)  # the first one loads everything
    began = time.perf_counter()
    render(document, created_at=0.0, fonts=fonts)
    return time.perf_counter() - began
