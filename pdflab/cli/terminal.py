"""Tables and progress bars in a terminal.

Read next: pdflab/experiments/figure_table.py.
"""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pdflab.experiments.figure_table import FigureTable


def rich_table(table: FigureTable) -> Table:
    """Return a table for the terminal: names on the left, figures on the right, no rules between them."""
    drawn = Table(*table.columns, box=None, header_style="bold")
    drawn.columns[0].no_wrap = True
    for column in drawn.columns[1:]:
        column.justify = "right"
    for row in table.rows:
        drawn.add_row(*row)
    return drawn


def print_lines(console: Console, *lines: str, style: str = "") -> None:
    """Print lines of text, wrapped by the terminal alone."""
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, style=style)


def print_files(console: Console, files: dict[str, str]) -> None:
    """Print the path of each file that was saved."""
    print_lines(console, *(f"{name}: {path}" for name, path in files.items()))


def progress_bars(console: Console, *, counted: bool) -> Progress:
    """Return transient bars; `counted` ones show the completed and the total number."""
    counts = (MofNCompleteColumn(),) if counted else ()
    columns = (TextColumn("{task.description:>11}"), BarColumn(), *counts, TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)
