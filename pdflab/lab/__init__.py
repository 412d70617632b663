"""The whole system in one object, in processes or in threads, and what it measures at one instant.

Read next: pdflab/lab/lab.py.
"""

from pdflab.lab.lab import Lab
from pdflab.service.jobqueue.base import Stats

__all__ = ["Lab", "Stats"]
