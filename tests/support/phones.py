"""Phones in a browser, before a real class with a real lab."""

import io
from collections.abc import Callable
from dataclasses import replace

from conftest import eventually
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.press import Press
from pdflab.classroom.students import Student

Joiner = Callable[..., Page]
SMALL, LARGE = 0.001, 0.5  # seconds of a document, as far as it can be chosen


class Class:
    """A class whose teacher is the test."""

    def __init__(self, host: ClassroomHost) -> None:
        self.host, self.room = host, host.site.teacher.room

    def begin(self, act: str = "synchronous", *, patience: float = 120.0, document: float = SMALL) -> None:
        """Begin an act anew."""
        self.host.control("act", act)
        self.host.control("reset")
        self.room.options = replace(self.room.options, patience=patience)
        self.room.stage.work = document

    def go(self, *pages: Page) -> None:
        """Wake the buttons; return when those of the pages are awake."""
        self.host.control("go")
        for page in pages:
            expect(page.locator("#press-text")).to_have_text("Give me my PDF")
            expect(page.locator("#press")).to_be_enabled()

    def student(self, name: str) -> Student:
        """Return the student who joined last by a name."""
        return [student for student in self.room.students.all() if student.name == name][-1]

    def presses(self, name: str) -> list[Press]:
        """Return what the server knows of a student's presses, latest first."""
        return self.room.presses_of(self.student(name))

    def sees(self, name: str, count: int) -> None:
        """Wait until a student has pressed so often."""
        eventually(lambda: len(self.presses(name)) == count, seconds=10)


def tap(page: Page, selector: str = "#press") -> None:
    page.locator(selector).tap()


def text_of_pdf(page: Page) -> str:
    """Return the text of the first page of the PDF that a phone offers."""
    href = page.locator("#open").get_attribute("href", timeout=30_000)
    answer = page.context.request.get(page.evaluate("href => new URL(href, location).href", href))
    assert answer.headers["content-type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.body())).pages[0].extract_text()
