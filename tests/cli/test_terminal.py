"""Tables in a terminal."""

import io

from rich.console import Console

from pdflab.cli.terminal import print_lines, rich_table
from pdflab.experiments.figure_table import FigureTable

TABLE = FigureTable(("fleet", "workers"), [("fixed, with a long name", "2"), ("<b>", "1,000")])


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_names_are_on_the_left_and_figures_on_the_right() -> None:
    """Nothing is cut, and nothing is wrapped."""
    console = Console(file=io.StringIO(), width=60)

    console.print(rich_table(TABLE))

    _, fixed, other = (line.rstrip() for line in shown(console).splitlines())
    assert fixed.split() == ["fixed,", "with", "a", "long", "name", "2"]
    assert len(fixed) == len(other)


def test_long_lines_are_left_to_the_terminal() -> None:
    """A path that is cut in two cannot be copied."""
    console = Console(file=io.StringIO(), width=20)

    print_lines(console, "x" * 50)

    assert shown(console) == "x" * 50 + "\n"
