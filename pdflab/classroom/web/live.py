"""Live pages: server-sent events, one stream a page. A browser opens it again by itself when it breaks.

Read next: pdflab/classroom/web/views.py.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

_HEARTBEAT = 10.0  # seconds: a proxy closes what is silent for long


class Ticker:
    """Wakes all live pages at once, after each look at the lab."""

    def __init__(self) -> None:
        self._tick = asyncio.Event()
        self.is_over = False

    def tick(self) -> None:
        """Wake all that wait."""
        self._tick.set()
        self._tick = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next tick."""
        await self._tick.wait()


async def stream(
    request: web.Request, ticker: Ticker, view: Callable[[], Mapping[str, Any] | None]
) -> web.StreamResponse:
    """Send the view whenever it has changed, until the page goes or the view is None."""
    headers = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    loop, sent, sent_at = asyncio.get_running_loop(), "", 0.0
    while (now := view()) is not None:
        text = json.dumps(now, separators=(",", ":"), ensure_ascii=False)
        if text != sent:
            await response.write(f"data: {text}\n\n".encode())
            sent, sent_at = text, loop.time()
        elif loop.time() - sent_at > _HEARTBEAT:
            await response.write(b": still here\n\n")
            sent_at = loop.time()
        await ticker.wait()
    await response.write(b"event: over\ndata: {}\n\n")
    return response
