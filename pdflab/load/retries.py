"""How clients retry: a pause that doubles, with jitter, and a budget that they share.

The words are those of the simulation's model.

Read next: pdflab/analysis/run.py.
"""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from pdflab.errors import require

_REFUSED = (429, 503)
_UNANSWERED = ("timeout", "connection")


@dataclass(frozen=True, slots=True)
class Retries:
    """A client sends up to `tries` requests while it is refused or has no answer. It ignores Retry-After.

    It pauses for `backoff` seconds before the second one, and for twice as long before each other; this share
    of a pause, `jitter`, is random. All clients together retry at most the share `budget` of the first
    requests so far. Raises UsageError for invalid values.
    """

    tries: int = 1
    backoff: float = 1.0
    jitter: float = 0.5
    budget: float = inf

    def __post_init__(self) -> None:
        require(self.tries >= 1, "A request needs one try or more.")
        require(0 <= self.backoff < inf, "A backoff is 0 seconds or more, and finite.")
        require(0 <= self.jitter <= 1, "A jitter is a share of the pause, from 0 to 1.")
        require(self.budget >= 0, "A budget is a share of the first requests, 0 or more.")

    def longest(self, timeout: float) -> float:
        """Return the seconds after which a client with this timeout has certainly given up."""
        pauses = self.backoff * (2.0 ** (self.tries - 1) - 1) * (1 + self.jitter)
        return self.tries * timeout + pauses


NO_RETRIES = Retries()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of the requests of a client, after a pause in seconds; `headers` has what they have in common."""

    number: int = 1
    pause: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


class Retrying:
    """Decides for all clients of a load whether to retry."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._first = self._retried = 0

    def first(self) -> Attempt:
        """Return the first attempt of a client; the idempotency key makes one job of all that arrive."""
        self._first += 1
        retries = self._retries.tries > 1
        return Attempt(headers={"Idempotency-Key": secrets.token_hex(16)} if retries else {})

    def after(self, attempt: Attempt, status: int, error: str | None) -> Attempt | None:
        """Return the next attempt after this answer; None if the client does not retry."""
        retries = self._retries
        may_help = status in _REFUSED or (status == 0 and error in _UNANSWERED)
        if not may_help or attempt.number >= retries.tries:
            return None
        if self._retried + 1 > retries.budget * self._first:
            return None
        self._retried += 1
        random_share = random.uniform(1 - retries.jitter, 1 + retries.jitter)
        pause = retries.backoff * 2.0 ** (attempt.number - 1) * random_share
        return Attempt(attempt.number + 1, pause, attempt.headers)
