"""The whole system in one object, in processes or in threads.

Read next: pdflab/lab/lab.py.
"""

from pdflab.lab.lab import Lab
from pdflab.service.jobqueue.dashboard_view import Stats

__all__ = ["Lab", "Stats"]
