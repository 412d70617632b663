"""The token that opens a system, in a file of its folder that only its user can read.

Other users of this machine reach its ports, but not that file.
Read next: pdflab/service/http/security.py.
"""

import ipaddress
import os
import secrets
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from pdflab.child_process import wait_until
from pdflab.errors import UsageError
from pdflab.settings import Settings

_TIMEOUT = 1.0  # seconds that another process may take to write the file that it has just made


def with_token(settings: Settings, *, fresh: bool = False) -> Settings:
    """Return the settings with a token: the given one, or that of the folder, which is made if it is missing.

    A `fresh` one replaces it: whoever took the port meanwhile may have been sent the old one. An open system
    has none. Raises UsageError when the file cannot be used.
    """
    if settings.open or settings.token:
        return settings
    path = settings.token_file
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if fresh:
            path.unlink(missing_ok=True)
        with suppress(FileExistsError):  # each role of a system that is started one by one has the same
            new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(new, "w") as file:
                file.write(f"{secrets.token_urlsafe(24)}\n")
        wait_until(lambda: path.stat().st_size > 0, _TIMEOUT)
        return replace(settings, token=path.read_text().strip())
    except (OSError, ValueError, UsageError) as error:
        raise UsageError(f"No token in {path} ({error}). Delete it, or set PDFLAB_TOKEN.") from None


def token_for(url: str, settings: Settings) -> str | None:
    """Return the token to send to a service: the given one, or the folder's for a service on this machine.

    The folder's goes to no other machine: that one need not be the system of this folder.
    """
    if settings.token is None and _is_loopback(urlsplit(url).hostname or ""):
        with suppress(OSError):
            return settings.token_file.read_text().strip()
    return settings.token


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    return False
