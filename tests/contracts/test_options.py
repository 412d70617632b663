"""The command line: its commands, and the options and choices of each, as scripts have them written down."""

import os
import re
import subprocess
import sys

import pytest

ROLE = "--redis-url --folder --host --port"
COMMANDS = {
    "": "--version --ip --port --no-browser",
    "up": f"{ROLE} --open --preset{{standard,teaching,classroom}} --workers --sync-port",
    "api": f"{ROLE} --open",
    "sync-api": f"{ROLE} --open",
    "worker": f"--name {ROLE}",
    "naive-worker": f"--name {ROLE}",
    "email-worker": f"--name {ROLE}",
    "email-keyed-worker": f"--name {ROLE}",
    "recorder": ROLE,
    "demo": "--scenario{custom,invoice,report,batch,burst,month-end,freeze}"
    " --seconds --timeout --workers --gif --folder --json",
    "audit": "--json",
    "dead-letters": "--retry --retry-all --dismiss --dismiss-all --url --folder --json",
    "chaos": "--seconds --hard --seed --workers --naive --folder --json",
    "load": "--n --seconds --rate --seed --url --endpoint{queued,synchronous} --timeout --clients --tries"
    " --backoff --jitter --budget --folder --yes",
    "bench": "--json {render,queue,api,chart,simulation,classroom}",
    "soak": "--jobs --json",
    "plan": "--jobs --profile{day,flat,at-once} --hours --deadline --within --service --run --price "
    "--start-up --spike --crash-every --seed --chart --json",
    "twin": "--rounds --json",
    "classroom": "--host --port --url --workers --phones --patience --work --minutes --simulated-phones"
    " --save --replay --speed",
    "course": "{student,instructor}",
    "sample": "--seed --lines --out {custom,invoice,report}",
}


def help_of(*words: str) -> str:
    """Ask a command for its help, on one very long line an option."""
    command = [sys.executable, "-m", "pdflab", *words, "--help"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "2000"}
    )
    return done.stdout


@pytest.mark.parametrize(("command", "expected"), COMMANDS.items())
def test_a_command_keeps_its_options(command: str, expected: str) -> None:
    """Each by its name, with what may be chosen; none is gone, none has come unseen."""
    usage = help_of(*command.split()).splitlines()[0]

    found = re.findall(r"(--[a-z-]+)(?: (\{.*?\}))?|(?<= )(\{.*?\})", usage)

    assert ["".join(parts) for parts in found] == expected.split()


def test_help_lists_every_command() -> None:
    """What is there is found."""
    listed = re.findall(r"^    ([a-z-]+)(?:  |$)", help_of(), re.MULTILINE)

    assert listed == [command for command in COMMANDS if command]
