"""A class hour: five phones, the projector and the teacher in one browser, before a real lab."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cable import Cable
from conftest import eventually
from dashboard_page import OVERFLOWING
from phones import Class, Joiner, tap, text_of_pdf
from playwright.sync_api import Browser, Page, expect
from staged_class import OUTSIDE

from pdflab.audit import audit
from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.press import Press
from pdflab.classroom.state import Options
from pdflab.jobs import JobState
from pdflab.lab import Lab
from pdflab.service.eventlog.reader import Tail, read_event

pytest_plugins = ["phone_fixtures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

FAR = "Ωμέγα"  # whose network is cut
NEAR = {"Ada": "iPhone", "Łukasz Wójcik ŁŁ": "iPhone", "Мария": "Android", "Zoë": "Android"}


class Hour:
    """The pages of a class; `accepted` are the jobs whose 202 a phone has shown."""

    def __init__(self, room: Class, phones: dict[str, Page], teacher: Page, projector: Page) -> None:
        self.room, self.phones, self.teacher, self.projector = room, phones, teacher, projector
        self.accepted: set[str | None] = set()

    def step(self, label: str) -> None:
        """Press the large button of the teacher, which must say this."""
        expect(self.teacher.locator("#next")).to_have_text(label)
        self.teacher.locator("#next").click()

    def all_press(self) -> None:
        """As soon as the buttons of all are awake."""
        for phone in self.phones.values():
            expect(phone.locator("#press-text")).to_have_text("Give me my PDF")
        for phone in self.phones.values():
            tap(phone)

    def presses(self) -> list[Press]:
        """Return the one press of each phone, once the phone has shown its 202."""
        for phone in self.phones.values():
            headline(phone, "202 after|Your PDF")
        presses = [press for name in self.phones for press in self.room.presses(name)]
        self.accepted |= {press.job_id for press in presses if press.status == 202}
        return presses

    def all_have_their_pdf(self) -> None:
        """With their own name in it, and as five dots of the projector; no page cuts anything off."""
        for name, phone in self.phones.items():
            headline(phone, r"Your PDF, after \d+\.\d\ss")
            assert f"The yearbook of {name}" in " ".join(text_of_pdf(phone).split())
            expect(phone.locator("#page")).to_have_class("there")
            assert set(phone.evaluate(OVERFLOWING)) <= {"A#page.there"}  # whose picture is cut on purpose
        dots = [f"{name}: done" for name in self.phones]
        expect(self.projector.locator("canvas li")).to_have_text(dots)
        expect(self.projector.locator('[data-zone="done"] b')).to_have_text("5")
        assert self.projector.evaluate(OUTSIDE) + self.teacher.evaluate(OVERFLOWING) == []


def headline(page: Page, words: str) -> None:
    expect(page.locator("#headline")).to_have_text(re.compile(words), timeout=60_000)


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Class]:
    """A class with much patience."""
    lab, patient = Lab(workers=2, preset="classroom", folder=tmp_path), Options(patience=120.0)
    with lab, ClassroomHost(lab, patient, at=("127.0.0.1", 0)) as host:
        yield Class(host)


@pytest.fixture
def hour(browser: Browser, classroom: Class, join: Joiner) -> Iterator[Hour]:
    """All pages are open; an error in a script of one fails the test."""
    errors: list[str] = []
    staff = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    teacher, projector = staff.new_page(), staff.new_page()
    for page, url in ((teacher, classroom.host.teacher_url), (projector, classroom.host.projector_url)):
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
    phones = {name: join(name, device, url=classroom.host.local_url) for name, device in NEAR.items()}
    yield Hour(classroom, phones | {FAR: join(FAR)}, teacher, projector)
    staff.close()
    assert errors == []


def predict_and_wait(hour: Hour) -> None:
    hour.step("Ask the question")
    for phone in hour.phones.values():
        phone.locator("#number").fill("7,5")
        tap(phone, "#send-guess")
    expect(hour.projector.locator("#answered")).to_have_text("5 of 5 phones have answered")
    hour.step("Next act: Wait for the answer")
    hour.step("Go!")
    hour.all_press()
    hour.all_have_their_pdf()
    hour.step("Close the buttons")
    hour.step("Show the predictions")
    expect(hour.projector.locator("#verdict")).to_contain_text("The middle prediction is 7.5")


def take_a_number(hour: Hour, cable: Cable) -> None:
    """A phone has no network from its 202 until all PDFs are made; the workers begin late, so that it is in time."""
    hour.step("Next act: Take a number")
    hour.teacher.get_by_role("button", name="Freeze the workers").click()
    hour.step("Go!")
    hour.all_press()
    headline(hour.phones[FAR], "202 after")
    cable.cut()
    expect(hour.phones[FAR].locator("#lost")).to_be_visible()
    presses = hour.presses()
    eventually(lambda: all(press.ended_at() for press in presses), seconds=60)
    headline(hour.phones[FAR], "202 after")
    cable.mend()
    hour.all_have_their_pdf()


def vote(hour: Hour) -> None:
    hour.step("Close the buttons")
    hour.step("Ask the question")
    for phone in hour.phones.values():
        tap(phone, "#options button[value=B]")
    expect(hour.projector.locator("#answered")).to_have_text("5 of 5 phones have answered")
    hour.step("Show the result")
    for phone in hour.phones.values():
        expect(phone.locator("#result")).to_contain_text("Yes: B.")


def kill_a_worker(hour: Hour) -> None:
    """Another one takes its job when the lease is over."""
    hour.teacher.get_by_role("button", name="6. A worker dies").click()
    hour.step("Go!")
    hour.all_press()
    hour.step("Kill a worker")
    expect(hour.teacher.locator("#message")).to_contain_text("was killed (SIGKILL)")
    presses = hour.presses()
    hour.all_have_their_pdf()
    claims = [[event.state for event in press.events].count(JobState.PROCESSING) for press in presses]
    assert sorted(claims) == [1, 1, 1, 1, 2]


def end(hour: Hour) -> None:
    hour.teacher.get_by_role("button", name="End the class").click()
    hour.teacher.locator("#confirm-yes").click()
    expect(hour.teacher.locator("#next")).to_have_text("The class is over.")
    expect(hour.projector.locator("#act")).to_have_text("The class is over.")
    for name, phone in hour.phones.items():
        expect(phone.locator("#over")).to_contain_text(f"Thank you, {name}.")


def test_nobody_loses_a_pdf_in_a_class_hour(hour: Hour, cable: Cable, classroom: Class) -> None:
    """Neither by the network nor with a worker: each 202 that a phone showed has its one ending."""
    predict_and_wait(hour)
    take_a_number(hour, cable)
    vote(hour)
    kill_a_worker(hour)
    end(hour)

    classroom.host.stop()
    lab = classroom.room.lab
    lab.stop()
    events, verdict = Tail(lab.settings.log_file, read_event).read(), audit(lab.settings)
    assert verdict.clean, verdict.text
    assert len(hour.accepted) == verdict.counts.completed == 10
    ended = [event.job_id for event in events if event.state is JobState.COMPLETED]
    assert sorted(ended) == sorted(map(str, hour.accepted))
