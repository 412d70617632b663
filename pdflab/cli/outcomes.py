"""`pdflab audit` and `pdflab dead-letters`: the outcomes of jobs.

`dead-letters` sends HTTP requests to a running service, as any operator's script could.

Read next: pdflab/audit.py, pdflab/service/api/app.py.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pdflab.audit import audit
from pdflab.cli.arguments import add_json, add_url
from pdflab.errors import PdfLabError, UsageError
from pdflab.lab.http_client import send_request
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
        add_url(command)
    add_json(command)


def _audit(arguments: argparse.Namespace) -> int:
    verdict = audit(Settings.from_env(os.environ, folder=arguments.folder))
    print(json.dumps(asdict(verdict.counts)) if arguments.json else verdict.text)
    return 0 if verdict.clean else 1


def _dead_letters(arguments: argparse.Namespace) -> int:
    a = arguments
    if a.retry:
        print(retry(a.url, a.retry, as_json=a.json))
    else:
        print((retry_all if a.retry_all else describe_dead_letters)(a.url, as_json=a.json))
    return 0


def describe_dead_letters(url: str, *, as_json: bool = False) -> str:
    """Return the dead letters of a service as a table, or as JSON."""
    found = _ask(url, "GET", "/dead-letters")
    if as_json:
        return json.dumps(found)
    beyond = found["count"] - len(found["jobs"])
    lines = [_row("job", "kind", "failed at", "reason"), *map(_line, found["jobs"])]
    return (
        "\n".join([*lines, *([f"… and {beyond:,} more"] if beyond else [])])
        if found["jobs"]
        else "No dead letters."
    )


def retry(url: str, job_ids: Sequence[str], *, as_json: bool = False) -> str:
    """Retry some FAILED jobs; return the new job of each."""
    new = {job_id: _ask(url, "POST", f"/jobs/{quote(job_id, safe='')}/retry")["job_id"] for job_id in job_ids}
    if as_json:
        return json.dumps({"job_ids": list(new.values())})
    return "\n".join(f"{job_id} is retried as {again}" for job_id, again in new.items())


def retry_all(url: str, *, as_json: bool = False) -> str:
    """Retry every dead letter, each as a new job; return how many there were."""
    found = _ask(url, "POST", "/dead-letters/retry")
    return json.dumps(found) if as_json else f"tried again: {len(found['job_ids']):,}"


def _line(job: dict[str, Any]) -> str:
    failed_at = datetime.fromtimestamp(job["ended_at"]).isoformat(" ", "seconds")
    return _row(job["job_id"], job["kind"], failed_at, job["reason"])


def _row(job_id: str, kind: str, failed_at: str, reason: str) -> str:
    """Return a line of the table, without terminal control codes: a reason may quote a document."""
    shown = "".join(letter if letter.isprintable() else " " for letter in reason)
    return f"{job_id:32}  {kind:8}{failed_at:21}{shown}"


def _ask(url: str, method: str, path: str) -> dict[str, Any]:
    """Send one request. Raises UsageError when no pdflab answers, PdfLabError when it refuses."""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is not a URL: it begins with http:// or https://.")
    try:
        answer = send_request(url, path, method=method, timeout=_TIMEOUT)
    except OSError:
        message = f"Nothing answers at {url}; start the service with `pdflab up`, or correct --url."
        raise UsageError(message) from None
    try:
        body: dict[str, Any] = answer.json()
    except ValueError:
        body = {}
    if answer.status >= 400:  # the service's own message; that of a full queue contains the retry delay
        raise PdfLabError(body.get("detail") or f"The server there answered {answer.status}; correct --url.")
    if not body:
        raise UsageError(f"The server at {url} is not pdflab; correct --url.")
    return body
