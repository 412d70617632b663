"""A request in, PDF bytes out: pure, deterministic, no I/O.

Read next: pdflab/documents/kinds.py.
"""
