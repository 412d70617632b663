"""Host and Origin checks, against DNS rebinding and cross-site requests.

A page of another site can make a browser send a POST here. If the name of that site then resolves to this
machine (DNS rebinding), the browser sees one site, and the page can also read the answers.
Programs such as curl or the load generator send no Origin and are accepted.
Read next: pdflab/service/http/openapi.py.
"""

import ipaddress
import socket
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request

from pdflab.service.http.errors import add_problem_handlers, problem
from pdflab.settings import Settings

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_CROSS_SITE = (
    "A page of another site requested this change. Use a page of this service, or a program that sends no "
    "Origin and no Sec-Fetch-Site header."
)


def protect(app: Flask, settings: Settings) -> None:
    """Limit the body of requests, check Host and Origin, and answer every error with a problem."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    add_problem_handlers(app)
    own_names = _own_names(settings)

    @app.before_request
    def check_host_and_origin() -> Response | None:
        host = _host_name(request.headers.get("Host", ""))
        if not _is_own(host, own_names):
            return problem(421, _unknown_host(host))
        if request.method not in _SAFE_METHODS and _is_cross_site(request):
            return problem(403, _CROSS_SITE)
        return None


def _is_own(host: str, own_names: frozenset[str]) -> bool:
    """Return whether a host is this service. An address always is: rebinding needs a name.

    A client without a Host header (HTTP/1.0) is no browser.
    """
    if host in own_names or not host or _is_address(host):
        return True
    return host.endswith(tuple(name for name in own_names if name.startswith(".")))


def _unknown_host(host: str) -> str:
    return (
        f"This service does not answer to the name {host[:64]!r}. Use localhost, an IP address or the name "
        "of its machine, or start it with PDFLAB_HOSTS set to that name. A name that begins with a dot "
        "stands for all names that end with it."
    )


def _own_names(settings: Settings) -> frozenset[str]:
    machine = socket.gethostname()
    further = (settings.hosts or "").replace(",", " ").split()
    names = ["localhost", ".localhost", settings.host, machine, f"{machine}.local", *further]
    return frozenset(name.lower() for name in names if name)


@lru_cache(maxsize=64)
def _host_name(header: str) -> str:
    """Return the name in a Host header, without port, brackets and final dot."""
    try:
        return (urlsplit(f"//{header}").hostname or header).rstrip(".")
    except ValueError:
        return header


@lru_cache(maxsize=64)
def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_cross_site(request: Request) -> bool:
    """Return whether a browser sent this for a page of another site.

    Browsers send Sec-Fetch-Site. Old browsers, and all browsers over plain HTTP to another machine, send only
    Origin. This is the algorithm of Go's net/http.CrossOriginProtection.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "").lower()
    return bool(origin) and origin.partition("://")[2] != request.headers.get("Host", "").lower()
