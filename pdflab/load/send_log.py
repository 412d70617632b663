"""Two files, for the audit and for a run: every request sent, and every 202 that a client received.

Read next: pdflab/audit.py.
"""

import json
import os
from pathlib import Path

from pdflab.analysis.run import Send


class SendLog:
    """Writes each send as a line of one file, and before it each accepted job as a line of another.

    Each line is one unbuffered append, so that it survives a kill of this process.
    """

    def __init__(self, sends: Path, accepted: Path) -> None:
        self._sends, self._accepted = _open_append(sends), _open_append(accepted)

    def __call__(self, send: Send) -> None:
        """Append a send."""
        if send.status == 202 and send.job_id:
            accepted = {"job_id": send.job_id, "at": send.answered_at}
            os.write(self._accepted, f"{json.dumps(accepted)}\n".encode())
        os.write(self._sends, f"{send.to_json()}\n".encode())

    def close(self) -> None:
        """Close both files."""
        os.close(self._sends)
        os.close(self._accepted)


def _open_append(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
