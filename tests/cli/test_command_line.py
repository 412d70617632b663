"""The command line as a user meets it: as a process, with its output and its exit code."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from conftest import children_of, eventually, lives


def pdflab(*words: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, in a folder of its own."""
    command = [sys.executable, "-m", "pdflab", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=os.environ | env, timeout=120
    )


@pytest.fixture
def up(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A running `pdflab up` on free ports, started as in a terminal of its own."""
    command = [sys.executable, "-m", "pdflab", "up", "--port", "0", "--sync-port", "0", "--workers", "1"]
    command += getattr(request, "param", [])
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        yield process
        if process.poll() is None:
            process.kill()


def url_of(up: "subprocess.Popen[str]") -> str:
    """Read the address that `pdflab up` prints once everything answers."""
    assert up.stdout is not None
    return up.stdout.readline().split()[3]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["audit", "nowhere"], "nothing to audit in nowhere"),
        (["demo", "--seconds", "0"], "--seconds must be between"),
        (["demo", "--scenario", "freeze", "--seconds", "1"], "between 6 and 600 for a freeze"),
        (["load", "brust"], "no operation 'brust'"),
        (["load", "burst", "--n", "0"], "must be a whole number from 1 to"),
        (["load", "burst", "--url", "localhost"], "is not a URL"),
        (
            ["load", "burst", "--n", "1", "--url", "http://127.0.0.1:9"],
            "Nothing answers at http://127.0.0.1:9",
        ),
        (["up", "--workers", "0"], "workers must be 1 or more"),
        (["up", "--port", "70000"], "port must be between"),
        (
            ["up", "--redis-url", "redis://user:secret@127.0.0.1:9/0"],
            "redis://user:***@127.0.0.1:9/0 does not answer",
        ),
        (["up", "--redis-url", "http://127.0.0.1"], "is not a Redis URL"),
        (["up", "--folder", "/proc/pdflab"], "cannot be written to"),
        (["worker"], "needs a Redis that the others share"),
        (["up", "--prot", "1"], "unrecognized arguments: --prot"),
        (["--prot", "1"], "unrecognized arguments: --prot"),
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["07"], "There is no notebook '07', or more than one: take one of 00_start_here"),
        (["--port", "0", "elsewhere.ipynb"], "There is no notebook 'elsewhere.ipynb'"),
        (["05", "--port", "70000"], "--port must be between 0 and 65535"),
        (["--ip", "203.0.113.7", "--no-browser"], "203.0.113.7:0 cannot be listened on"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, tmp_path: Path
) -> None:
    """What happened and what to do: no traceback, no password."""
    done = pdflab(*words, folder=tmp_path)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_setting_that_cannot_be_read_names_its_variable(tmp_path: Path) -> None:
    """A typing mistake in the environment is reported like one on the command line."""
    done = pdflab("up", folder=tmp_path, PDFLAB_LEASE="ten")

    assert (done.returncode, "PDFLAB_LEASE='ten'" in done.stderr) == (2, True)


def test_a_taken_port_is_reported_before_anything_is_left_running(tmp_path: Path) -> None:
    """The one who has the port keeps it; we say which option chooses another."""
    before = children_of(os.getpid())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (("up", "--port", port), ("--no-browser", "--port", port)):
            done = pdflab(*words, folder=tmp_path)

            assert done.returncode == 2
            assert "is taken; choose another one with --port" in done.stderr
    assert children_of(os.getpid()).keys() <= before.keys()


def test_up_serves_until_ctrl_c_and_leaves_nothing_behind(
    up: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    """A document asked for over HTTP is made; Ctrl-C ends everything within 3 s; the audit is clean."""
    url = url_of(up)
    sent = pdflab("load", "burst", "--n", "5", "--url", url, folder=tmp_path)
    family = children_of(up.pid)

    eventually(lambda: _stats(url)["completed"] == 5, seconds=20)
    up.send_signal(signal.SIGINT)
    began = time.monotonic()
    code = up.wait(20)
    took = time.monotonic() - began

    assert (sent.returncode, "5 accepted" in sent.stdout, code) == (0, True, 0)
    assert took < 6, "twice what is promised, for a busy machine"
    assert len(family) >= 6
    assert not any(lives(pid) for pid in family)
    assert pdflab("audit", folder=tmp_path).returncode == 0


def test_a_stop_says_what_is_left_and_the_audit_too(up: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """Stopped in the middle of a load: nothing is lost, and the next start does the rest."""
    pdflab("load", "burst", "--n", "300", "--url", url_of(up), folder=tmp_path)
    up.send_signal(signal.SIGINT)
    assert up.stdout is not None
    said = up.stdout.read()

    assert "jobs are not done; the next `pdflab up` in this folder does them" in said
    assert "NOT CLEAN yet" in pdflab("audit", folder=tmp_path).stdout


def test_an_operation_is_started_from_the_web(up: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """POST /operations/burst starts the generator beside the service; what it was answered can be audited."""
    url = url_of(up)
    connection = HTTPConnection(url.removeprefix("http://"))
    bearer = {"Authorization": f"Bearer {token_in(tmp_path)}"}
    connection.request("POST", "/operations/burst", json.dumps({"n": 7}), bearer)
    answer = json.loads(connection.getresponse().read())
    connection.close()

    eventually(lambda: _stats(url)["completed"] == 7, seconds=20)

    assert answer["documents"] == 7
    assert len((tmp_path / "pdflab-data" / "accepted.jsonl").read_text().splitlines()) == 7


def test_the_line_that_up_prints_works_when_it_is_copied(up: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """So does README's request; load and dead letters find the token in the folder, or say what they need."""
    url, lines = url_of(up), [str(up.stdout.readline()).strip() for _ in range(4)]
    [copied], [link] = (
        [line for line in lines if line.startswith(word)] for word in ("curl ", "dashboard: ")
    )
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    [asking] = [line for line in readme.splitlines() if line.startswith("curl -i")]

    sent = shell(asking.replace("http://127.0.0.1:8000", url), tmp_path)
    eventually(lambda: _stats(url)["completed"] == 1, seconds=20)

    assert sent.startswith("HTTP/1.1 202 ")
    assert json.loads(shell(f"{copied}?state=COMPLETED", tmp_path))["jobs"][0]["kind"] == "custom"
    assert link == f"dashboard: {url}/?token={token_in(tmp_path)}"
    assert pdflab("dead-letters", "--url", url, folder=tmp_path).stdout == "No dead letters.\n"
    (tmp_path / "elsewhere").mkdir()
    refused = pdflab("dead-letters", "--url", url, folder=tmp_path / "elsewhere")
    assert (refused.returncode, "This needs the token" in refused.stderr) == (2, True)
    unsent = pdflab("load", "custom", "--url", url, folder=tmp_path / "elsewhere")
    assert (unsent.returncode, "needs its token: set PDFLAB_TOKEN, or --folder" in unsent.stderr) == (2, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_gets_nothing(up: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """It reaches the ports, and neither the file, nor the environment, nor a command line with the token."""
    url = url_of(up)
    load = pdflab("load", "batch", "--n", "3", "--url", url, folder=tmp_path)
    commands = [
        f"curl -s -o /dev/null -w '%{{http_code}} ' {url}{path}" for path in ("/jobs", "/events", "/")
    ]
    commands += [f"curl -s -o /dev/null -w '%{{http_code}} ' -X POST {url}/operations/burst"]
    commands += [
        "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null",
        f"cat {tmp_path}/pdflab-data/token",
    ]

    script = ";".join(commands)
    done = subprocess.run(["sh", "-c", script], user="nobody", cwd="/", capture_output=True, check=False)

    assert load.returncode == 0
    assert done.stdout.startswith(b"401 401 401 401 ")
    assert b"pdflab" in done.stdout
    assert token_in(tmp_path).encode() not in done.stdout
    assert done.returncode == 1


def test_an_endpoint_alone_says_where_its_token_is(tmp_path: Path) -> None:
    """It makes one at its first start."""
    command = [sys.executable, "-m", "pdflab", "sync-api"]
    env = os.environ | {"PDFLAB_SYNC_PORT": "0"}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        eventually((tmp_path / "pdflab-data" / "sync.jsonl").exists, seconds=30)
        process.terminate()

    assert line == "The token is in pdflab-data/token; other programs send it.\n"
    assert len(token_in(tmp_path)) == 32


@pytest.mark.parametrize("up", [["--open"]], indirect=True)
def test_an_open_system_says_what_that_means(up: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """In one sentence, at the start; it makes no token, and asks for none."""
    url, lines = url_of(up), [str(up.stdout.readline()) for _ in range(4)]

    assert "It is open: all who reach its port can read documents and start jobs" in "".join(lines)
    assert json.loads(shell(f"curl -s {url}/jobs", tmp_path))["jobs"] == []
    assert not (tmp_path / "pdflab-data" / "token").exists()


def test_the_demo_reports_what_a_naive_tool_leaves_out(tmp_path: Path) -> None:
    """The API stands still for 1.4 s: 99 of 100 were answered at once, if one counts as most tools do.

    Clients who give up after a second are in no percentile, and reported beside them.
    """
    words = ("demo", "--scenario", "freeze", "--seconds", "6", "--timeout", "1", "--json")
    done = pdflab(*words, folder=tmp_path)
    reported = json.loads(done.stdout)
    counted = reported["answered_within_s"]

    assert counted["since it was sent"]["p99"] < counted["since it was meant to go"]["p99"] / 2
    assert counted["since it was meant to go"]["p99"] > 0.5
    assert reported["unanswered"].keys() == {"timeout"}
    assert Path(tmp_path / reported["chart"]).read_bytes().startswith(b"\x89PNG")


def test_the_demo_compares_both_endpoints_and_its_audit_is_clean(tmp_path: Path) -> None:
    """One JSON object with the promised keys, a chart, a report, and a folder that can be audited again.

    With --gif, an animation, too.
    """
    done = pdflab("demo", "--seconds", "2", "--gif", "--json", folder=tmp_path)

    figures = json.loads(done.stdout)
    keys = {
        "sent",
        "accepted",
        "failed",
        "accept_p50_s",
        "accept_p99_s",
        "complete_p99_s",
        "throughput_per_s",
    }
    assert figures["queued"].keys() == figures["synchronous"].keys() >= keys
    assert figures["queued"]["sent"] == figures["queued"]["accepted"] == figures["synchronous"]["sent"] > 0
    assert (figures["audit"], done.returncode) == ("clean", 0)
    assert (tmp_path / "pdflab-data" / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / figures["animation"]).read_bytes().startswith(b"GIF89a")
    report = (tmp_path / "pdflab-data" / "demo.html").read_text()
    assert report.count('src="data:image/png;base64,') == 7
    assert "http:" not in report
    assert "https:" not in report
    audited = json.loads(pdflab("audit", "--json", folder=tmp_path).stdout)
    assert audited["accepted"] == audited["completed"] == figures["queued"]["sent"]


def test_output_may_be_cut_off_by_its_reader(tmp_path: Path) -> None:
    """`pdflab --help | head -1` ends without a complaint."""
    piped = subprocess.run(
        f"{sys.executable} -m pdflab --help | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert (piped.stdout.startswith("usage: pdflab"), piped.stderr) == (True, "")


def shell(line: str, folder: Path) -> str:
    """Run a line as it is typed; return what it prints."""
    return subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout


def token_in(folder: Path) -> str:
    return (folder / "pdflab-data" / "token").read_text().strip()


def _stats(url: str) -> dict[str, int]:
    connection = HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", "/stats")
    stats: dict[str, int] = json.loads(connection.getresponse().read())
    connection.close()
    return stats
