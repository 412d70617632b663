"""The OpenAPI description of the API, built from its routes and from the models of requests.

Read next: pdflab/service/http/server.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.routing import Map, Rule

from pdflab import __version__
from pdflab.documents.kinds import request_schema
from pdflab.service.http.security import PUBLIC


def _confirmed(**properties: Any) -> dict[str, Any]:
    """Return the schema of a body without which nothing that is lost is done."""
    properties["confirm"] = {"const": True}
    return {"type": "object", "required": [*properties], "properties": properties}


_DOCUMENT = {"$ref": "#/components/schemas/DocumentRequest"}
_BODIES: Mapping[str, dict[str, Any]] = {
    "/generate-pdf": _DOCUMENT,
    "/generate-pdf/batch": {
        "type": "object",
        "required": ["requests"],
        "properties": {"requests": {"type": "array", "items": _DOCUMENT, "minItems": 1, "maxItems": 1000}},
    },
    "/operations/<name>": {"type": "object", "description": "Its parameters, such as n and seconds."},
    "/queue/cancel": _confirmed(),
    "/jobs/purge": _confirmed(state={"enum": ["COMPLETED", "FAILED", "both"]}),
    "/dead-letters/retry": {"type": "object", "properties": {"skip_rejected": {"type": "boolean"}}},
}
_PARAMETERS: Mapping[str, tuple[tuple[str, str, str], ...]] = {  # in, name, description
    "/generate-pdf": (("header", "Idempotency-Key", "The same key answers with the same job."),),
    "/generate-pdf/batch": (("header", "Idempotency-Key", "The same key answers with the same jobs."),),
    "/jobs": (
        ("query", "state", "All states by default."),
        ("query", "limit", "1 to 1000; 50 by default."),
        ("query", "before", "The value of `next` in an earlier answer, for the page after it."),
        ("query", "q", "The beginning of a job id, or a part of a kind or title."),
    ),
    "/events": (("query", "after", "The value of `after` in an earlier answer."),),
    "/history": (("query", "after", "The last value of `at` in an earlier answer."),),
}
_PROBLEMS = {
    "400": "The request is wrong as a whole.",
    "401": "The token is missing or wrong.",
    "403": "A page of another site asks for a change.",
    "404": "There is no such job or operation.",
    "409": "The job is in another state, or the key stands for another request.",
    "410": "The PDF has expired.",
    "413": "The body is too large.",
    "421": "The service does not answer to this host name.",
    "422": "Some fields are wrong; `errors` names each.",
    "429": "The queue is full; `Retry-After` says when to ask again.",
    "503": "Redis or the disk cannot be used at present; `Retry-After` says when to ask again.",
}
_ONLY_POST = ("413", "422", "429")
_AT_ONCE = (  # what a POST has done when it answers
    "/queue/pause",
    "/queue/resume",
    "/queue/cancel",
    "/jobs/purge",
    "/jobs/<job_id>/dismiss",
    "/dead-letters/dismiss",
)
_OPTIONAL = ("/operations/<name>", "/dead-letters/retry")  # routes whose body may be left out


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
        "components": {
            "schemas": definitions | {"DocumentRequest": schema},
            "responses": {code: _problem(what) for code, what in _PROBLEMS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {}}}


def _operations(rule: Rule, view: Callable[..., Any]) -> dict[str, Any]:
    methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return {method.lower(): _operation(rule, view, method) for method in methods}


def _operation(rule: Rule, view: Callable[..., Any], method: str) -> dict[str, Any]:
    done = "202" if method == "POST" and rule.rule not in _AT_ONCE else "200"
    public = rule.rule in PUBLIC
    problems = [code for code in _PROBLEMS if method == "POST" or code not in _ONLY_POST]
    if public:
        problems.remove("401")
    operation: dict[str, Any] = {
        "summary": (view.__doc__ or view.__name__).strip().splitlines()[0],
        "security": [] if public else [{"token": []}],
        "responses": {done: {"description": "done"}}
        | {code: {"$ref": f"#/components/responses/{code}"} for code in problems},
        "parameters": [_parameter("path", name) for name in sorted(rule.arguments)]
        + [_parameter(*about) for about in _PARAMETERS.get(rule.rule, ())],
    }
    if rule.rule in _BODIES:
        content = {"application/json": {"schema": _BODIES[rule.rule]}}
        operation["requestBody"] = {"required": rule.rule not in _OPTIONAL, "content": content}
    return operation


def _parameter(place: str, name: str, description: str = "") -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": schema,
        "description": description,
    }
