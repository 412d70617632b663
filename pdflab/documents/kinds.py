"""The kinds of document: one table for checking requests, making samples and drawing PDFs.

A new kind is one entry in KINDS. Its drawing code is imported on first use: the API, which only checks
requests, never loads the renderer.
Read next: pdflab/documents/requests/base.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field, TypeAdapter, ValidationError

from pdflab.documents.requests.base import DocumentRequest, problems_in
from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.requests.report import ReportRequest
from pdflab.documents.samples.requests import sample_custom, sample_invoice, sample_report
from pdflab.errors import InvalidRequest

if TYPE_CHECKING:
    from pdflab.documents.typesetting.page import Rendered

_TYPE = re.compile(rb'"type"\s*:\s*"(\w+)"')


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    `draw(request, created_at=…, typesetter=…)` draws a checked request. `sample(seed, lines)` returns the
    JSON of a made-up one; `lines` is the number of its items or rows, or None.
    """

    name: str
    title: str
    model: type[DocumentRequest]
    draw: "Callable[..., Rendered]"
    sample: Callable[[int, int | None], dict[str, Any]]


def parse_request(data: object) -> DocumentRequest:
    """Return the request that decoded JSON describes.

    Raises InvalidRequest with the first 20 problems, each a path such as `lines.2.quantity` and a sentence.
    """
    if not isinstance(data, dict):
        raise InvalidRequest([("", 'a request is a JSON object, such as {"type": "custom", ...}')])
    name = data.get("type")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        *others, last = (f'"{name}"' for name in KINDS)
        raise InvalidRequest([("type", f"must name the document: {', '.join(others)} or {last}")])
    try:
        return kind.model.model_validate(data)
    except ValidationError as error:
        raise InvalidRequest(problems_in(error)) from None


def parse_json(text: bytes) -> DocumentRequest | None:
    """Return the request in a JSON text, checked while it is decoded.

    None means that only `parse_request` can say what is wrong, if anything is.
    """
    found = _TYPE.search(text)
    kind = KINDS.get(found[1].decode()) if found else None
    try:
        return kind.model.model_validate_json(text) if kind else None
    except ValidationError:
        return None


def sample_request(kind: str, seed: int, *, lines: int | None = None) -> dict[str, Any]:
    """Return a made-up request; `lines` is the number of an invoice's items, or of a report's table rows.

    Raises KeyError for a kind that does not exist.
    """
    return KINDS[kind].sample(seed, lines)


def request_schema(*, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """Return the JSON schema of a request; `ref_template` is the place of its parts."""
    models: Any = Union[tuple(kind.model for kind in KINDS.values())]  # noqa: UP007 (| takes no tuple)
    choice: Any = Annotated[models, Field(discriminator="type")]
    return TypeAdapter(choice).json_schema(ref_template=ref_template)


def _draw_custom(request: CustomRequest, **how: Any) -> "Rendered":
    from pdflab.documents.custom import draw_custom

    return draw_custom(request, **how)


def _draw_invoice(request: InvoiceRequest, **how: Any) -> "Rendered":
    from pdflab.documents.invoice.invoice import draw_invoice

    return draw_invoice(request, **how)


def _draw_report(request: ReportRequest, **how: Any) -> "Rendered":
    from pdflab.documents.report.report import draw_report

    return draw_report(request, **how)


KINDS: dict[str, Kind] = {
    "custom": Kind("custom", "Custom PDF", CustomRequest, _draw_custom, sample_custom),
    "invoice": Kind("invoice", "Invoice", InvoiceRequest, _draw_invoice, sample_invoice),
    "report": Kind("report", "Report", ReportRequest, _draw_report, sample_report),
}
