"""Errors as answers: RFC 9457 problem+json, never a traceback.

Read next: pdflab/service/http/security.py.
"""

import json
import logging
import re
from http import HTTPStatus
from itertools import islice
from typing import Any

from flask import Flask, Request, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pdflab.errors import (
    BrokerRefuses,
    BrokerUnavailable,
    ImpossibleDocument,
    InvalidRequest,
    KeyReused,
    QueueFull,
    RequestGone,
    StorageUnavailable,
)
from pdflab.service.http.connections import TOO_LARGE

_log = logging.getLogger(__name__)
LARGE = 64_000  # bytes: a smaller body costs little, whatever it is
_TOO_MANY = "The body has too many parts. Split it into several requests."
_NAME = re.compile(rb'"\s*:')
_MAX_PARTS, _MAX_GROUPS = 150_000, 100_000  # of a body: values or names; lists and objects
_MAX_FIELDS = 50  # of an object: none of ours has more than 20
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
    """Return the decoded body of a request. Raises InvalidRequest when it is not JSON, or has too many parts.

    A part costs ten times its bytes in memory, and an unknown field more: they are counted before.
    """
    body = request.get_data()
    names = sum(1 for _ in islice(_NAME.finditer(body), _MAX_PARTS + 1)) if len(body) > LARGE else 0
    groups = body.count(b"[") + body.count(b"{")
    if max(names, body.count(b",")) > _MAX_PARTS or groups > _MAX_GROUPS:
        raise InvalidRequest([("", _TOO_MANY)])
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidRequest([("", "The body is nested too deeply.")]) from None
    except ValueError as error:
        raise InvalidRequest([("", f"The body is not JSON: {error}")]) from None
    if names and _has_wide_object(data):
        raise InvalidRequest([("", _TOO_MANY)])
    return data


def _has_wide_object(data: Any) -> bool:
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if len(item) > _MAX_FIELDS:
                return True
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return False


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
    app.register_error_handler(RequestGone, lambda error: problem(409, str(error)))
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
    reason = "refuses jobs at present" if isinstance(error, BrokerRefuses) else "cannot be reached"
    detail = f"The queue {reason}. Send the request again with the same Idempotency-Key."
    return problem(503, detail, retry_after=_RETRY_AFTER)


def _too_large(error: RequestEntityTooLarge) -> Response:
    return problem(413, TOO_LARGE)


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
