"""The recursion of simulation/fcfs.py, compiled by numba where that is installed: `pip install
'pdflab[fast]'`.

Read next: simulation/fcfs.py, which it must agree with to the last bit.
"""

from functools import cache
from importlib.util import find_spec

import numpy as np

from pdflab.simulation.fcfs import Floats, Serve, serve


@cache
def fastest_serve() -> Serve:
    """Return the compiled recursion, or the plain one without numba; compiling takes a second, once."""
    if find_spec("numba") is None:
        return serve
    from numba import njit

    compiled = njit(_serve)

    def serve_compiled(at: Floats, service: Floats, free: list[float]) -> Floats:
        heap = np.array(free, dtype=at.dtype)
        started: Floats = compiled(at, service, heap)
        free[:] = heap.tolist()
        return started

    return serve_compiled


def _serve(at: Floats, service: Floats, free: Floats) -> Floats:
    """Do as engine.serve does; the worker that starts a job sinks to its place in the heap."""
    started = np.empty_like(at)
    workers = len(free)
    for job in range(len(at)):
        started[job] = max(at[job], free[0])
        end = started[job] + service[job]
        place, below = 0, 1
        while below < workers:
            if below + 1 < workers and free[below + 1] < free[below]:
                below += 1
            if free[below] >= end:
                break
            free[place] = free[below]
            place, below = below, 2 * below + 1
        free[place] = end
    return started
