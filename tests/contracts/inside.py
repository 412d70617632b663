"""All that the contracts know of our modules: a move changes these lines, and no test."""

from pdflab.analysis.metrics import summary
from pdflab.analysis.run import Run
from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.service.worker.font_files import find_fonts
from pdflab.settings import Settings

__all__ = ["Run", "Settings", "find_fonts", "parse_request", "render", "summary"]
