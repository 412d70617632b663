"""The parser of the command line: every command, and its file in this folder.

Read next: pdflab/cli/roles.py.
"""

import argparse
import sys
from importlib import import_module
from typing import Any

from pdflab import __version__
from pdflab.cli import course

_COMMANDS = {  # in the order of the help; each command imports its file for `add_arguments`
    "up": ("roles", "run the whole system until Ctrl-C"),
    "api": ("roles", "run the queued endpoint alone"),
    "sync-api": ("roles", "run the synchronous endpoint alone"),
    "worker": ("roles", "run one worker"),
    "naive-worker": ("roles", "run one worker as tutorials write it, to see what it loses"),
    "email-worker": ("roles", "run one worker that sends e-mails, some of them twice"),
    "email-keyed-worker": ("roles", "run one worker that sends each e-mail once"),
    "recorder": ("roles", "run the recorder alone"),
    "demo": ("demo", "compare the synchronous and the queued service"),
    "audit": ("outcomes", "check that every accepted document was kept"),
    "dead-letters": ("outcomes", "list jobs that failed, and retry them"),
    "chaos": ("chaos", "attack a private system, and then audit it"),
    "load": ("load", "send an operation to a running pdflab"),
    "bench": ("bench", "measure this machine"),
    "soak": ("bench", "run many small jobs, to see whether anything grows"),
    "plan": ("plan", "size a fleet: how many workers, at what cost, how surely"),
    "twin": ("plan", "measure how wrong the simulation is here, by real runs"),
    "classroom": ("classroom", "let a class feel the difference on its phones"),
    "course": ("course", "copy the course, for students or for an instructor"),
    "sample": ("documents", "render a made-up document"),
}
_JSON = ("demo", "audit", "dead-letters", "chaos", "bench", "soak", "plan", "twin")  # print figures
_EPILOG = """examples:
  pdflab                                        open the first notebook in JupyterLab
  pdflab 05 --no-browser --port 9000            open another one, by its number, and print its address
  pdflab course student for-my-class            copies of all notebooks, without answers
  pdflab classroom                              a page for phones, one for the projector, one for you
  pdflab demo --scenario month-end              synchronous against queued: a table, a chart, a report
  pdflab up --workers 4                         API, dashboard, recorder and workers, until Ctrl-C
  pdflab load burst --n 200 --url http://127.0.0.1:8000
  pdflab audit pdflab-data                      was every accepted document kept?
  pdflab dead-letters --retry-all               retry all jobs that failed
  pdflab chaos --seconds 30                     inject faults, then audit
  pdflab sample invoice --out invoice.pdf       a made-up document, rendered here and now
  pdflab bench render                           how long documents take on this machine
  pdflab plan --jobs 1000000 --deadline 12      how many workers, and what they cost

Settings can also come from PDFLAB_* variables, such as PDFLAB_REDIS_URL; an option wins.
"""


class _Command(argparse.ArgumentParser):
    """The parser of one command; it imports the command's file on first use."""

    def parse_known_args(self, *args: Any, **kwargs: Any) -> Any:
        name = self.prog.split()[-1]
        module, _ = _COMMANDS[name]
        import_module(f"pdflab.cli.{module}").add_arguments(self, name)
        if name in _JSON:
            self.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        return super().parse_known_args(*args, **kwargs)


class _Program(argparse.ArgumentParser):
    """The parser of the program: options or a notebook's name, instead of a command, open the course."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = sys.argv[1:] if args is None else args
        first = words[0] if words else "--"
        opens_course = first.startswith("-") or course.names_notebook(first)
        if first in ("-h", "--help", "--version") or not opens_course:
            return super().parse_known_args(words, namespace)
        opening = argparse.ArgumentParser(prog=self.prog, description="Open a notebook in JupyterLab.")
        course.add_arguments(opening)
        opening.add_argument("notebook", nargs="?", metavar="NOTEBOOK", help="its name or number")
        return opening.parse_known_args(words, namespace)


def parser() -> argparse.ArgumentParser:
    """Return the parser; parsed arguments have a function `run`, which returns the exit code."""
    form = argparse.RawDescriptionHelpFormatter
    what = "A teaching lab about asynchronous PDF generation."
    parser = _Program(prog="pdflab", description=what, epilog=_EPILOG, formatter_class=form)
    parser.add_argument("--version", action="version", version=f"pdflab {__version__}")
    course.add_arguments(parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Command)
    for name, (_, what) in _COMMANDS.items():
        commands.add_parser(name, help=what, description=f"{what.capitalize()}.")
    return parser
