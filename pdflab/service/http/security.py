"""Host, Origin and token checks, against DNS rebinding, cross-site requests and other users of the machine.

A page of another site can make a browser send a POST here. If the name of that site then resolves to this
machine (DNS rebinding), the browser sees one site, and the page can also read the answers.
Programs such as curl or the load generator send no Origin and are accepted. All send the token, in a header;
a browser is given it once, in a link, and then sends a cookie.
Read next: pdflab/service/http/openapi.py.
"""

import ipaddress
import socket
from functools import lru_cache
from hmac import compare_digest
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, Request, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from pdflab.errors import require
from pdflab.service.http.errors import add_problem_handlers, problem
from pdflab.settings import Settings

PUBLIC = frozenset({"/healthz", "/metrics", "/openapi.json", "/static/<path:filename>", "/stats"})
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_CROSS_SITE = (
    "A page of another site requested this change. Use a page of this service, or a program that sends no "
    "Origin and no Sec-Fetch-Site header."
)
_NO_TOKEN = (
    "This needs the token of the service. In a browser, open the link that `pdflab up` prints; a program "
    "sends `Authorization: Bearer TOKEN`. The token is in the file `token` of the system's folder, new at "
    "each start. A service that was started with --open needs none."
)


def protect(app: Flask, settings: Settings) -> None:
    """Limit the body of requests, check Host, Origin and token, and answer every error with a problem.

    Raises UsageError for settings without a token that are not open.
    """
    require(settings.open or settings.token is not None, "An endpoint needs a token, or open=True.")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    add_problem_handlers(app)
    own_names, token = _own_names(settings), (settings.token or "").encode()
    if settings.proxy:  # its other headers may be the client's own
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=0, x_prefix=1)  # type: ignore[method-assign]

    @app.before_request
    def check() -> Response | None:
        host = _host_name(request.headers.get("Host", ""))
        if not _is_own(host, own_names):
            return problem(421, _unknown_host(host))
        if request.method not in _SAFE_METHODS and _is_cross_site(request):
            return problem(403, _CROSS_SITE)
        rule = request.url_rule  # what is no route is closed, too
        return None if settings.open or (rule and rule.rule in PUBLIC) else _check_token(request, token)


def _check_token(request: Request, token: bytes) -> Response | None:
    """Return None if a request may go on. A link with the token becomes a cookie, and a link without it."""
    scheme, _, given = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    linked = None
    name = f"pdflab-{request.environ['SERVER_PORT']}"  # of the cookie: all ports of a host share theirs
    if scheme.lower() != "bearer":
        linked = request.args.get("token") if request.method == "GET" and request.url_rule else None
        given = request.cookies.get(name, "") if linked is None else linked
    if not compare_digest(given.strip().encode(errors="replace"), token):
        return _refusal(request)
    return None if linked is None else _redirect(request, name, token.decode())


def _refusal(request: Request) -> Response:
    answer = problem(401, _NO_TOKEN)
    if "text/html" in request.headers.get("Accept", ""):  # a browser, which shows the sentence as a page
        answer = Response(f"{_NO_TOKEN}\n", 401, content_type="text/plain")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _redirect(request: Request, cookie: str, token: str) -> Response:
    rest = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "token"])
    page = quote(request.path.rpartition("/")[2]) or "./"
    place = page + (rest and f"?{rest}")  # relative: jupyter-server-proxy adds its path to an absolute one
    answer = Response(status=302, headers={"Location": place, "Referrer-Policy": "no-referrer"})
    path = f"{request.script_root}/"  # "Strict" would not come back from a notebook on another origin
    answer.set_cookie(cookie, token, path=path, httponly=True, samesite="Lax")
    return answer


def _is_own(host: str, own_names: frozenset[str]) -> bool:
    """Return whether a host is this service. An address always is: rebinding needs a name.

    A client without a Host header (HTTP/1.0) is no browser. With "*" every name is: a page of a rebound name
    still has neither token nor cookie.
    """
    if host in own_names or "*" in own_names or not host or _is_address(host):
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
