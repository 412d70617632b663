"""One HTTP request to a service, from outside, like that of any client.

Read next: pdflab/service/api/app.py.
"""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of the service."""

    status: int
    content_type: str
    body: bytes

    def json(self) -> Any:
        """Return the decoded body, empty unless it is JSON. Raises ValueError for broken JSON."""
        return json.loads(self.body) if "json" in self.content_type else {}


def send_request(
    url: str,
    path: str,
    *,
    method: str = "GET",
    body: object = None,
    token: str | None = None,
    timeout: float = 10.0,
) -> Answer:
    """Send one request, its body as JSON, past any proxy. Raises OSError when no service answers."""
    target = urlsplit(url)
    connect = HTTPSConnection if target.scheme == "https" else HTTPConnection
    connection = connect(target.netloc, timeout=timeout)
    data = None if body is None else json.dumps(body)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request(method, target.path.rstrip("/") + path, data, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers.get_content_type(), response.read())
    except HTTPException as error:
        raise ConnectionError(f"{url} does not speak HTTP: {error!r}") from error
    finally:
        connection.close()
