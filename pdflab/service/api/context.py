"""The objects that the views of an application share: queue, storage, operations and two cached answers.

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
    """Starts loads outside the threads of the API, which never sends load itself."""

    def listing(self) -> Sequence[Any]:
        """Return the operations, each with its `name`, `title`, `hint` and `parameters`.

        `title` and `hint` may name parameters, as in "Batch of {n}".
        """

    def start(self, name: str, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Start an operation and return what it sends. Raises InvalidRequest, naming each wrong parameter."""


@dataclass(frozen=True, slots=True)
class Context:
    """The objects that the views of one application share."""

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
