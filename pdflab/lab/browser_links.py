"""Where a browser finds a port of this machine: at its own address, or through a Jupyter server.

On a hub, or behind the one open port of a container, a browser reaches nothing but the Jupyter server. Its
extension jupyter-server-proxy then passes requests on, from PREFIX/proxy/PORT/.

Read next: pdflab/service/http/security.py.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from pdflab.settings import Settings


def browser_url(url: str, environ: Mapping[str, str]) -> str:
    """Return where a browser finds a service of this machine: its URL, or a path on the notebook's site."""
    prefix = _proxy_prefix(environ)
    return url if prefix is None else f"{prefix.rstrip('/')}/proxy/{urlsplit(url).port}"


def behind_jupyter(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Return settings that accept what the Jupyter server passes on, if it does.

    The host is then that of a hub, whose name the browser alone knows. Any is accepted, unless the system is
    open: a page of another site may have a name, but it has no token.
    """
    if _proxy_prefix(environ) is None:
        return settings
    return replace(settings, proxy=True, hosts=settings.hosts or (None if settings.open else "*"))


def _proxy_prefix(environ: Mapping[str, str]) -> str | None:
    """Return the path of the Jupyter server that passes requests on, or None if there is none."""
    if find_spec("jupyter_server_proxy") is None:
        return None
    return environ.get("JUPYTERHUB_SERVICE_PREFIX") or _base_url(environ.get("JPY_PARENT_PID"))


def _base_url(server: str | None) -> str | None:
    """Return the path that a Jupyter server with this process id has written down for its clients."""
    try:
        from jupyter_core.paths import jupyter_runtime_dir

        notes = Path(jupyter_runtime_dir()) / f"jpserver-{server}.json"
        return str(json.loads(notes.read_text(encoding="utf-8"))["base_url"])
    except (ImportError, OSError, ValueError, KeyError):  # no kernel, or one that another program has started
        return None
