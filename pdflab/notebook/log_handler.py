"""Shows the lab's log messages in a panel, rather than in the running cell.

Read next: pdflab/notebook/hints.py.
"""

import logging
from collections.abc import Callable


class LogForwarder(logging.Handler):
    """Passes every warning of the lab to `report`, on any thread, until it is closed."""

    def __init__(self, report: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        logging.getLogger("pdflab").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Report one message."""
        self._report(record.getMessage())

    def close(self) -> None:
        """Report no more."""
        logging.getLogger("pdflab").removeHandler(self)
        super().close()
