"""`pdflab sample`: render a made-up document.

Read next: pdflab/documents/render.py.
"""

import argparse
import os
import sys
from pathlib import Path

from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.render import render
from pdflab.errors import require
from pdflab.service.worker.font_files import find_fonts
from pdflab.settings import Settings

SAMPLE_DATE = 1_767_225_600  # 2026-01-01: the same seed always makes the same bytes
_MAX_LINES = 1_000


def add_arguments(sample: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `sample`."""
    sample.set_defaults(run=make_sample)
    sample.add_argument("kind", choices=tuple(KINDS))
    sample.add_argument("--seed", type=int, default=0, help="the same seed makes the same document")
    sample.add_argument("--lines", type=int, help="of the invoice, or rows of the report's table")
    sample.add_argument("--out", default="-", metavar="FILE", help="the PDF (default -, for a pipe)")


def make_sample(a: argparse.Namespace) -> int:
    """Write the PDF of a made-up document to a file, or to a pipe."""
    advice = f"A PDF is not for a terminal; name a file: pdflab sample {a.kind} --out {a.kind}.pdf"
    require(a.out != "-" or not sys.stdout.isatty(), advice)
    require(a.lines is None or 1 <= a.lines <= _MAX_LINES, f"--lines must be between 1 and {_MAX_LINES}.")
    fonts = find_fonts(Settings.from_env(os.environ).fonts)
    document = parse_request(sample_request(a.kind, a.seed, lines=a.lines))
    pdf = render(document, created_at=SAMPLE_DATE, fonts=fonts).pdf
    if a.out == "-":
        sys.stdout.buffer.write(pdf)
    else:
        Path(a.out).write_bytes(pdf)
    return 0
