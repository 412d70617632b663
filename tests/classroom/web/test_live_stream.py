"""A live page: sent when something changed, kept alive when nothing did, and its end."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from pdflab.classroom.web.live import Ticker, stream


async def followed(views: list[dict[str, Any] | None]) -> bytes:
    """Return all that a page is sent for one view after the other, one a tick."""
    ticker, left = Ticker(), iter(views)
    app = web.Application()

    async def show(request: web.Request) -> web.StreamResponse:
        return await stream(request, ticker, lambda: next(left))

    app.router.add_get("/", show)
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/")
        reading = asyncio.create_task(response.read())
        while not reading.done():
            ticker.tick()
            await asyncio.sleep(0.005)
        assert response.headers["Content-Type"] == "text/event-stream"
        return reading.result()


def test_only_a_change_is_sent() -> None:
    """Forty phones need no message each for nothing; an end is an event of its own."""
    sent = asyncio.run(followed([{"a": "é"}, {"a": "é"}, {"a": 2}, {"a": 2}, None]))

    assert sent.decode() == 'data: {"a":"é"}\n\ndata: {"a":2}\n\nevent: over\ndata: {}\n\n'


def test_a_silent_page_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a proxy closes it."""
    monkeypatch.setattr("pdflab.classroom.web.live._HEARTBEAT", 0.0)

    sent = asyncio.run(followed([{"a": 1}, {"a": 1}, None]))
    assert b": still here\n\n" in sent
