"""Two files, for the audit and for a run: every request sent, and every 202 that a client received.

Read next: pdflab/audit.py.
"""

import json
from pathlib import Path

from pdflab.analysis.run import Send


class SendLog:
    """Writes each send as a line of one file, and before it each accepted job as a line of another.

    Each line is one unbuffered append, so that it survives a kill of this process.
    """

    def __init__(self, sends: Path, accepted: Path) -> None:
        self._sends, self._accepted = sends.open("ab", buffering=0), accepted.open("ab", buffering=0)

    def __call__(self, send: Send) -> None:
        """Append a send."""
        if send.status == 202 and send.job_id:
            accepted = {"job_id": send.job_id, "at": send.answered_at}
            self._accepted.write(f"{json.dumps(accepted)}\n".encode())
        self._sends.write(f"{send.to_json()}\n".encode())

    def close(self) -> None:
        """Close both files; a second close does nothing."""
        self._sends.close()
        self._accepted.close()
