"""The end of an invoice: payment details on the left, totals on the right, kept together on one page.

Read next: pdflab/documents/invoice/content.py.
"""

import re
from typing import NamedTuple

from pdflab.documents.invoice.content import account_of, code_of, sums_of, translations_for
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.typesetting.page import Sheet
from pdflab.documents.typesetting.style import ACCENT, BODY, GUTTER, INK, LABEL, MARGIN, SMALL, STRONG, Style

TOTAL = Style(13, bold=True, colour=ACCENT)
DETAIL = Style(8)
SUMS_WIDTH = 224.0
CODE_SIDE = 74.0  # 26 mm; banking apps can read 20 mm
ABOVE = 16.0
_ACCOUNT = (LABEL, STRONG, DETAIL, DETAIL)  # the styles of its lines
_DARK = re.compile("1+")


class _Sum(NamedTuple):
    label: str
    amount: str
    style: Style

    @property
    def height(self) -> float:
        return self.style.leading + (10 if self.style is TOTAL else 3)  # the last one has a rule above it


class TotalsBlock:
    """Totals and payment details, wrapped and measured before they are drawn."""

    def __init__(self, sheet: Sheet, request: InvoiceRequest) -> None:
        self.sheet, self.scan = sheet, translations_for(request.locale)["scan"]
        texts = sums_of(request)
        styles = [BODY] * (len(texts) - 3) + [STRONG if request.totals.paid else BODY, BODY, TOTAL]
        self.sums = [_Sum(*text, style) for text, style in zip(texts, styles, strict=True)]
        widest = max(
            sheet.width_of(line.label, line.style) + GUTTER + sheet.width_of(line.amount, line.style)
            for line in self.sums
        )
        self.left = sheet.right - max(SUMS_WIDTH, min(widest, sheet.epw))
        self.code = code_of(request)
        self.beside = self.left - MARGIN - 2 * GUTTER >= 2 * CODE_SIDE
        self.indent = CODE_SIDE + GUTTER if self.code else 0.0
        width = (self.left - 2 * GUTTER if self.beside else sheet.right) - MARGIN - self.indent
        self.details = [
            (line, style)
            for text, style in zip(account_of(request), _ACCOUNT, strict=False)
            for line in sheet.wrap(text, width, style)
        ]

    @property
    def height(self) -> float:
        """Return the height of the part that must fit on one page."""
        sums = sum(line.height for line in self.sums)
        return ABOVE + (max(sums, self._payment_height) if self.beside else sums)

    @property
    def _payment_height(self) -> float:
        code = CODE_SIDE + SMALL.leading + 4 if self.code else 0.0
        return max(code, sum(style.leading for _, style in self.details))

    def draw(self) -> None:
        """Draw both, and move the cursor below them."""
        sheet = self.sheet
        sheet.needs(self.height)
        sheet.y += ABOVE
        page, top = sheet.page, sheet.y
        if self.beside:
            self._draw_payment()
        ends, sheet.y = sheet.y, top
        for line in self.sums:
            sheet.needs(line.height)
            self._draw_sum(line)
        if self.beside:
            sheet.y = max(sheet.y, ends) if sheet.page == page else sheet.y
        elif self.details:
            sheet.y += ABOVE
            sheet.needs(self._payment_height)
            self._draw_payment()

    def _draw_payment(self) -> None:
        sheet, top = self.sheet, self.sheet.y
        for line, style in self.details:
            sheet.put(line, style, x=MARGIN + self.indent)
            sheet.y += style.leading
        if self.code:
            # each run of dark modules is a bar, and all bars are one shape, so that viewers show no seams
            bars = [(*run.span(), row) for row, text in enumerate(self.code) for run in _DARK.finditer(text)]
            sheet.bars(bars, MARGIN, top, unit=CODE_SIDE / len(self.code), colour=INK)
            sheet.put(self.scan, SMALL, y=top + CODE_SIDE + 2)
            sheet.y = max(sheet.y, top + CODE_SIDE + SMALL.leading + 4)

    def _draw_sum(self, line: _Sum) -> None:
        sheet, ends = self.sheet, self.sheet.y + line.height
        if line.style is TOTAL:
            sheet.y += 2
            sheet.bar(sheet.right - self.left, 1, ACCENT, x=self.left)
            sheet.y += 8
        sheet.put(line.label, line.style, x=self.left)
        sheet.put(line.amount, line.style, x=sheet.right, right=True)
        sheet.y = ends
