"""Each role loads what it needs, and no more."""

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from pathlib import Path
from threading import Event
from redis import Redis
from pdflab.service.roles import run_worker
from pdflab.settings import Settings

class Nobody:  # a broker that answers nothing: it is not what is looked at
    def client(self):
        return Redis(port=1, socket_timeout=0.1)

stop = Event()
stop.set()
run_worker(Nobody(), Settings(folder=Path(sys.argv[1]), grace=60), stop)
print(sorted({"matplotlib", "numpy", "flask", "aiohttp"} & {*sys.modules}))
"""


def test_a_worker_loads_neither_charts_nor_numbers_nor_the_web(tmp_path: Path) -> None:
    """Memory is what limits how many workers a machine holds."""
    printed = subprocess.check_output(
        [sys.executable, "-c", CODE, tmp_path], text=True, stderr=subprocess.PIPE
    )

    assert printed.strip() == "[]"
