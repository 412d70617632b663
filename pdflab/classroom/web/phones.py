"""What a phone can ask of a classroom: join, follow, press, answer a question, and fetch its own PDF.

Read next: pdflab/classroom/web/views.py.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from pdflab.classroom.classroom import Classroom
from pdflab.classroom.press import Press
from pdflab.classroom.students import NotAllowed, Student
from pdflab.classroom.web import live, views
from pdflab.classroom.web.answers import Handler, error_answer, read_object
from pdflab.jobs import Endpoint

_COOKIE = "pdflab_phone"  # the cookie
_MAX_STREAMS = 3  # live pages of one phone
_LONGEST_KEY = 40  # characters
_PICTURE_WIDTH = 640  # pixels of a first page on a phone


class Phones:
    """The routes of the phones of one class."""

    def __init__(self, classroom: Classroom, ticker: live.Ticker) -> None:
        self._class, self._ticker = classroom, ticker
        self._drawing = asyncio.Lock()
        self._pdfs: dict[str, tuple[str, bytes]] = {}  # the last synchronous one of each phone, and its press

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/api/join", self._join),
            web.get("/api/live", self._students(self._live)),
            web.get("/api/view", self._students(self._view)),
            web.post("/api/press", self._students(self._press)),
            web.post("/api/answer", self._students(self._answer)),
            web.get("/api/pdf/{key}", self._students(self._pdf)),
            web.get("/api/page/{key}.png", self._students(self._first_page)),
        ]

    def forget(self) -> None:
        """Forget the PDFs."""
        self._pdfs.clear()

    async def _join(self, request: web.Request) -> web.Response:
        data = await read_object(request)
        code, name = str(data.get("code", "")), str(data.get("name", ""))
        now, simulated = self._class.clock(), data.get("simulated") is True
        student = self._class.students.find(request.cookies.get(_COOKIE))
        student = student or self._class.students.join(code, name, now=now, simulated=simulated)
        response = web.json_response({"name": student.name})
        response.set_cookie(_COOKIE, student.cookie, httponly=True, samesite="Lax")
        return response

    def _students(self, handler: Callable[[web.Request, Student], Awaitable[web.StreamResponse]]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            student = self._class.students.find(request.cookies.get(_COOKIE))
            if student is None:
                return error_answer(401, "Join first: scan the code on the projector.")
            return await handler(request, student)

        return handle

    async def _live(self, request: web.Request, student: Student) -> web.StreamResponse:
        if student.streams >= _MAX_STREAMS:
            raise NotAllowed("This page is open three times already. Close one of them.")
        student.streams += 1
        try:
            return await live.stream(request, self._ticker, partial(self._view_of, student))
        finally:
            student.streams -= 1

    async def _view(self, request: web.Request, student: Student) -> web.Response:
        """The same once: for a phone that comes back, or whose proxy keeps streams to itself."""
        return web.json_response(self._view_of(student) or {"over": True})

    def _view_of(self, student: Student) -> dict[str, Any] | None:
        return None if self._ticker.is_over else views.phone_view(self._class, student)

    async def _press(self, request: web.Request, student: Student) -> web.Response:
        """Send a press; the answer is that of the service, when it comes."""
        key = (await read_object(request)).get("key")
        if not (isinstance(key, str) and key.isascii() and key.isalnum() and len(key) <= _LONGEST_KEY):
            raise NotAllowed(f"A press has a key of up to {_LONGEST_KEY} letters and digits.")
        press, pdf = await self._class.press(student, key)
        if pdf:
            self._pdfs[student.cookie] = press.key, pdf
        return web.json_response(views.press_view(self._class, press), status=_status(press))

    async def _answer(self, request: web.Request, student: Student) -> web.Response:
        data = await read_object(request)
        self._class.answer(student, data.get("number"), data.get("value"))
        return web.json_response({})

    async def _pdf(self, request: web.Request, student: Student) -> web.Response:
        if not (content := await self._content(request, student)):
            return error_answer(404, "That PDF is not there, or not yet.")
        named = {"Content-Disposition": 'inline; filename="yearbook.pdf"'}
        return web.Response(body=content, content_type="application/pdf", headers=named)

    async def _first_page(self, request: web.Request, student: Student) -> web.Response:
        """The first page as a picture, one at a time: the workers need the processor, too."""
        content = await self._content(request, student)
        async with self._drawing:
            picture = await asyncio.to_thread(_picture, content) if content else None
        if not picture:
            return error_answer(404, "There is no picture of that PDF.")
        return web.Response(body=picture, content_type="image/png")

    async def _content(self, request: web.Request, student: Student) -> bytes | None:
        """Return the PDF of a student's own press, if it is there."""
        press = self._class.presses.get(request.match_info["key"])
        if press is None or press.student != student.number or not press.job_id:
            return None
        if press.endpoint == Endpoint.SYNCHRONOUS:
            kept, pdf = self._pdfs.get(student.cookie, ("", b""))
            return pdf if kept == press.key else None
        return await asyncio.to_thread(self._class.lab.pdf, press.job_id) if press.ended_at() else None


def _picture(pdf: bytes) -> bytes | None:
    """Return the first page of a PDF as a PNG file, where pypdfium2 is installed."""
    try:
        from pdflab.lab.first_page import first_page_png
    except ImportError:
        return None
    return first_page_png(pdf, width=_PICTURE_WIDTH)


def _status(press: Press) -> int:
    """Return the status that a proxy in front of the service would answer."""
    return press.status or (504 if press.error == "timeout" else 502)
