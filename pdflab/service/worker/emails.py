"""A worker with an effect outside its database: it sends an e-mail about each PDF, then completes the job.

No step can do both at once. A worker that dies in between has its job done again by another, which sends a
second e-mail, unless the receiver refuses one with the same key. `Lab(worker="email")` sends twice,
`Lab(worker="email-keyed")` does not.

Read next: pdflab/service/worker/naive.py.
"""

import json
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from pdflab.service.eventlog.reader import Tail
from pdflab.service.jobqueue.base import Claim, Failure
from pdflab.service.worker.worker import Worker

_ANSWER_SECONDS = 0.5  # from the receipt of an e-mail until the receiver's answer is here


@dataclass(frozen=True, slots=True)
class EmailCount:
    """How many e-mails were `sent`; for a job that had one before, they are `doubled`."""

    sent: int
    doubled: int


class Outbox:
    """The receiver of e-mails, a file with one line for each.

    If it is `keyed`, the job id is an idempotency key: it answers as before, and sends no second e-mail.
    """

    def __init__(self, path: Path, *, keyed: bool = False) -> None:
        self._path, self._keyed = path, keyed
        self._job_ids = Tail(path, _job_id)

    def send(self, job_id: str, token: str) -> None:
        """Send the e-mail about a job; the claim's token says which attempt sent it."""
        line = json.dumps({"job_id": job_id, "token": token, "at": time.time()})
        with FileLock(f"{self._path}.lock"):  # the system releases it if the process dies
            if not self._keyed or job_id not in self._job_ids.read():
                with self._path.open("ab", buffering=0) as file:
                    file.write(f"{line}\n".encode())  # whole
        time.sleep(_ANSWER_SECONDS)

    def count(self, job_ids: Collection[str | None] | None = None) -> EmailCount:
        """Count what was sent so far, about these jobs or about all."""
        sent = Counter(one for one in self._job_ids.read() if job_ids is None or one in job_ids)
        return EmailCount(sent.total(), sent.total() - len(sent))


class EmailWorker(Worker):
    """A reliable worker that sends an e-mail about each PDF before it completes the job."""

    def __init__(self, *args: Any, outbox: Outbox, **options: Any) -> None:
        super().__init__(*args, **options)
        self._outbox = outbox

    def _make(self, claim: Claim) -> dict[str, Any] | Failure:
        made = super()._make(claim)
        if not isinstance(made, Failure):
            self._outbox.send(claim.job.job_id, claim.token)
        return made  # a worker that dies here has sent the e-mail, and the job is not completed


def _job_id(line: str) -> str:
    return str(json.loads(line)["job_id"])
