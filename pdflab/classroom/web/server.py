"""The web server of a classroom: pages for phones, for the projector and for the teacher, on one port.

A phone can join, press, answer, and fetch its own PDF. Nothing else of the service is reachable.

Read next: pdflab/classroom/web/live.py.
"""

import secrets
from hmac import compare_digest
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
from aiohttp import web

from pdflab.classroom.script import ACTS, CONTROLS
from pdflab.classroom.state import ClassState
from pdflab.classroom.students import NotAllowed
from pdflab.classroom.teacher import Teacher
from pdflab.classroom.web import live, views
from pdflab.classroom.web.answers import Handler, add_headers, answer_safely, error_answer, read_object
from pdflab.classroom.web.phones import Phones

RECORDED = "This class is a recording: nobody can join it, and nothing can be changed."
_COOKIE = "pdflab_teacher"  # the cookie
_PAGES = Path(__file__).parent / "pages"
_MAX_BODY = 4_096  # bytes of a request
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class Site:
    """The routes of one classroom. `token` opens the pages of the teacher and the projector."""

    def __init__(self, room: ClassState, teacher: Teacher | None, *, url: str) -> None:
        """`url` is what the phones open; a recorded class has no teacher."""
        self.room, self._teacher, self.url = room, teacher, url
        self.token = secrets.token_urlsafe(24)
        self.ticker = live.Ticker()
        self._phones = Phones(teacher.room, self.ticker) if teacher else None

    @property
    def teacher(self) -> Teacher:
        """The teacher of a class. Raises NotAllowed for a recorded one."""
        if self._teacher is None:
            raise NotAllowed(RECORDED)
        return self._teacher

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[answer_safely])
        app.on_response_prepare.append(add_headers)
        app.router.add_routes(
            [
                web.get("/", self._page("phone.html")),
                web.get("/projector", self._teachers(self._page("projector.html"))),
                web.get("/teacher", self._teachers(self._page("teacher.html"))),
                *(web.get(f"/{path.name}", self._page(path.name)) for path in _assets()),
                web.get("/qr.svg", self._teachers(self._show_code)),
                web.get("/api/screen", self._teachers(self._screen)),
                web.get("/api/script", self._teachers(self._script)),
                web.post("/api/control", self._teachers(self._control)),
                *(self._phones.routes() if self._phones else [web.route("*", "/api/{any}", _refuse)]),
            ]
        )
        return app

    # For everybody

    def _page(self, name: str) -> Handler:
        content = next(_PAGES.rglob(name)).read_bytes()
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

    # For the teacher

    def _teachers(self, handler: Handler) -> Handler:
        """Let in who has the cookie, or the token in the address; then take it out of the address."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if token := request.query.get("token"):
                if not self._is_token(token):
                    return error_answer(
                        403, "That is not the token of this class. It stands in the terminal."
                    )
                response = web.Response(status=303, headers={"Location": request.path.rpartition("/")[2]})
                response.set_cookie(_COOKIE, self.token, httponly=True, samesite="Lax")
                return response
            if not self._is_token(request.cookies.get(_COOKIE, "")):
                return error_answer(403, "This page is the teacher's. Its address stands in the terminal.")
            return await handler(request)

        return handle

    def _is_token(self, text: str) -> bool:
        return compare_digest(text.encode(errors="replace"), self.token.encode())

    async def _screen(self, request: web.Request) -> web.StreamResponse:
        def view() -> dict[str, Any] | None:
            return None if self.ticker.is_over else views.screen_view(self.room)

        return await live.stream(request, self.ticker, view)

    async def _script(self, request: web.Request) -> web.Response:
        return web.json_response(views.script_view(ACTS, CONTROLS) | {"url": self.url, "join": self.join_url})

    async def _control(self, request: web.Request) -> web.Response:
        data = await read_object(request)
        await self.teacher.do(str(data.get("name", "")), data.get("value"))
        self.ticker.tick()
        return web.json_response({"status": self.room.stage.status})

    def end(self) -> None:
        """Say on every live page that the class is over, and forget the PDFs."""
        self.ticker.is_over = True
        self.ticker.tick()
        if self._phones:
            self._phones.forget()


async def _refuse(request: web.Request) -> web.StreamResponse:
    return error_answer(401, RECORDED)


def _assets() -> list[Path]:
    return [path for path in _PAGES.rglob("*") if path.suffix in (".js", ".css")]
