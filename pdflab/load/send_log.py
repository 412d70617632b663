"""What was sent and what clients were told, written down as it happens, for the audit and for a run.

Read next: load/scenarios.py.
"""

import json
import os
from pathlib import Path

from pdflab.analysis.run import Send


class SendLog:
    """Writes down each send, and first what its client was told: one line for every 202, for the audit.

    A line is one append, handed to the system at once: it survives this process being killed.
    """

    def __init__(self, sends: Path, accepted: Path) -> None:
        self._sends, self._accepted = _open_append(sends), _open_append(accepted)

    def __call__(self, send: Send) -> None:
        """Append a send."""
        if send.status == 202 and send.job_id:
            told = {"job_id": send.job_id, "at": send.answered_at}
            os.write(self._accepted, f"{json.dumps(told)}\n".encode())
        os.write(self._sends, f"{send.to_json()}\n".encode())

    def close(self) -> None:
        """Close both files."""
        os.close(self._sends)
        os.close(self._accepted)


def _open_append(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
