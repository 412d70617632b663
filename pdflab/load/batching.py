"""Request bodies, single or in batches, made from a plan shortly before they are due.

Read next: pdflab/documents/kinds.py.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pdflab.documents.kinds import KINDS, sample_request
from pdflab.errors import require
from pdflab.load.plan import Plan

Requests = Plan | Iterable[tuple[float, str, dict[str, Any]]]

_MAX_BATCH_DOCUMENTS = 1_000
_MAX_BATCH_BYTES = 3_000_000  # well below the service's default limit


class Document(NamedTuple):
    """One encoded request; `at` is in seconds since the plan began."""

    at: float
    kind: str
    body: bytes
    seed: int | None = None


def batches_of(requests: Requests, *, batched: bool) -> Iterator[list[Document]]:
    """Return the documents of each POST, in the order of sending: one, or a batch.

    Raises UsageError for a plan with an unknown kind.
    """
    documents = _planned(requests) if isinstance(requests, Plan) else _encode_all(requests)
    return _batches(documents) if batched else ([document] for document in documents)


def _planned(plan: Plan) -> Iterator[Document]:
    unknown = sorted(set(plan.kinds) - set(KINDS))
    require(not unknown, f"There are no {', '.join(unknown)} documents: take {', '.join(KINDS)}.")
    for a in plan.arrivals():
        yield Document(a.at, a.kind, _encode(sample_request(a.kind, a.seed, lines=plan.lines)), a.seed)


def _encode_all(requests: Iterable[tuple[float, str, dict[str, Any]]]) -> Iterator[Document]:
    return (Document(at, kind, _encode(request)) for at, kind, request in requests)


def _encode(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False).encode()


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for document in documents:
        if batch and (len(batch) == _MAX_BATCH_DOCUMENTS or size + len(document.body) > _MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += len(document.body)
    if batch:
        yield batch
