"""How figures look in a terminal: names on the left, numbers on the right, no lines between them.

Read next: experiments/comparison.py, which fills such a table.
"""

from rich.table import Table


def figures_table(names: str, *columns: str) -> Table:
    """Begin a table with a column of names, and columns of figures."""
    table = Table(names, *columns, box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    return table
