"""Who may come in, at both endpoints: whoever calls the service by its own name, and no page of another site.

A page of another site can make its visitor's browser send a POST here. And once the site's name has been
pointed at this machine (DNS rebinding), the browser takes the two for one site and reads the answers too.
Programs that are no browsers, such as curl or the load generator, name no site that they come from.

Read next: service/api/app.py.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from pdflab.service.http.errors import problem
from pdflab.settings import Settings

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]  # WSGI, PEP 3333

_READING = ("GET", "HEAD", "OPTIONS")
_FOREIGN = (
    "A page of another site asked for this change; only this service's own pages may. Programs that are no "
    "browsers may too: they send no Origin and no Sec-Fetch-Site header."
)


class HostOriginCheck:
    """Stands before a WSGI application and turns away who is not to come in: 421, or 403."""

    def __init__(self, app: Application, settings: Settings) -> None:
        self._app = app
        self._names = _own_names(settings)
        self._domains = tuple(name for name in self._names if name.startswith("."))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer the request, or say why not."""
        host = _host_name(environ.get("HTTP_HOST", ""))
        if not self._is_ours(host):
            return problem(421, _not_ours(host))(environ, start_response)
        if environ["REQUEST_METHOD"] not in _READING and _is_foreign(environ):
            return problem(403, _FOREIGN)(environ, start_response)
        return self._app(environ, start_response)

    def _is_ours(self, host: str) -> bool:
        """Return whether a name is ours. An address always is: rebinding needs a name that it can point here.

        Without a Host header (HTTP/1.0) it is no browser that asks.
        """
        return host in self._names or host.endswith(self._domains) or not host or _is_address(host)


def _not_ours(host: str) -> str:
    return (
        f"This service does not answer to the name {host[:64]!r}. Use localhost, an IP address or its "
        "machine's name, or start it with PDFLAB_HOSTS set to the further name; one that begins with a dot "
        "stands for all names that end so."
    )


def _own_names(settings: Settings) -> frozenset[str]:
    machine = socket.gethostname()
    further = (settings.hosts or "").replace(",", " ").split()
    names = ["localhost", ".localhost", settings.host, machine, f"{machine}.local", *further]
    return frozenset(name.lower() for name in names if name)


@lru_cache(maxsize=64)
def _host_name(header: str) -> str:
    """Return the name in a Host header, without port, brackets and the root's dot."""
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


def _is_foreign(environ: dict[str, Any]) -> bool:
    """Return whether a browser sent this for a page of another site.

    Browsers tell with Sec-Fetch-Site, but old ones, and all of them when it goes over plain HTTP to another
    machine, only with Origin. This is the algorithm of Go's net/http.CrossOriginProtection.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        return site not in ("same-origin", "none")
    origin = environ.get("HTTP_ORIGIN", "").lower()
    return bool(origin) and origin.partition("://")[2] != environ.get("HTTP_HOST", "").lower()
