"""Run a command, and end it when our guardian goes: `python -m pdflab.guard FOLDER … -- COMMAND …`.

The guardian holds the other end of our standard input and never writes to it. When it ends, even
by SIGKILL, the pipe closes. A parent-death signal would not do: it fires when the thread ends that
started us, and macOS has none. The folders are temporary: they go when the command has ended.

Read next: supervisor.py.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from threading import Thread
from types import FrameType

_AFTER_OUR_SIBLINGS = 3.2  # seconds: the guardian's other children need the command until they have ended


def main(folders: list[str], command: list[str]) -> int:
    """Run `command` until it ends, we are told to stop, or our guardian goes."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def end(signum: int = 0, frame: FrameType | None = None) -> None:
        child.terminate()

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        time.sleep(_AFTER_OUR_SIBLINGS)
        end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our guardian, who then tells us
    Thread(target=watch, daemon=True).start()
    try:
        return child.wait()
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    border = sys.argv.index("--")
    sys.exit(main(sys.argv[1:border], sys.argv[border + 1 :]))
