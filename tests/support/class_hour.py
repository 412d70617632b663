"""All pages of a class hour in a browser, and what the teacher and the phones do together."""

import re

from dashboard_page import OVERFLOWING
from phones import Class, tap, text_of_pdf
from playwright.sync_api import Page, expect
from staged_class import OUTSIDE

from pdflab.classroom.press import Press


class Hour:
    """The pages of a class."""

    def __init__(self, room: Class, phones: dict[str, Page], teacher: Page, projector: Page) -> None:
        self.room, self.phones, self.teacher, self.projector = room, phones, teacher, projector
        self.accepted: list[str | None] = []  # the jobs whose 202 a phone has shown

    def step(self, *labels: str) -> None:
        """Press the large button of the teacher, which must say this, one after the other."""
        for label in labels:
            expect(self.teacher.locator("#next")).to_have_text(label)
            self.teacher.locator("#next").click()

    def all_answer(self, selector: str, value: str = "") -> None:
        for phone in self.phones.values():
            if value:
                phone.locator("#number").fill(value)
            tap(phone, selector)
        expect(self.projector.locator("#answered")).to_have_text("5 of 5 phones have answered")

    def all_press(self) -> None:
        for phone in self.phones.values():
            expect(phone.locator("#press-text")).to_have_text("Give me my PDF")
        for phone in self.phones.values():
            tap(phone)

    def accept(self) -> list[Press]:
        """Return the presses of all, once each phone has shown its 202."""
        for phone in self.phones.values():
            headline(phone, "202 after|Your PDF")
        presses = [press for name in self.phones for press in self.room.presses(name)]
        self.accepted += [press.job_id for press in presses]
        return presses

    def all_have_their_pdf(self) -> None:
        """With their own name in it, and as five dots of the projector; no page cuts anything off."""
        for name, phone in self.phones.items():
            headline(phone, r"Your PDF, after \d+\.\d\ss")
            assert f"The yearbook of {name}" in " ".join(text_of_pdf(phone).split())
            expect(phone.locator("#page")).to_have_class("there")
            assert set(phone.evaluate(OVERFLOWING)) <= {"A#page.there"}  # whose picture is cut on purpose
        expect(self.projector.locator("canvas li")).to_have_text([f"{name}: done" for name in self.phones])
        expect(self.projector.locator('[data-zone="done"] b')).to_have_text("5")
        assert self.projector.evaluate(OUTSIDE) + self.teacher.evaluate(OVERFLOWING) == []


def headline(page: Page, words: str) -> None:
    expect(page.locator("#headline")).to_have_text(re.compile(words), timeout=60_000)
