"""The web server of a classroom: pages for phones, for the projector and for the teacher, on one port.

A phone can join, press, answer, and fetch its own PDF. Nothing else of the service is reachable.

Read next: pdflab/classroom/web/live.py.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from hmac import compare_digest
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
from aiohttp import web

from pdflab.classroom.classroom import Classroom
from pdflab.classroom.press import Press
from pdflab.classroom.script import ACTS, CONTROLS
from pdflab.classroom.state import ClassState
from pdflab.classroom.students import NotAllowed, Student, TooMany
from pdflab.classroom.teacher import Teacher
from pdflab.classroom.web import live, views
from pdflab.jobs import Endpoint

RECORDED = "This class is a recording: nobody can join it, and nothing can be changed."
PHONE, TEACHER = "pdflab_phone", "pdflab_teacher"  # cookies
_PAGES = Path(__file__).parent / "pages"
_MAX_BODY = 4_096  # bytes of a request
_MAX_STREAMS = 3  # live pages of one phone
_LONGEST_KEY = 40  # characters
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """The routes of one classroom. `token` opens the pages of the teacher and the projector."""

    def __init__(self, room: ClassState, teacher: Teacher | None, *, url: str) -> None:
        """`url` is what the phones open; a recorded class has no teacher."""
        self.room, self._teacher, self.url = room, teacher, url
        self.token = secrets.token_urlsafe(24)
        self.ticker = live.Ticker()
        self.is_over = False
        self._pdfs: dict[str, tuple[str, bytes]] = {}  # the last synchronous one of each phone, and its press

    @property
    def teacher(self) -> Teacher:
        """The teacher of a class. Raises NotAllowed for a recorded one."""
        if self._teacher is None:
            raise NotAllowed(RECORDED)
        return self._teacher

    @property
    def classroom(self) -> Classroom:
        """The class itself. Raises NotAllowed for a recorded one."""
        return self.teacher.room

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[_answer_safely])
        app.on_response_prepare.append(_add_headers)
        app.router.add_routes(
            [
                web.get("/", self._page("phone.html")),
                web.get("/projector", self._teachers(self._page("projector.html"))),
                web.get("/teacher", self._teachers(self._page("teacher.html"))),
                *(web.get(f"/{path.name}", self._page(path.name)) for path in _assets()),
                web.get("/qr.svg", self._show_code),
                web.post("/api/join", self._join),
                web.get("/api/live", self._students(self._live)),
                web.post("/api/press", self._students(self._press)),
                web.post("/api/answer", self._students(self._answer)),
                web.get("/api/pdf/{key}", self._students(self._pdf)),
                web.get("/api/screen", self._teachers(self._screen)),
                web.get("/api/script", self._teachers(self._script)),
                web.post("/api/control", self._teachers(self._control)),
            ]
        )
        return app

    # For everybody

    def _page(self, name: str) -> _Handler:
        content = (_PAGES / name).read_bytes()
        kind = _TYPES[Path(name).suffix]

        async def show(request: web.Request) -> web.StreamResponse:
            return web.Response(body=content, content_type=kind, charset="utf-8")

        return show

    async def _show_code(self, request: web.Request) -> web.Response:
        """The QR code of the address that phones open, with the room code."""
        return web.Response(text=self.qr_svg(), content_type="image/svg+xml")

    def qr_svg(self) -> str:
        """Return the QR code of what phones open, as an SVG image."""
        out, colours = BytesIO(), {"dark": "#000", "light": "#fff"}
        code = segno.make(self.join_url, error="m")
        code.save(out, kind="svg", border=2, omitsize=True, xmldecl=False, **colours)
        return out.getvalue().decode()

    @property
    def join_url(self) -> str:
        """What the QR code says."""
        return f"{self.url}?code={self.room.students.code}"

    # For phones

    async def _join(self, request: web.Request) -> web.Response:
        data = await _read(request)
        code, name = str(data.get("code", "")), str(data.get("name", ""))
        now, address = self.room.clock(), request.remote or ""
        student = self.room.students.find(request.cookies.get(PHONE))
        student = student or self.classroom.students.join(code, name, address=address, now=now)
        response = web.json_response({"name": student.name})
        response.set_cookie(PHONE, student.cookie, httponly=True, samesite="Lax")
        return response

    def _students(self, handler: Callable[[web.Request, Student], Awaitable[web.StreamResponse]]) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            student = self.room.students.find(request.cookies.get(PHONE))
            if student is None:
                return _problem(401, "Join first: scan the code on the projector.")
            return await handler(request, student)

        return handle

    async def _live(self, request: web.Request, student: Student) -> web.StreamResponse:
        if student.streams >= _MAX_STREAMS:
            raise NotAllowed("This page is open three times already. Close one of them.")
        student.streams += 1
        try:
            view = self._while_on(partial(views.phone_view, self.classroom, student))
            return await live.stream(request, self.ticker, view)
        finally:
            student.streams -= 1

    async def _press(self, request: web.Request, student: Student) -> web.Response:
        """Send a press; the answer is that of the service, when it comes."""
        key = (await _read(request)).get("key")
        if not isinstance(key, str) or not key.isalnum() or len(key) > _LONGEST_KEY:
            raise NotAllowed("A press has a key of letters and digits.")
        press, pdf = await self.classroom.press(student, key)
        if pdf:
            self._pdfs[student.cookie] = press.key, pdf
        return web.json_response(views.press_view(self.classroom, press), status=_status(press))

    async def _answer(self, request: web.Request, student: Student) -> web.Response:
        data = await _read(request)
        self.classroom.answer(student, int(data.get("number") or 0), data.get("value"))
        return web.json_response({})

    async def _pdf(self, request: web.Request, student: Student) -> web.Response:
        press = self.room.presses.get(request.match_info["key"])
        kept, pdf = self._pdfs.get(student.cookie, ("", b""))
        content: bytes | None = pdf if press and kept == press.key else None
        is_theirs = press is not None and press.student == student.number and press.job_id
        if press and is_theirs and press.endpoint == Endpoint.QUEUED and press.ended_at() is not None:
            content = await asyncio.to_thread(self.classroom.lab.pdf, press.job_id or "")
        if not is_theirs or not content:
            return _problem(404, "That PDF is not there, or not yet.")
        return web.Response(body=content, content_type="application/pdf")

    # For the teacher

    def _teachers(self, handler: _Handler) -> _Handler:
        """Let in who has the cookie, or the token in the address; then take it out of the address."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if token := request.query.get("token"):
                if not compare_digest(token.encode(), self.token.encode()):
                    return _problem(403, "That is not the token of this class. It stands in the terminal.")
                response = web.HTTPSeeOther(request.path.rpartition("/")[2])
                response.set_cookie(TEACHER, self.token, httponly=True, samesite="Lax")
                return response
            if not compare_digest(request.cookies.get(TEACHER, "").encode(), self.token.encode()):
                return _problem(403, "This page is the teacher's. Its address stands in the terminal.")
            return await handler(request)

        return handle

    async def _screen(self, request: web.Request) -> web.StreamResponse:
        view = self._while_on(partial(views.screen_view, self.room))
        return await live.stream(request, self.ticker, view)

    async def _script(self, request: web.Request) -> web.Response:
        return web.json_response(views.script_view(ACTS, CONTROLS) | {"url": self.url, "join": self.join_url})

    async def _control(self, request: web.Request) -> web.Response:
        data = await _read(request)
        await self.teacher.do(str(data.get("name", "")), data.get("value"))
        self.ticker.tick()
        return web.json_response({"status": self.room.stage.status})

    def _while_on(self, view: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any] | None]:
        return lambda: None if self.is_over else view()


async def _read(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; another site's page cannot send one here."""
    if request.content_type != "application/json":
        raise NotAllowed("Send JSON.")
    try:
        data = await request.json()
    except ValueError:
        raise NotAllowed("That is no JSON.") from None
    if not isinstance(data, dict):
        raise NotAllowed("Send a JSON object.")
    return data


@web.middleware
async def _answer_safely(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer what is not allowed in one sentence."""
    try:
        return await handler(request)
    except NotAllowed as error:
        return _problem(429 if isinstance(error, TooMany) else 400, str(error))
    except web.HTTPException as error:
        return error if error.status < 400 else _problem(error.status, error.reason)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers of a safe page to every answer."""
    response.headers.update(_HEADERS)


def _problem(status: int, detail: str) -> web.Response:
    return web.json_response({"detail": detail}, status=status, content_type="application/problem+json")


def _status(press: Press) -> int:
    """Return the status that a proxy in front of the service would answer."""
    return press.status or (504 if press.error == "timeout" else 502)


def _assets() -> list[Path]:
    return [path for path in _PAGES.iterdir() if path.suffix in (".js", ".css")]
