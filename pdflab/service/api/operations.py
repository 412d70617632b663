"""The route that starts an operation, such as a burst of documents.

Read next: pdflab/service/api/monitoring.py.
"""

from collections.abc import Mapping

from flask import Blueprint, request

from pdflab.errors import InvalidRequest
from pdflab.service.api.context import context
from pdflab.service.http.errors import read_json

operation_routes = Blueprint("operations", __name__)


@operation_routes.post("/operations/<name>")
def start_operation(name: str) -> tuple[Mapping[str, object], int]:
    """Start an operation outside this process: {"n": 50, "seconds": 10}."""
    parameters = read_json(request) if request.content_length else {}
    if not isinstance(parameters, dict):
        raise InvalidRequest([("", "The body must be a JSON object.")])
    return context().operations.start(name, parameters), 202
