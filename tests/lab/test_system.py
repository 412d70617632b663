"""A system without load, in threads: what it refuses, and what a failed start leaves."""

import os
import socket
import threading
from contextlib import closing, redirect_stdout, suppress
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from conftest import children_of, eventually
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from pdflab.audit import audit
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.lab.system import THREADS, System, known_name
from pdflab.lab.threads import Threads
from pdflab.service.http.server import listen
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.settings import Settings


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    """A typing error costs one sentence, not a search."""
    with pytest.raises(UsageError, match="no worker 'nive' here: take one of reliable, naive"):
        known_name("worker", "nive", ("reliable", "naive"))


def test_a_system_that_cannot_start_leaves_nothing_and_starts_later(settings: Settings) -> None:
    """A taken port is reported, and the folder, the other port and all threads are released at once."""
    taken = listen("127.0.0.1", 0, setting="--port")
    before = set(threading.enumerate())
    system = System(replace(settings, workers=1, sync_port=taken.getsockname()[1]), mode=THREADS)

    with pytest.raises(UsageError, match="choose another one with --sync-port or PDFLAB_SYNC_PORT"):
        system.start()
    taken.close()

    assert set(threading.enumerate()) <= before
    with system:
        assert send_request(system.url, "/healthz").status == 200


def test_a_start_that_fails_ends_its_embedded_redis(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only after a start that worked does it wait for the next one."""
    monkeypatch.setattr("pdflab.service.jobqueue.redis_server.server_program", lambda: None)
    taken, before = listen("127.0.0.1", 0, setting="--port"), children_of(os.getpid())
    system = System(replace(settings, workers=1, sync_port=taken.getsockname()[1]))

    with closing(taken), pytest.raises(UsageError, match="choose another one with --sync-port"):
        system.start()

    assert children_of(os.getpid()).keys() <= before.keys()


def test_a_lab_reads_the_variables_of_every_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An argument wins, and so does a preset; ports are free ones unless they are set."""
    for name, value in {"WORKERS": "3", "LEASE": "7", "FOLDER": str(tmp_path), "SYNC_PORT": "8101"}.items():
        monkeypatch.setenv(f"PDFLAB_{name}", value)

    read, given = Lab().settings, Lab(workers=1, preset="teaching", folder=tmp_path / "mine").settings

    assert (read.workers, read.lease, read.folder) == (3, 7.0, tmp_path)
    assert (read.port, read.sync_port) == (0, 8101)
    assert (given.workers, given.lease, given.folder) == (1, 3.0, tmp_path / "mine")


def test_settings_that_are_given_are_the_whole_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A private lab, as that of a benchmark, is the same whatever the environment says."""
    for name in ("WORKERS", "FOLDER", "REDIS_URL"):
        monkeypatch.setenv(f"PDFLAB_{name}", "nothing that could be read")
    lab = Lab(settings=Settings(port=0, sync_port=0, workers=5))

    assert (lab.settings.workers, lab.settings.redis_url) == (5, None)
    assert lab.folder.name.startswith("pdflab-")


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "redis://127.0.0.1:9/0"), ("STORAGE", "pdfs"), ("LOG", "jobs.log")]
)
def test_what_outlives_a_lab_keeps_its_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """The next notebook on the same Redis goes on in one folder; PDFs are not moved into one that goes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"PDFLAB_{name}", value)

    lab = Lab(mode=THREADS)
    lab.stop()

    assert lab.folder == tmp_path / "pdflab-data"


def test_a_lab_with_a_wrong_variable_says_the_same_as_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, and in a notebook nothing else: no page of our own code around it."""
    monkeypatch.setenv("PDFLAB_WORKERS", "many")

    with pytest.raises(UsageError, match="PDFLAB_WORKERS='many' cannot be read as int; correct it") as raised:
        Lab()

    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    with redirect_stdout(StringIO()) as shown:
        shell.run_cell("from pdflab.lab import Lab\nLab()")
    assert shown.getvalue().splitlines() == [f"pdflab: {raised.value}"]


def test_one_of_two_api_processes_answers_for_both(settings: Settings) -> None:
    """While one is frozen: both accept from one port."""
    with System(replace(settings, workers=1, api_processes=2)) as system:
        assert system.process_names()[:3] == ["recorder", "api", "api-2"]
        freezing = Thread(target=system.freeze, args=(4.0, "api"))
        freezing.start()
        answers = 0
        while freezing.is_alive():
            with suppress(TimeoutError):  # the frozen one had just taken this connection
                answers += send_request(system.url, "/healthz", timeout=0.5).status == 200

    assert answers > 10


def test_two_api_processes_count_together(settings: Settings) -> None:
    """What each has answered; also what is refused before it reaches the application."""
    with System(replace(settings, workers=1, api_processes=2, max_body=1000)) as system:
        for number in range(20):
            body = {"type": "letter", "text": "x" * (2000 * (number % 2))}
            assert send_request(system.url, "/generate-pdf", method="POST", body=body).status in (413, 422)

        eventually(lambda: system.queue.stats().invalid == 20, seconds=10)


def test_a_system_says_how_many_workers_there_should_be(settings: Settings) -> None:
    """Also after a change; and no longer when it has stopped."""
    with System(replace(settings, workers=2), mode=THREADS) as system:
        queue = system.queue
        seen = [system.queue.stats().workers_expected]
        system.scale(3)
        seen.append(system.queue.stats().workers_expected)

    assert (seen, queue.stats().workers_expected) == ([2, 3], None)


def test_a_paused_system_begins_nothing_whatever_is_killed(settings: Settings) -> None:
    """Jobs are accepted; they are done when it is resumed, and the audit is clean."""
    body = {"type": "custom", "title": "A note", "text": "Some words."}
    with System(replace(settings, workers=2, appendfsync="always")) as system:

        def post(path: str, body: object = None) -> int:
            return send_request(system.url, path, method="POST", body=body).status

        assert post("/queue/pause") == 200
        assert [post("/generate-pdf", body) for _ in range(5)] == [202] * 5
        system.kill("worker-1")
        system.broker.kill()
        eventually(lambda: workers_of(system) >= 2, seconds=30)
        stats = system.queue.stats()
        assert (stats.paused, stats.queued, stats.processing, stats.completed) == (True, 5, 0, 0)
        assert post("/queue/resume") == 200
        eventually(lambda: system.queue.stats().completed == 5, seconds=20)

    assert audit(settings).findings == ()


def workers_of(system: System) -> int:
    try:
        return system.queue.stats().workers
    except BrokerUnavailable:
        return 0


def test_threads_are_not_killed_or_frozen(settings: Settings) -> None:
    """A name is checked first; then the mode says why not."""
    with System(replace(settings, workers=1), mode=THREADS) as system:
        assert system.process_names() == ["recorder", "api", "worker-1", "sync-api-1"]
        with pytest.raises(UsageError, match="no process 'worker-9' here"):
            system.kill("worker-9")
        for fault in (system.kill, lambda: system.freeze(1.0)):
            with pytest.raises(UsageError, match="Threads cannot be killed"):
                fault()
        with pytest.raises(UsageError, match="1 to 64 workers, not 65"):
            system.scale(65)


def test_a_role_that_cannot_run_is_reported(settings: Settings) -> None:
    """The system says why, in the words of the role."""
    threads = Threads(settings, embedded_broker())
    settings.log_file.mkdir()  # the recorder cannot write into a folder

    threads.start("recorder", "recorder")
    eventually(lambda: threads.broken is not None, seconds=10)
    threads.stop()

    assert str(threads.broken).startswith("recorder failed: IsADirectoryError")
    assert threads.names() == []


def test_a_restart_of_the_synchronous_endpoint_drops_what_waits_in_it(settings: Settings) -> None:
    """Also a connection that no process has accepted yet; the next request is answered."""
    with System(replace(settings, workers=1)) as system:
        freezing = Thread(target=system.freeze, args=(6.0, "sync-api-1"))
        freezing.start()
        eventually(lambda: "sync-api-1" in system.frozen(), seconds=15)
        place = system.sync_url.removeprefix("http://").split(":")
        with socket.create_connection((place[0], int(place[1])), timeout=5) as waiting:
            waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            system.restart_synchronous()
            with suppress(ConnectionResetError):
                assert waiting.recv(1) == b""
        assert send_request(system.sync_url, "/healthz", timeout=20).status == 200
        freezing.join()


def test_the_limit_of_the_queue_holds_from_the_next_request_on(settings: Settings) -> None:
    """The API restarts for it, on the same port."""
    with System(replace(settings, workers=1), mode=THREADS) as system:
        url, note = system.url, {"type": "custom", "title": "A note", "text": "Some words."}
        assert send_request(url, "/queue/pause", method="POST", body={}).status == 200
        for limit in (1, 2):
            system.set_queue_limit(limit)
            ask = partial(send_request, url, "/generate-pdf", method="POST", body=note)
            assert [ask().status for _ in range(2)] == [202, 429]
            assert system.queue.stats().queued == limit
        assert (system.url, system.settings.queue_limit) == (url, 2)
