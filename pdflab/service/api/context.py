"""What the views of one application share: the queue, the storage, the operations and two cached answers.

Read next: pdflab/service/http/cache.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from flask import current_app

from pdflab.service.http.cache import CachedCall
from pdflab.service.jobqueue.base import Monitor, Producer, Stats
from pdflab.service.storage.base import Storage


class Operations(Protocol):
    """Starts loads outside the API's own threads: the API never sends load itself."""

    def listing(self) -> Sequence[Any]:
        """Return the operations, each with its `name`, `title`, `hint` and `parameters`.

        `title` and `hint` may name parameters, as in "Batch of {n}".
        """

    def start(self, name: str, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Start one and return what it sends. Raises InvalidRequest, naming each wrong parameter."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the views of one application work with."""

    producer: Producer
    monitor: Monitor
    storage: Storage
    operations: Operations
    max_batch: int
    stats: CachedCall[Stats]
    snapshot: CachedCall[bytes]


def context() -> Context:
    """Return the context of the application that answers the current request."""
    return cast(Context, current_app.extensions["pdflab"])
