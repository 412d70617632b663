"""`pdflab load` as a user meets it."""

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from foreign import foreign_server

from pdflab.analysis.run import Send
from pdflab.cli.load import is_this_machine, live_view, make_sure
from pdflab.errors import UsageError
from pdflab.load.plan import burst
from pdflab.load.progress import ProgressCounter

ELSEWHERE = "192.0.2.1"  # an address for documentation: no machine has it


def load(*words: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pdflab", "load", *words]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, text=True, **pipes)


def test_a_load_ends_with_its_counts_and_both_latencies(tmp_path: Path) -> None:
    """At any server: what was accepted, corrected beside naive, and how late the generator was."""
    with foreign_server() as there:
        out, err = load("burst", "--n", "7", "--url", there.url, folder=tmp_path).communicate(timeout=60)

    assert "a burst of 7 in 1 s: 7 accepted" in out
    assert all(words in out for words in ("acknowledgement", "uncorrected", "send lag"))
    assert err == ""


def test_a_load_for_the_other_endpoint_says_what_to_correct(tmp_path: Path) -> None:
    """`pdflab up` prints two addresses, and each has one endpoint; here is neither."""
    with foreign_server(status=404) as there:
        sending = load("burst", "--n", "2", "--url", there.url, folder=tmp_path)
        _, said = sending.communicate(timeout=60)

    assert f"{there.url} is not the queued endpoint: correct --url or --endpoint." in said


def test_ctrl_c_ends_a_load_with_what_it_has(tmp_path: Path) -> None:
    """The server answers nobody: what waits is reported as cancelled; the exit code is an interrupt's."""
    with foreign_server() as there:
        there.gate.clear()
        process = load("steady", "--rate", "20", "--seconds", "60", "--url", there.url, folder=tmp_path)
        deadline = time.monotonic() + 30
        while len(there.came_at) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (130, "")
    assert "cancelled" in out
    written = (tmp_path / "pdflab-data" / "sends.jsonl").read_text().splitlines()
    assert {Send.from_json(line).error for line in written} == {"cancelled"}


def test_a_pipe_is_asked_to_say_yes_before_load_goes_elsewhere(tmp_path: Path) -> None:
    """Nobody can be asked: a sentence, and nothing is sent."""
    process = load("burst", "--url", f"http://{ELSEWHERE}:8000", folder=tmp_path)
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (
        2,
        f"pdflab: {ELSEWHERE} is not this machine; add --yes if it may be put under load.\n",
    )


@pytest.mark.parametrize(("answer", "sent"), [("y", True), ("YES ", True), ("", False), ("n", False)])
def test_a_person_is_asked(answer: str, sent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question names the machine and the number; only a yes is a yes."""
    asked = []
    monkeypatch.setattr("sys.stdin", type("Terminal", (io.StringIO,), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)

    try:
        make_sure(f"http://{ELSEWHERE}/", burst(1_200))
        went = True
    except UsageError:
        went = False

    assert went is sent
    assert asked == [
        f"{ELSEWHERE} is not this machine. Send it 1,200 requests (a burst of 1,200 in 1 s)? [y/N] "
    ]


@pytest.mark.parametrize(("host", "ours"), [("127.0.0.1", True), ("localhost", True), (ELSEWHERE, False)])
def test_this_machine_is_known_by_its_addresses(host: str, ours: bool) -> None:
    """A socket can be bound to what is ours, and to nothing else."""
    assert is_this_machine(host) is ours


def test_a_name_without_a_machine_is_reported() -> None:
    """A typing error in --url is reported in one sentence."""
    with pytest.raises(UsageError, match="no machine called"):
        is_this_machine("nobody.invalid")


def test_progress_shows_requests_and_percentiles() -> None:
    """What is sent and in flight, and how long it took so far."""
    counts = ProgressCounter()
    counts.start(2)
    counts.end(Send("queued", "custom", 10.0, 10.5, 12.0, 202, "a"))

    rates, heading, acknowledgement, *_ = live_view(counts).splitlines()

    assert "2 sent, 1 in flight; 1 accepted" in rates
    assert acknowledgement.index("2,000.0") + len("2,000.0") == heading.index("p50") + len("p50")
