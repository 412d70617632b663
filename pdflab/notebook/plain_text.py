"""Text without quotation marks in the output of a cell.

Read next: pdflab/notebook/lessons/lesson.py.
"""


class PlainText(str):
    """A str that a notebook shows as it is."""

    __slots__ = ()
    __repr__ = str.__str__
