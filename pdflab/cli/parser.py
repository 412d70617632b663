"""The parser of the command line: each family of commands adds its own.

Read next: cli/roles.py.
"""

import argparse

from pdflab import __version__
from pdflab.cli.arguments import CommandParser
from pdflab.cli.bench import add_bench_commands
from pdflab.cli.chaos import add_chaos_command
from pdflab.cli.course import open_course
from pdflab.cli.demo import add_demo_command
from pdflab.cli.documents import add_document_commands
from pdflab.cli.load import add_load_command
from pdflab.cli.outcomes import add_outcome_commands
from pdflab.cli.plan import add_plan_commands
from pdflab.cli.roles import add_role_commands

_FAMILIES = (
    add_role_commands,
    add_demo_command,
    add_outcome_commands,
    add_chaos_command,
    add_load_command,
    add_bench_commands,
    add_plan_commands,
    add_document_commands,
)
_EPILOG = """examples:
  pdflab                                        open the lab in JupyterLab
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


def parser() -> argparse.ArgumentParser:
    """Return the parser; what it parses has a function `run`, which returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="pdflab",
        description="A teaching lab about asynchronous PDF generation.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pdflab {__version__}")
    parser.set_defaults(run=open_course)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=CommandParser)
    for add_family in _FAMILIES:  # in the order of the help
        add_family(commands)
    return parser
