"""`pdflab audit` and `pdflab dead-letters`: the outcomes of jobs.

`dead-letters` sends HTTP requests to a running service, as any operator's script could.

Read next: pdflab/audit.py, pdflab/service/api/app.py.
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pdflab.audit import audit
from pdflab.cli.arguments import add_folder, add_url, print_report
from pdflab.errors import PdfLabError, UsageError, require
from pdflab.lab.http_client import send_request
from pdflab.service.token_file import token_for
from pdflab.settings import Settings

_TIMEOUT = 30.0  # seconds: a retry of thousands of jobs takes a while


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of `audit` or `dead-letters`."""
    if name == "audit":
        command.set_defaults(run=_audit)
        command.add_argument("folder", type=Path, nargs="?", help="folder of the run (default pdflab-data)")
    else:
        command.set_defaults(run=_dead_letters)
        which = command.add_mutually_exclusive_group()
        which.add_argument("--retry", nargs="+", metavar="JOB_ID", help="retry these jobs, each as a new one")
        which.add_argument("--retry-all", action="store_true", help="retry all of them")
        which.add_argument("--dismiss", nargs="+", metavar="JOB_ID", help="list these jobs no more")
        which.add_argument("--dismiss-all", action="store_true", help="list none of them any more")
        add_url(command)
        add_folder(command, "folder of the system, with its token")


def _audit(arguments: argparse.Namespace) -> int:
    verdict = audit(Settings.from_env(os.environ, folder=arguments.folder))
    print_report(arguments, asdict(verdict.counts), [verdict.text])
    return 0 if verdict.clean else 1


def _dead_letters(a: argparse.Namespace) -> int:
    if a.retry:
        paths = [f"/jobs/{quote(job_id, safe='')}/retry" for job_id in a.retry]
        retried = [_ask(a, "POST", path)["job_id"] for path in paths]
        found: dict[str, Any] = {"job_ids": retried}
        lines = [f"{job_id} is retried as {again}" for job_id, again in zip(a.retry, retried, strict=True)]
    elif a.retry_all:
        found = _ask(a, "POST", "/dead-letters/retry")
        lines = [f"tried again: {len(found['job_ids']):,}"]
    elif a.dismiss:
        for job_id in a.dismiss:
            _ask(a, "POST", f"/jobs/{quote(job_id, safe='')}/dismiss")
        found, lines = {"dismissed": len(a.dismiss)}, [f"dismissed: {len(a.dismiss):,}"]
    elif a.dismiss_all:
        found = _ask(a, "POST", "/dead-letters/dismiss")
        lines = [f"dismissed: {found['dismissed']:,}"]
    else:
        found = _ask(a, "GET", "/dead-letters")
        lines = list(_table(found["jobs"], beyond=found["count"] - len(found["jobs"])))
    print_report(a, found, lines)
    return 0


def _table(jobs: Sequence[Mapping[str, Any]], *, beyond: int) -> Iterator[str]:
    if not jobs:
        yield "No dead letters."
        return
    yield _row("job", "kind", "failed at", "reason")
    for job in jobs:
        failed_at = datetime.fromtimestamp(job["ended_at"]).isoformat(" ", "seconds")
        yield _row(job["job_id"], job["kind"], failed_at, job["reason"])
    if hopeless := sum(job.get("would_fail_again", False) for job in jobs):
        yield f"{hopeless:,} of these would fail again: the same request has the same fault."
    if beyond:
        yield f"… and {beyond:,} more"


def _row(job_id: str, kind: str, failed_at: str, reason: str) -> str:
    """Return a line of the table, without terminal control codes: a reason may quote a document."""
    shown = "".join(letter if letter.isprintable() else " " for letter in reason)
    return f"{job_id:32}  {kind:8}{failed_at:21}{shown}"


def _ask(a: argparse.Namespace, method: str, path: str) -> dict[str, Any]:
    """Send one request. Raises UsageError when no pdflab answers, PdfLabError when it refuses."""
    url, is_url = a.url, a.url.startswith(("http://", "https://"))
    require(is_url, f"{url!r} is not a URL: it begins with http:// or https://.")
    token = token_for(url, Settings.from_env(os.environ, folder=a.folder))
    body: dict[str, Any] = {}
    try:
        answer = send_request(url, path, method=method, token=token, timeout=_TIMEOUT)
    except OSError:
        message = f"Nothing answers at {url}; start the service with `pdflab up`, or correct --url."
        raise UsageError(message) from None
    with suppress(ValueError):  # broken JSON of another server
        body = answer.json()
    if answer.status >= 400:  # the service's own message; that of a full queue contains the retry delay
        raise PdfLabError(body.get("detail") or f"The server there answered {answer.status}; correct --url.")
    require(bool(body), f"The server at {url} is not pdflab; correct --url.")
    return body
