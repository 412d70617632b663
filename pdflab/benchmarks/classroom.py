"""`pdflab bench classroom`: how fast a press is answered while the workers are busy, and what the room costs.

Phones in a process of their own press within two seconds, at the queued endpoint, while two workers have
work for all of it: the machine's cores are never idle. This process has the room and the lab's supervisor.

Read next: pdflab/classroom/host.py.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pdflab.benchmarks.measuring import rounds_of
from pdflab.child_process import wait_until
from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.state import Options
from pdflab.lab import Lab

_PHONES, _ROUNDS, _SECONDS = (40, 200), 3, 12.0
_JOIN_TIMEOUT = 30.0  # seconds
_LATE = 0.1  # seconds within which a press is to be answered


def measure(
    *, phones: Sequence[int] = _PHONES, rounds: int = _ROUNDS, seconds: float = _SECONDS
) -> dict[str, Any]:
    """Measure with each number of phones: seconds until a press is answered, and shares of a core."""
    figures: dict[str, Any] = {}
    for count in phones:
        with Lab(workers=2, preset="classroom") as lab:
            figures |= {"redis": lab.redis}
            figures |= {
                f"{name}_{count}": value for name, value in _class(lab, count, rounds, seconds).items()
            }
    return figures


def explain(figures: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for each figure."""
    f = dict(figures)
    yield f"on {f['redis']}, with two workers that are never idle:"
    for count in (name.removeprefix("press_p99_ms_") for name in figures if name.startswith("press_p99_ms_")):
        f |= {name.removesuffix(f"_{count}"): value for name, value in figures.items()}
        yield (
            f"{count} phones: a press is answered in {f['press_p50_ms']:.0f} ms (p50), "
            f"{f['press_p99_ms']:.0f} ms (p99; under {1e3 * _LATE:.0f}), of {f['presses']}, "
            f"and {f['unanswered']} were not; "
            f"{f['updates_per_s']:.1f} messages a second to each (2 or more); "
            f"the room takes {f['room_cpu']:.0%} of a core"
        )


def _class(lab: Lab, count: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Play so many rounds with simulated phones."""
    cpu = 0.0
    with ClassroomHost(lab, Options(phones=count), at=("127.0.0.1", 0)) as host:
        phones = _start_phones(host, count)
        wait_until(lambda: host.room.connected >= count, _JOIN_TIMEOUT)
        for _ in rounds_of(rounds, f"{count} phones"):
            host.control("act", "queued")
            began, spent = time.monotonic(), time.process_time()
            host.control("go")
            time.sleep(seconds)
            cpu += (time.process_time() - spent) / (time.monotonic() - began) / rounds
        host.control("act", "predict")  # which clears the queue
    lines = phones.communicate(timeout=_JOIN_TIMEOUT)[0].splitlines()
    return _figures([json.loads(line) for line in lines]) | {"room_cpu": round(cpu, 4)}


def _start_phones(host: ClassroomHost, count: int) -> "subprocess.Popen[str]":
    words = ["-m", "pdflab.classroom.simulated_phones", host.local_url, host.code, str(count)]
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)


def _figures(phones: Sequence[dict[str, Any]]) -> dict[str, Any]:
    presses = [press for phone in phones for press in phone["presses"] if press["status"] == 202]
    took = [press["answered_at"] - press["sent_at"] for press in presses]
    gaps = [later - earlier for phone in phones for earlier, later in pairwise(phone["messages"])]
    p50, p99 = np.percentile(took, [50, 99])
    return {
        "presses": len(presses),
        "unanswered": sum(press["status"] == 0 for phone in phones for press in phone["presses"]),
        "press_p50_ms": round(1e3 * p50, 1),
        "press_p99_ms": round(1e3 * p99, 1),
        "updates_per_s": round(1 / float(np.median(gaps)), 2),
    }
