"""Answers of a classroom's server: JSON, one sentence for a mistake, and the headers of a safe page.

Read next: pdflab/classroom/web/live.py.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from pdflab.classroom.students import NotAllowed, TooMany
from pdflab.errors import PdfLabError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_log = logging.getLogger(__name__)


async def read_object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; another site's page cannot send one here."""
    if request.content_type != "application/json":
        raise NotAllowed("Send JSON.")
    body = await request.read()
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):  # the second one is of a thousand brackets
        raise NotAllowed("That is no JSON.") from None
    if not isinstance(data, dict):
        raise NotAllowed("Send a JSON object.")
    return data


@web.middleware
async def answer_safely(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what is not allowed in one sentence."""
    try:
        return await handler(request)
    except NotAllowed as error:
        return error_answer(429 if isinstance(error, TooMany) else 400, str(error))
    except PdfLabError as error:
        return error_answer(503, str(error))
    except web.HTTPException as error:
        return error_answer(error.status, error.reason)
    except OSError:  # the page has gone while it was sent something
        raise
    except Exception:
        _log.exception("A request failed.")
        return error_answer(500, "This request failed; the room's log says why. Try again.")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers of a safe page to every answer."""
    response.headers.update(_HEADERS)


def error_answer(status: int, detail: str) -> web.Response:
    """Return an error with its sentence, as RFC 9457 has it."""
    return web.json_response({"detail": detail}, status=status, content_type="application/problem+json")
