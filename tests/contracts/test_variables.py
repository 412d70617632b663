"""The PDFLAB_* variables: their names, what holds without them, and how they are read."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from inside import Settings
from outside import NOTE, api, ask, pdflab, redis_server, submit

# Each variable without its PDFLAB_; what holds without it; a text, and what is read from it.
VARIABLES: dict[str, tuple[Any, str, Any]] = {
    "FOLDER": (Path("pdflab-data"), "here", Path("here")),
    "STORAGE": (None, "pdfs", Path("pdfs")),
    "LOG": (None, "log.jsonl", Path("log.jsonl")),
    "REDIS_URL": (None, "redis://localhost:6379/1", "redis://localhost:6379/1"),
    "FONTS": (None, "/usr/share/fonts", Path("/usr/share/fonts")),
    "HOST": ("127.0.0.1", "::", "::"),
    "HOSTS": (None, "lab.example.org, .mybinder.org", "lab.example.org, .mybinder.org"),
    "PORT": (8000, "0", 0),
    "SYNC_PORT": (8001, "65535", 65535),
    "SYNC_BACKLOG": (None, "8", 8),
    "API_PROCESSES": (1, "2", 2),
    "TOKEN": (None, "a-token_of.letters~1", "a-token_of.letters~1"),
    "OPEN": (False, "1", True),
    "PROXY": (False, "1", True),
    "WORKERS": (2, "4", 4),
    "LEASE": (10.0, "3", 3.0),
    "GRACE": (2.0, "0.5", 0.5),
    "TIME_LIMIT": (60.0, "1e2", 100.0),
    "WORKER_JOBS": (50_000, "7", 7),
    "MAX_CRASHES": (3, "1", 1),
    "MAX_ERRORS": (3, "1", 1),
    "QUEUE_LIMIT": (10_000, "5", 5),
    "QUEUE_BYTES": (256_000_000, "1000000", 1_000_000),
    "MAX_BODY": (4_000_000, "1000", 1000),
    "RETENTION": (86_400.0, "60", 60.0),
    "DISK_RESERVE": (50_000_000, "1000", 1000),
    "FSYNC": (False, "1", True),
    "APPENDFSYNC": ("everysec", "always", "always"),
}
WRONG = {
    "PORT": ("-1", "65536", "http"),
    "SYNC_PORT": ("-1", "8001.5"),
    "SYNC_BACKLOG": ("0", "some"),
    "API_PROCESSES": ("0",),
    "TOKEN": (
        "",
        "fifteen-letters",
        "sixteen letters and a space",
        "an-ümlaut-in-the-token",
        "a-token-of-16-and-a-line\n",
    ),
    "OPEN": ("maybe",),
    "WORKERS": ("0", "two"),
    "LEASE": ("0", "inf", "nan", "ten"),
    "GRACE": ("0", "-1"),
    "TIME_LIMIT": ("0", ""),
    "WORKER_JOBS": ("0",),
    "MAX_CRASHES": ("0",),
    "MAX_ERRORS": ("0",),
    "QUEUE_LIMIT": ("0", "1e4"),
    "QUEUE_BYTES": ("0",),
    "DISK_RESERVE": ("0",),
    "MAX_BODY": ("0",),
    "RETENTION": ("0", "inf"),
    "FSYNC": ("maybe",),
    "APPENDFSYNC": ("never", ""),
}
BOOLEANS = {"1": True, "true": True, "Yes": True, "0": False, "FALSE": False, "no": False, "": False}


def read(**variables: str) -> dict[str, Any]:
    """Read variables as a command does; return every setting by its variable's name."""
    settings = Settings.from_env({f"PDFLAB_{name}": text for name, text in variables.items()})
    return {field.name.upper(): getattr(settings, field.name) for field in fields(settings)}


def test_without_variables_the_defaults_hold() -> None:
    """Each setting has a variable, and each variable a setting."""
    assert read() == {name: default for name, (default, _, _) in VARIABLES.items()}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_sets_its_setting_and_no_other(name: str) -> None:
    """As a number, a path, a truth or a text."""
    _, text, expected = VARIABLES[name]

    found = read(**{name: text})

    assert found == read() | {name: expected}
    assert type(found[name]) is type(expected)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_value_that_cannot_be_is_refused_by_its_name(name: str, text: str) -> None:
    """Whoever set it finds it."""
    with pytest.raises(Exception, match=f"(?i)^(PDFLAB_)?{name}[ =]"):
        read(**{name: text})


@pytest.mark.parametrize(("text", "expected"), BOOLEANS.items())
def test_a_truth_has_several_words(text: str, expected: bool) -> None:
    """In small letters or in capitals."""
    assert read(FSYNC=text)["FSYNC"] is expected


def test_settings_go_to_a_child_as_the_same_variables() -> None:
    """What one process was set to, another reads; what is not set is not there."""
    settings = Settings.from_env({f"PDFLAB_{name}": text for name, (_, text, _) in VARIABLES.items()})

    assert settings.to_env().keys() == {f"PDFLAB_{name}" for name in VARIABLES}
    assert Settings.from_env(settings.to_env()) == settings
    assert Settings.from_env({}).to_env().keys() == {
        f"PDFLAB_{name}" for name, (default, _, _) in VARIABLES.items() if default is not None
    }


def test_a_role_is_configured_by_variables_alone(tmp_path: Path) -> None:
    """As on another machine, or in a container; an option wins over its variable."""
    with redis_server(tmp_path) as (url, client, _):
        variables = {"PDFLAB_REDIS_URL": "unix:///nowhere.sock", "PDFLAB_HOSTS": "lab.example"}
        with api(url, tmp_path, PDFLAB_MAX_BODY="1000", **variables) as endpoint:
            job_id = submit(endpoint, NOTE)
            named = ask(endpoint, "GET", "/healthz", headers={"Host": "lab.example"})
            large = ask(endpoint, "POST", "/generate-pdf", NOTE | {"text": "x" * 1000})

        assert client.exists(f"pdf_jobs:{job_id}")
        assert (named.status, large.status) == (200, 413)


def test_a_mistake_in_a_variable_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    """Of every command that reads settings."""
    for command in ("up", "api", "worker", "recorder", "demo", "audit"):
        done = pdflab(command, folder=tmp_path, PDFLAB_WORKERS="many")

        assert (done.returncode, done.stdout) == (2, "")
        assert "PDFLAB_WORKERS='many'" in done.stderr
        assert "Traceback" not in done.stderr
