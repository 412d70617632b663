"""A class hour: five phones, the projector and the teacher in one browser, before a real lab."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cable import Cable
from class_hour import Hour, headline
from conftest import eventually
from phones import Class, Joiner
from playwright.sync_api import Browser, expect

from pdflab.audit import audit
from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.state import Options
from pdflab.jobs import JobState
from pdflab.lab import Lab
from pdflab.service.eventlog.reader import Tail, read_event

pytest_plugins = ["phone_fixtures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

FAR = "Ωμέγα"  # whose network is cut
NEAR = {"Ada": "iPhone", "Łukasz Wójcik ŁŁ": "iPhone", "Мария": "Android", "Zoë": "Android"}


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
    hour.all_answer("#send-guess", "7,5")
    hour.step("Next act: Wait for the answer", "Go!")
    hour.all_press()
    hour.all_have_their_pdf()
    hour.step("Close the buttons", "Show the predictions")
    expect(hour.projector.locator("#verdict")).to_contain_text("The middle prediction is 7.5")


def take_a_number_and_vote(hour: Hour, cable: Cable) -> None:
    """One phone, the last to press, has no network from its 202 until all PDFs are made."""
    hour.step("Next act: Take a number", "Go!")
    hour.all_press()
    headline(hour.phones[FAR], "202 after")
    cable.cut()
    expect(hour.phones[FAR].locator("#lost")).to_be_visible()
    presses = hour.accept()
    eventually(lambda: all(press.ended_at() for press in presses), seconds=60)
    headline(hour.phones[FAR], "202 after")
    cable.mend()
    hour.all_have_their_pdf()
    hour.step("Close the buttons", "Ask the question")
    hour.all_answer("#options button[value=B]")
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
    presses = hour.accept()
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
    take_a_number_and_vote(hour, cable)
    kill_a_worker(hour)
    end(hour)

    classroom.host.stop()
    classroom.room.lab.stop()
    settings = classroom.room.lab.settings
    events, verdict = Tail(settings.log_file, read_event).read(), audit(settings)
    assert (verdict.summary, verdict.counts.completed) == ("clean", 10)
    ended = [event.job_id for event in events if event.state is JobState.COMPLETED]
    assert sorted(ended) == sorted(map(str, hour.accepted))
