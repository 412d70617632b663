"""The lab's own words, such as "worker-1 ended with -9; it is started again.", told to who shows them.

Without this they would be written into whatever cell is running.

Read next: notebook/control_room.py.
"""

import logging
from collections.abc import Callable


class LogForwarder(logging.Handler):
    """Tells every warning of the lab's, on whatever thread it arises, until it is closed."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        logging.getLogger("pdflab").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one."""
        self._tell(record.getMessage())

    def close(self) -> None:
        """Tell no more."""
        logging.getLogger("pdflab").removeHandler(self)
        super().close()
