"""Host and Origin checks, against DNS rebinding and cross-site requests.

A page of another site can make its visitor's browser send a POST here. When that site's name is then pointed
at this machine (DNS rebinding), the browser takes both for one site, and the page reads the answers too.
Programs such as curl or the load generator send no Origin and are accepted.
Read next: pdflab/service/http/cache.py.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from pdflab.service.http.errors import add_problem_handlers, problem
from pdflab.settings import Settings

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]  # WSGI, PEP 3333

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_CROSS_SITE = (
    "A page of another site requested this change. Use a page of this service, or a program that sends no "
    "Origin and no Sec-Fetch-Site header."
)


def protect(app: Flask, settings: Settings) -> None:
    """Limit the body of requests, check Host and Origin, and answer every error with a problem."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.wsgi_app = HostOriginCheck(app.wsgi_app, settings)  # type: ignore[method-assign]
    add_problem_handlers(app)


class HostOriginCheck:
    """WSGI middleware: answers 421 to a foreign Host, and 403 to a change that a foreign page requests."""

    def __init__(self, app: Application, settings: Settings) -> None:
        self._app = app
        self._own_names = _own_names(settings)
        self._domains = tuple(name for name in self._own_names if name.startswith("."))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or answer it with a problem."""
        host = _host_name(environ.get("HTTP_HOST", ""))
        if not self._is_own(host):
            return problem(421, _unknown_host(host))(environ, start_response)
        if environ["REQUEST_METHOD"] not in _SAFE_METHODS and _is_cross_site(environ):
            return problem(403, _CROSS_SITE)(environ, start_response)
        return self._app(environ, start_response)

    def _is_own(self, host: str) -> bool:
        """Return whether a host is this service. An address always is: rebinding needs a name.

        Without a Host header (HTTP/1.0) the client is no browser.
        """
        return host in self._own_names or host.endswith(self._domains) or not host or _is_address(host)


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


def _is_cross_site(environ: dict[str, Any]) -> bool:
    """Return whether a browser sent this for a page of another site.

    Browsers send Sec-Fetch-Site. Old ones, and all of them over plain HTTP to another machine, send only
    Origin. This is the algorithm of Go's net/http.CrossOriginProtection.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        return site not in ("same-origin", "none")
    origin = environ.get("HTTP_ORIGIN", "").lower()
    return bool(origin) and origin.partition("://")[2] != environ.get("HTTP_HOST", "").lower()
