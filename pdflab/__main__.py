"""The command line: `pdflab` opens the first notebook, `pdflab --help` lists the rest."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence

from pdflab.child_process import open_standard_files
from pdflab.cli.parser import parser
from pdflab.errors import PdfLabError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 the answer is no, 2 it could not be done."""
    open_standard_files()
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except PdfLabError as error:
        print(f"pdflab: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone
        return OK
    except OSError as error:
        print(f"pdflab: {error.filename or error}: {error.strerror}; choose another place.", file=sys.stderr)
        return USAGE


if __name__ == "__main__":
    sys.exit(main())
