"""Shows the lab's log messages, such as "worker-1 ended with -9", on a panel.

Otherwise they would appear in whatever cell is running.

Read next: pdflab/notebook/control_room.py.
"""

import logging
from collections.abc import Callable


class LogForwarder(logging.Handler):
    """Passes every warning of the lab to `show`, on any thread, until it is closed."""

    def __init__(self, show: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._show = show
        logging.getLogger("pdflab").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one message on."""
        self._show(record.getMessage())

    def close(self) -> None:
        """Stop listening."""
        logging.getLogger("pdflab").removeHandler(self)
        super().close()
