"""Errors as answers: RFC 9457 problem+json, never a traceback.

Read next: pdflab/service/http/security.py.
"""

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Request, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pdflab.errors import (
    BrokerUnavailable,
    ImpossibleDocument,
    InvalidRequest,
    KeyReused,
    QueueFull,
    StorageUnavailable,
)

_log = logging.getLogger(__name__)
_RETRY_AFTER = 1  # seconds, while Redis or the storage is away


def problem(status: int, detail: str, *, retry_after: int | None = None, **members: object) -> Response:
    """Return a problem+json answer with these `members` beside the standard ones."""
    standard = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    response = Response(
        json.dumps(standard | members) + "\n", status, content_type="application/problem+json"
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def read_json(request: Request) -> Any:
    """Return the decoded body of a request. Raises InvalidRequest when it is not JSON."""
    try:
        return json.loads(request.get_data(), parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidRequest([("", "The body is nested too deeply.")]) from None
    except ValueError as error:
        raise InvalidRequest([("", f"The body is not JSON: {error}")]) from None


def add_problem_handlers(app: Flask) -> None:
    """Answer every error that a view may raise with a problem."""
    app.register_error_handler(InvalidRequest, _invalid)
    app.register_error_handler(ImpossibleDocument, lambda error: problem(422, str(error)))
    app.register_error_handler(
        QueueFull, lambda error: problem(429, str(error), retry_after=error.retry_after)
    )
    app.register_error_handler(
        StorageUnavailable, lambda error: problem(503, str(error), retry_after=_RETRY_AFTER)
    )
    app.register_error_handler(KeyReused, lambda error: problem(409, str(error)))
    app.register_error_handler(BrokerUnavailable, _away)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _invalid(error: InvalidRequest) -> Response:
    whole = [what for field, what in error.problems if not field]
    if whole:
        return problem(400, " ".join(whole))
    errors = [{"field": field, "problem": what} for field, what in error.problems]
    return problem(422, str(error), errors=errors)


def _away(error: BrokerUnavailable) -> Response:
    _log.warning("%s", error)
    detail = "The queue cannot be reached. Send the request again with the same Idempotency-Key."
    return problem(503, detail, retry_after=_RETRY_AFTER)


def _too_large(error: RequestEntityTooLarge) -> Response:
    return problem(413, "The request is larger than this service accepts. Split it or shorten it.")


def _http(error: HTTPException) -> Response:
    response = problem(error.code or 500, error.description or "")
    # The header Allow of a 405 is among them.
    response.headers.extend(header for header in error.get_headers() if header[0] != "Content-Type")
    return response


def _bug(error: Exception) -> Response:
    _log.exception("A view failed.")
    return problem(500, "The service has a defect. Its log has the details.")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
