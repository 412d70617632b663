"""Goodput: the PDFs in time, complete within the patience of their clients; throughput counts all of them.

Read next: pdflab/charts/goodput.py.
"""

from dataclasses import dataclass

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import send_columns, throughput
from pdflab.analysis.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Goodput:
    """The PDFs `in_time` of so many `clients`, and their `rate` a second in bins from `at` on.

    Seconds count from the first request of the run; the last client came at `asked_until`.
    """

    in_time: int
    clients: int
    asked_until: float
    at: Floats
    rate: Floats


def goodput(run: Run, patience: float, *, bin_seconds: float = 1.0) -> Goodput:
    """Count the PDFs that were complete within so many seconds of the intended first send of their client.

    At the synchronous endpoint, the PDF is the answer. At the queued one, a PDF counts whether its client was
    there or not: what is stored in time can be fetched. A bin counts what was completed in it.
    """
    clients = run.sends.clients
    columns = send_columns(clients, run.events)
    completed_at = columns.completed_at - run.began_at
    in_time = completed_at[columns.completion <= patience]
    asked_until = float((columns.intended_at - run.began_at).max(initial=0.0))
    end = asked_until + patience + bin_seconds
    at, rate = throughput(in_time, start=0.0, end=end, bin_seconds=bin_seconds)
    return Goodput(len(in_time), len(clients), asked_until, at, rate)
