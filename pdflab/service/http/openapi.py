"""The OpenAPI description of the API, built from its routes and from the models of requests.

Read next: pdflab/service/http/server.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.routing import Map, Rule

from pdflab import __version__
from pdflab.documents.kinds import request_schema


def openapi_description(routes: Map, views: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of every route."""
    schema = request_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for rule in routes.iter_rules():
        if rule.endpoint != "static":
            path = rule.rule.replace("<", "{").replace(">", "}")
            paths.setdefault(path, {}).update(_operations(rule, views[rule.endpoint]))
    return {
        "openapi": "3.1.0",
        "info": {"title": "pdflab", "version": __version__},
        "paths": paths,
        "components": {"schemas": definitions | {"DocumentRequest": schema}},
    }


def _operations(rule: Rule, view: Callable[..., Any]) -> dict[str, Any]:
    summary = (view.__doc__ or "").strip().splitlines()[0]
    answers = {"200": {"description": "done"}, "4XX": {"description": "problem+json"}}
    operation: dict[str, Any] = {"summary": summary, "responses": answers}
    if rule.arguments:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in sorted(rule.arguments)
        ]
    if rule.rule == "/generate-pdf":
        schema = {"$ref": "#/components/schemas/DocumentRequest"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {method.lower(): operation for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})}
