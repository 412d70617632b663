"""The lab: the whole system in one object, with its buttons and its instruments.

Read next: lab/lab.py.
"""

from pdflab.lab.lab import Lab

__all__ = ["Lab"]
