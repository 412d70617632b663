"""What a phone, a teacher and an attacker are answered: by a room beside a real lab, over HTTP."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from unittest.mock import MagicMock

import pytest
from classroom_room import WORK, Answer, Phone, begin, opened_room, teacher_of
from conftest import eventually

from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.state import Options
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.service.api.app import create_app
from pdflab.service.api.sync import create_sync_app
from pdflab.settings import Settings

TEACHERS = ["/teacher", "/projector", "/qr.svg", "/api/screen", "/api/script"]
PAGES = ["/", "/teacher", "/nothing", "/api/live", "/api/pdf/1-x", "/../etc/passwd", "/qr.svg", "/%00"]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Two workers, and two rendering servers."""
    with Lab(workers=2, preset="teaching") as lab:
        yield lab


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[ClassroomHost]:
    """A room with small documents."""
    with opened_room(lab, options=Options(work=WORK, phones=500)) as host:
        yield host


@pytest.fixture
def phone(host: ClassroomHost) -> Phone:
    """A phone that has joined."""
    return Phone(host.site.url).join(host.code)


def is_safe(answer: Answer) -> bool:
    policy = answer.headers.get("Content-Security-Policy", "")
    others = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return "default-src 'none'" in policy and others.items() <= answer.headers.items()


# Who may what


def test_every_answer_has_the_headers_of_a_safe_page(host: ClassroomHost, phone: Phone) -> None:
    """Also what is not there, not allowed, too large, or a stream."""
    answers = [Phone(host.site.url).send(path) for path in PAGES]
    answers += [phone.send("/api/join", method="DELETE"), phone.send("/api/join", b"x" * 5_000)]
    answers += [phone.send("/api/press", b"[" * 4_000), phone.post("/api/join", code="", name="")]
    connection = HTTPConnection(phone.place)
    connection.request("GET", "/api/live", headers=phone.headers())
    stream = connection.getresponse()
    connection.close()

    assert [answer.status for answer in answers[-4:]] == [405, 413, 400, 200]
    assert all(map(is_safe, answers)), [answer for answer in answers if not is_safe(answer)]
    assert is_safe(Answer(stream.status, dict(stream.headers), b""))
    stream.close()


@pytest.mark.parametrize("path", TEACHERS)
@pytest.mark.parametrize("cookie", ["", "pdflab_teacher=", "pdflab_teacher=x", "pdflab_teacher=\xff\udcff"])
def test_the_teachers_pages_are_closed_to_all_others(phone: Phone, path: str, cookie: str) -> None:
    """The QR code, too: it has the room code, which would be no secret."""
    phone.cookie = f"{phone.cookie}; {cookie}".encode("utf-8", "surrogateescape").decode("latin-1")

    assert phone.send(path).status == 403
    assert phone.send(f"{path}?token=x").status == phone.send(f"{path}?token=%ff%d0").status == 403


def test_the_controls_are_closed_to_phones(host: ClassroomHost, phone: Phone) -> None:
    """Whatever a phone sends there, nothing changes."""
    before = len(host.site.teacher.changes)

    assert phone.post("/api/control", name="go").status == 403
    assert len(host.site.teacher.changes) == before


def test_the_token_leaves_the_address_at_once(host: ClassroomHost) -> None:
    """It becomes a cookie that scripts cannot read and other sites do not send."""
    browser = Phone(host.site.url)
    answer = browser.send(f"/projector?token={host.site.token}")

    assert (answer.status, answer.headers["Location"]) == (303, "projector")
    assert all(word in answer.headers["Set-Cookie"] for word in ("HttpOnly", "SameSite=Lax"))
    assert [browser.send(path).status for path in TEACHERS if path != "/api/screen"] == [200] * 4


def test_nothing_of_the_lab_is_reachable_through_the_room(
    host: ClassroomHost, lab: Lab, phone: Phone
) -> None:
    """No route of its API, not even with its token: each is not there."""
    paths = [*routes_of_the_lab(), "/metrics", "/static/dashboard.js", "/jobs", "/%2e%2e/jobs.log"]
    teacher = teacher_of(host)
    teacher.cookie += f"; pdflab_token={lab.token}"
    ask = [f"{path}?token={lab.token}" for path in paths if path != "/"]

    assert len(ask) > 15
    for path in ask:
        assert {phone.send(path).status, phone.send(path, b"{}").status} == {404}, path
        assert teacher.send(path, b"{}").status == 404


def routes_of_the_lab() -> set[str]:
    """Every route that the queued and the synchronous endpoint have, with an id filled in."""
    settings, part = Settings(open=True), MagicMock()
    apps = [
        create_app(part, part, part, settings, operations=None),
        create_sync_app(settings, part, fonts=FontBook()),
    ]
    rules = {rule.rule for app in apps for rule in app.url_map.iter_rules()}
    return {rule.partition("<")[0] + ("a" * 32 if "<" in rule else "") for rule in rules}


def test_no_answer_to_a_phone_has_a_secret(host: ClassroomHost, lab: Lab, phone: Phone) -> None:
    """Neither the lab's token nor the teacher's, nor another phone's cookie, nor the room code."""
    begin(host, Endpoint.QUEUED)
    other = Phone(host.site.url).join(host.code, "Grace")
    asked = ["/", "/api/view", "/qr.svg", "/api/pdf/1-x", "/api/script", "/teacher"]
    with phone.live() as messages:
        texts = [json.dumps(next(messages))]
    texts += [str(phone.send(path)) for path in asked]
    texts += [str(phone.press()), str(phone.post("/api/answer", number=1, value="A"))]

    secrets = [lab.token or "?", host.site.token, other.cookie.partition("=")[2], host.code]
    assert [secret for secret in secrets for text in texts if secret in text] == []


def test_a_pdf_is_its_students_alone(host: ClassroomHost, phone: Phone) -> None:
    """To all others it is not there, whichever endpoint made it."""
    other = Phone(host.site.url).join(host.code)
    for endpoint in Endpoint:
        begin(host, endpoint)
        pressed = phone.press()
        key = pressed.data["key"]
        eventually(lambda key=key: phone.send(f"/api/pdf/{key}").status == 200, seconds=20)  # type: ignore[misc]

        assert phone.send(f"/api/pdf/{key}").body.startswith(b"%PDF")
        assert other.send(f"/api/pdf/{key}").status == 404
        assert other.send(f"/api/page/{key}.png").status == 404
        assert Phone(host.site.url).send(f"/api/pdf/{key}").status == 401


# What a phone sends


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"7",
        b"null",
        b'"a"',
        b"\xff\xfe\x00",
        b"[" * 4_000,
        b'{"a":' * 600,
        b'{"key": 1}',
        b"{}",
    ],
)
def test_what_is_no_request_is_refused_in_one_sentence(phone: Phone, body: bytes) -> None:
    """Never an error of the server, which would be ours."""
    for path in ("/api/press", "/api/answer"):
        answer = phone.send(path, body)
        assert answer.status == 400
        assert 5 < len(answer.data["detail"]) < 90


def test_the_charset_of_a_request_is_not_believed(phone: Phone) -> None:
    """JSON has an encoding of its own."""
    answer = phone.send("/api/press", b'{"key": ""}', kind="application/json; charset=rot13")

    assert answer.status == 400


def test_a_body_of_more_than_four_kilobytes_is_refused(host: ClassroomHost, phone: Phone) -> None:
    """Before anything is read of it; one below is read."""
    assert Phone(host.site.url).post("/api/join", code="x", name="a" * 4_200).status == 413
    assert phone.post("/api/join", code="x", name="a" * 3_000).status == 200


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""]
)
def test_a_form_of_another_site_changes_nothing(host: ClassroomHost, kind: str) -> None:
    """A page elsewhere can send such a form with our cookies; JSON it cannot."""
    browser = teacher_of(host)
    before = len(host.site.teacher.changes)

    answer = browser.send("/api/control", b'{"name": "go"}', kind=kind)
    assert (answer.status, answer.data["detail"]) == (400, "Send JSON.")
    assert len(host.site.teacher.changes) == before


@pytest.mark.parametrize(
    "key", ["", "a b", "a/b", "../x", "ключ", "١٢", "a\r\nX: y", "a" * 41, 7, None, True, ["a"]]
)
def test_a_key_has_letters_and_digits(host: ClassroomHost, phone: Phone, key: object) -> None:
    """Those of ASCII: it stands in addresses."""
    begin(host, Endpoint.QUEUED)

    answer = phone.post("/api/press", key=key)
    assert (answer.status, answer.data["detail"]) == (
        400,
        "A press has a key of up to 40 letters and digits.",
    )


def test_an_answer_belongs_to_the_present_question(host: ClassroomHost, phone: Phone) -> None:
    """One to an earlier or a made-up one is refused, and so is one after the result."""
    host.control("reset")
    assert "over" in phone.post("/api/answer", number=1, value=3).data["detail"]
    host.control("ask")
    number = host.room.poll.number
    for wrong in (0, number + 1, str(number), [number], True, None, {}, 1e300):
        assert phone.post("/api/answer", number=wrong, value=3).data["detail"] == "That question is over."
    for odd in (b"1e999", b"NaN", b"true", b"9" * 999, b'"3"'):
        assert phone.send("/api/answer", b'{"number": %d, "value": %s}' % (number, odd)).status == 400

    assert phone.post("/api/answer", number=number, value=3).status == 200
    host.control("show")
    assert "shown already" in phone.post("/api/answer", number=number, value=4).data["detail"]
    assert list(host.room.poll.answers.values()) == [3.0]


def test_a_phone_that_joins_again_stays_the_same(host: ClassroomHost, phone: Phone) -> None:
    """By its cookie; the code is asked for only once."""
    before = len(host.room.students.all())

    assert phone.post("/api/join", code="wrong", name="Eve").data["name"] == "Ada"
    assert len(host.room.students.all()) == before


def test_a_name_reaches_the_projector_as_it_was_cleaned(host: ClassroomHost) -> None:
    """HTML is text there; the page draws it as such."""
    begin(host, Endpoint.QUEUED)
    Phone(host.site.url).join(host.code, "<img src=x>\u202e").press()
    Phone(host.site.url).join(host.code, "हिन्दी").press()

    with teacher_of(host).live("/api/screen") as messages:
        names = {dot["name"] for dot in next(messages)["dots"]}
    assert names == {"<img src=x>", "हिन्दी"}


def test_a_fourth_live_page_of_a_phone_is_refused(host: ClassroomHost, phone: Phone) -> None:
    """A closed one makes room."""
    with phone.live() as one, phone.live() as two:
        with phone.live() as three:
            assert all(next(page)["name"] == "Ada" for page in (one, two, three))
            assert "three times" in phone.send("/api/live").data["detail"]
        student = host.room.students.find(phone.cookie.partition("=")[2])
        eventually(lambda: student.streams == 2, seconds=10)
        assert phone.view()["name"] == "Ada"


def test_wrong_codes_are_bounded(lab: Lab) -> None:
    """Beyond twenty a second all wait, with a sentence that says so; then the right one joins."""
    with opened_room(lab) as host:
        answers = [Phone(host.site.url).post("/api/join", code=f"x{n}", name="") for n in range(60)]
        time.sleep(1.1)
        late = Phone(host.site.url).post("/api/join", code=host.code, name="")

    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert "Try again in a second." in refused[0].data["detail"]
    assert late.status == 200


# What becomes of a press


def test_a_press_while_the_button_sleeps_is_refused(host: ClassroomHost, phone: Phone) -> None:
    """A phone may not be ahead of the class."""
    begin(host, Endpoint.QUEUED)
    host.control("close")

    assert "sleeps" in phone.press().data["detail"]


def test_two_presses_a_second_and_no_more(host: ClassroomHost, phone: Phone) -> None:
    """The third is 429, and no press."""
    begin(host, Endpoint.QUEUED)
    began = time.monotonic()
    statuses = [phone.press().status for _ in range(4)]

    assert time.monotonic() - began > 1 or statuses == [202, 202, 429, 429]
    assert len(host.room.presses) == statuses.count(202)


def test_a_queued_press_is_accepted_and_done(host: ClassroomHost, phone: Phone) -> None:
    """202 at once, then a place in the queue, then the PDF."""
    begin(host, Endpoint.QUEUED)
    answer = phone.press()

    assert (answer.status, answer.data["endpoint"]) == (202, "queued")
    with phone.live() as messages:
        last = next(view for view in messages if view["presses"][0]["state"] == "done")
    assert last["presses"][0]["answer_ms"] <= 1_000 * last["presses"][0]["seconds"] + 100


def test_the_same_key_is_one_job(host: ClassroomHost, lab: Lab, phone: Phone) -> None:
    """A phone that lost the answer sends it again, at the same time or later."""
    begin(host, Endpoint.QUEUED)
    before = len(lab.sends())
    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(phone.press, ["same"] * 4)]
    answers.append(phone.press("same"))

    assert {(answer.status, answer.data["key"]) for answer in answers} == {(202, answers[0].data["key"])}
    assert (len(lab.sends()) - before, len(host.room.presses)) == (1, 1)


def test_a_key_of_an_earlier_act_is_another_press(host: ClassroomHost, phone: Phone) -> None:
    """A page may count its presses from 1 again; nobody gets the PDF of the last act."""
    ids = []
    for _ in range(2):
        begin(host, Endpoint.QUEUED)
        assert phone.press("again").status == 202
        ids += [press.job_id for press in host.room.presses.values()]

    assert len(set(ids)) == 2


def test_a_synchronous_press_waits_and_is_answered(host: ClassroomHost, phone: Phone) -> None:
    """The answer comes with the state done, and the PDF is kept for its phone."""
    begin(host, Endpoint.SYNCHRONOUS)
    answer = phone.press()

    assert (answer.status, answer.data["state"]) == (200, "done")
    assert phone.send(f"/api/pdf/{answer.data['key']}").body.startswith(b"%PDF")
    begin(host, Endpoint.SYNCHRONOUS)
    assert phone.send(f"/api/pdf/{answer.data['key']}").status == 404


def test_a_control_that_is_not_there_is_refused(host: ClassroomHost) -> None:
    """So is a value that it has not: True is no 1, and 1 is 1.0, as a browser writes it."""
    teacher = teacher_of(host)
    for name, value in [("workers", True), ("workers", 5), ("limit", False), ("names", 0), ("act", ["x"])]:
        answer = teacher.post("/api/control", name=name, value=value)
        assert (answer.status, "is one of" in answer.data["detail"]) == (400, True)
    assert "no control" in teacher.post("/api/control", name="\ud800").data["detail"]
    assert "no control" in teacher.post("/api/control", name=["go"]).data["detail"]

    assert teacher.post("/api/control", name="workers", value=1.0).status == 200
