"""What goes over the wire: documents made from a plan when they are due, one by one or in batches.

Read next: generator.py.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pdflab.documents.kinds import KINDS, sample_request
from pdflab.errors import UsageError
from pdflab.load.plan import Plan

Requests = Plan | Iterable[tuple[float, str, dict[str, Any]]]

_BATCH_DOCUMENTS = 1_000
_BATCH_BYTES = 3_000_000  # well below what the service takes by default


class Document(NamedTuple):
    """One request, encoded; `at` is in seconds since the plan began."""

    at: float
    kind: str
    body: bytes
    seed: int | None = None


def batches_of(requests: Requests, *, batched: bool) -> Iterator[list[Document]]:
    """Return what is posted together, in the order of sending: single documents, or batches of many."""
    if isinstance(requests, Plan) and (unknown := set(requests.kinds) - set(KINDS)):
        raise UsageError(f"There are no {', '.join(sorted(unknown))} documents: take {', '.join(KINDS)}.")
    documents = _planned(requests) if isinstance(requests, Plan) else _given(requests)
    return _batches(documents) if batched else ([document] for document in documents)


def _planned(plan: Plan) -> Iterator[Document]:
    for a in plan.arrivals():
        yield Document(a.at, a.kind, _encoded(sample_request(a.kind, a.seed, lines=plan.lines)), a.seed)


def _given(requests: Iterable[tuple[float, str, dict[str, Any]]]) -> Iterator[Document]:
    return (Document(at, kind, _encoded(request)) for at, kind, request in requests)


def _encoded(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False).encode()


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for document in documents:
        if batch and (len(batch) == _BATCH_DOCUMENTS or size + len(document.body) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += len(document.body)
    if batch:
        yield batch
