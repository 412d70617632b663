"""`pdflab dead-letters`: an operator sees what failed and why, and asks for it again."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from shorthand import EchoOperations

from pdflab.__main__ import main
from pdflab.cli.outcomes import _row
from pdflab.jobs import Cause
from pdflab.service.api.app import create_app
from pdflab.service.jobqueue.base import Failure, Submission, new_id
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings

REASON = "this document has more than 500 pages; split it into several documents"


@pytest.fixture
def queue(settings: Settings) -> JobQueue:
    """A queue with room for two, and no worker."""
    return JobQueue(embedded_broker().client(), replace(settings, queue_limit=2))


@pytest.fixture
def url(queue: JobQueue, settings: Settings) -> Iterator[str]:
    """The address of a real server over that queue."""
    app = create_app(
        queue, queue, FolderStorage(settings.storage_folder), settings, operations=EchoOperations()
    )
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


def submit(queue: JobQueue) -> str:
    [job_id] = queue.enqueue([Submission(new_id(), "custom", "{}")])
    return job_id


def let_fail(queue: JobQueue) -> str:
    """Accept a job and let it end as FAILED."""
    job_id = submit(queue)
    claim = queue.claim(str(queue.take(1.0)), "w", new_id())
    assert claim
    queue.fail(claim, "w", Failure(Cause.REJECTED, REASON))
    return job_id


def letters(queue: JobQueue) -> list[str]:
    return [job.job_id for job in queue.dead_letters()]


def test_a_dead_letter_is_a_line_with_its_reason(
    url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    """Job, kind, when and why, each below its heading."""
    job_id = let_fail(queue)

    code = main(["dead-letters", "--url", url])

    heading, line, hopeless = capsys.readouterr().out.splitlines()
    assert code == 0
    for name, begins in (("job", job_id), ("kind", "custom"), ("failed at", "20"), ("reason", REASON)):
        assert line[heading.index(name) :].startswith(begins)
    assert hopeless == "1 of these would fail again: the same request has the same fault."


def test_the_list_is_one_json_object_when_a_script_asks(
    url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    """The count, and the jobs as the API tells them."""
    dead = [let_fail(queue), let_fail(queue)]

    main(["dead-letters", "--url", url, "--json"])

    reported = json.loads(capsys.readouterr().out)
    assert (reported["count"], [job["job_id"] for job in reported["jobs"]]) == (2, dead)


def test_dead_letters_are_dismissed(url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]) -> None:
    """Some by their ids, or all; their jobs stay FAILED."""
    dead = [let_fail(queue) for _ in range(4)]

    main(["dead-letters", "--url", url, "--dismiss", *dead[:2]])
    left = letters(queue)
    main(["dead-letters", "--url", url, "--dismiss-all"])

    assert (left, letters(queue)) == (dead[2:], [])
    assert capsys.readouterr().out == "dismissed: 2\ndismissed: 2\n"
    assert queue.kept()["FAILED"] == 4


def test_where_nothing_failed_that_is_said(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No empty table."""
    main(["dead-letters", "--url", url])

    assert capsys.readouterr().out == "No dead letters.\n"


def test_those_that_the_answer_has_no_room_for_are_counted(
    url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list never looks shorter than it is."""
    monkeypatch.setattr("pdflab.service.api.dead_letters._MAX_DEAD_LETTERS", 2)
    for _ in range(5):
        let_fail(queue)

    main(["dead-letters", "--url", url])

    assert capsys.readouterr().out.splitlines()[-1] == "… and 3 more"


def test_some_are_tried_again_each_as_a_new_job(
    url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line by line, as which; those that nobody asked for stay."""
    first, second, third = (let_fail(queue) for _ in range(3))

    main(["dead-letters", "--url", url, "--retry", first, second])

    lines = [line.split(" is retried as ") for line in capsys.readouterr().out.splitlines()]
    assert [old for old, _ in lines] == [first, second]
    assert [job.retry_of for _, new in lines if (job := queue.get(new))] == [first, second]
    assert letters(queue) == [third]


def test_a_script_is_given_the_new_ids(url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]) -> None:
    """For one, and for all."""
    dead = [let_fail(queue), let_fail(queue)]

    main(["dead-letters", "--url", url, "--retry", dead[0], "--json"])
    main(["dead-letters", "--url", url, "--retry-all", "--json"])

    one, all_of_them = (json.loads(line)["job_ids"] for line in capsys.readouterr().out.splitlines())
    assert [job.retry_of for new in one + all_of_them if (job := queue.get(new))] == dead


def test_all_are_tried_again(url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]) -> None:
    """And how many that were."""
    let_fail(queue), let_fail(queue)

    main(["dead-letters", "--url", url, "--retry-all"])

    assert capsys.readouterr().out == "tried again: 2\n"
    assert letters(queue) == []


def test_a_job_that_nobody_knows_is_named(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The service's own sentence, and exit code 2."""
    code = main(["dead-letters", "--url", url, "--retry", "nobody"])

    assert code == 2
    assert "There is no job 'nobody'" in capsys.readouterr().err


def test_a_full_line_says_when_to_ask_again(
    url: str, queue: JobQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    """429 is a sentence with a number of seconds; the dead letter is still one."""
    dead = let_fail(queue)
    submit(queue), submit(queue)

    code = main(["dead-letters", "--url", url, "--retry", dead])

    assert code == 2
    assert (
        "The queue is full: 2 jobs are waiting, and 0 MB of requests are kept. Try again in about 5 s."
        in capsys.readouterr().err
    )
    assert letters(queue) == [dead]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("localhost:8000", "is not a URL"), ("file:///etc/passwd", "is not a URL"), ("", "is not a URL")],
)
def test_what_is_no_url_is_reported(url: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A typing mistake is one sentence."""
    assert main(["dead-letters", "--url", url]) == 2
    assert sentence in capsys.readouterr().err


def test_where_nothing_answers_it_says_how_to_start_something(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a service that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    assert main(["dead-letters", "--url", url]) == 2
    assert f"Nothing answers at {url}; start the service with `pdflab up`" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "sentence"), [(200, "is not pdflab"), (404, "answered 404")])
def test_another_server_is_recognised(status: int, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever lives at that port, it is no traceback."""

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        code = main(["dead-letters", "--url", f"http://127.0.0.1:{server.server_port}"])
        thread.join()

    assert code == 2
    assert sentence in capsys.readouterr().err


def test_a_reason_cannot_steer_the_terminal() -> None:
    """What a document put into a reason is shown without what a terminal obeys."""
    assert "\x1b" not in _row("a", "custom", "now", "red \x1b[31m text")
