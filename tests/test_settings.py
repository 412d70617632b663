"""Settings: one frozen value, from variables or arguments, and the same for every child."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from pdflab.errors import UsageError
from pdflab.settings import Settings


def test_with_nothing_set_there_are_defaults() -> None:
    """An empty environment is a working one, and other people's variables are not ours."""
    assert Settings.from_env({"HOME": "/root", "WORKERS": "9"}) == Settings()


def test_a_child_is_configured_exactly_as_its_guardian() -> None:
    """Every field survives the way through the environment, and all of them are texts there."""
    settings = Settings(
        folder=Path("/data/lab one"),
        storage=Path("/pdfs"),
        log=Path("/log/jobs.log"),
        redis_url="redis://:pass@host:1/2",
        fonts=Path("/fonts"),
        host="0.0.0.0",
        hosts="lab.example.org",
        port=0,
        sync_port=65_535,
        api_processes=2,
        token="a-token-of-16-letters",
        open=True,
        proxy=True,
        workers=7,
        lease=0.25,
        grace=1.5,
        time_limit=5.0,
        worker_jobs=8,
        sync_backlog=4,
        max_crashes=1,
        max_errors=9,
        queue_limit=3,
        queue_bytes=5,
        disk_reserve=6,
        max_body=10,
        retention=60.0,
        fsync=True,
        appendfsync="always",
    )
    assert all(getattr(settings, f.name) != getattr(Settings(), f.name) for f in fields(Settings))

    environ = settings.to_env()

    assert all(isinstance(text, str) for text in environ.values())
    assert Settings.from_env(environ) == settings
    assert Settings.from_env(Settings().to_env()) == Settings()


def test_an_argument_wins_over_its_variable() -> None:
    """And one that was not given does not."""
    environ = {"PDFLAB_WORKERS": "3", "PDFLAB_PORT": "9000"}

    settings = Settings.from_env(environ, workers=5, port=None)

    assert (settings.workers, settings.port) == (5, 9000)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("no", False), ("", False)],
)
def test_yes_and_no_are_understood(text: str, value: bool) -> None:
    """In any of the usual spellings; "false" is not true for being a text."""
    assert Settings.from_env({"PDFLAB_FSYNC": text}).fsync is value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PDFLAB_WORKERS", "two"),
        ("PDFLAB_WORKERS", "2.5"),
        ("PDFLAB_LEASE", "long"),
        ("PDFLAB_FSYNC", "maybe"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(name: str, text: str) -> None:
    """With what it holds, so that it is found and corrected."""
    with pytest.raises(UsageError, match=f"{name}='{text}' cannot be read as"):
        Settings.from_env({name: text})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0),
        ("workers", -1),
        ("max_crashes", 0),
        ("max_errors", 0),
        ("queue_limit", 0),
        ("max_body", 0),
        ("lease", 0.0),
        ("grace", -1.0),
        ("time_limit", 0.0),
        ("retention", 0.0),
        ("lease", float("nan")),
        ("port", -1),
        ("port", 65_536),
        ("sync_port", 70_000),
    ],
)
def test_a_value_that_cannot_work_is_refused(name: str, value: float) -> None:
    """Before anything is started; the sentence names the setting and its limit."""
    with pytest.raises(UsageError, match=rf"{name} must be"):
        Settings(**{name: value})


@pytest.mark.parametrize("name", ["lease", "grace", "time_limit", "retention"])
def test_a_time_without_an_end_is_refused(name: str) -> None:
    """PDFLAB_LEASE=inf is read as a number; no timer and no Redis accepts it."""
    with pytest.raises(UsageError, match=rf"{name} must be"):
        Settings.from_env({f"PDFLAB_{name.upper()}": "inf"})


@pytest.mark.parametrize("text", ["no", "often", "ALWAYS", ""])
def test_redis_writes_each_second_or_always(text: str) -> None:
    """With any other word of Redis' own it would promise less than the lab says; the two words are named."""
    with pytest.raises(UsageError, match="appendfsync must be everysec or always"):
        Settings.from_env({"PDFLAB_APPENDFSYNC": text})


def test_the_teaching_preset_has_short_leases() -> None:
    """The teaching preset shortens the lease and nothing else; the standard one is the defaults."""
    assert Settings.preset("standard") == Settings()
    assert Settings.preset("teaching") == Settings(lease=3.0)
    assert Settings.preset("classroom") == Settings(lease=3.0, api_processes=2)


def test_what_is_said_beside_a_preset_wins() -> None:
    """It is a beginning, not a cage; and what is set that way is checked like any other value."""
    assert Settings.preset("teaching", lease=1.5, workers=4) == Settings(lease=1.5, workers=4)
    with pytest.raises(UsageError, match="lease must be"):
        Settings.preset("teaching", lease=0.0)


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    """A misspelt name must not pass for the defaults."""
    with pytest.raises(UsageError, match=r"no preset 'teachin': take standard or teaching"):
        Settings.preset("teachin")


def test_everything_lies_in_one_folder_unless_set_otherwise() -> None:
    """The storage and the log can be elsewhere; what the audit needs stays beside them in the folder."""
    plain, elsewhere = (
        Settings(folder=Path("f")),
        Settings(folder=Path("f"), storage=Path("s"), log=Path("l")),
    )

    assert (plain.storage_folder, plain.log_file) == (Path("f/pdf_storage"), Path("f/jobs.log"))
    assert (elsewhere.storage_folder, elsewhere.log_file) == (Path("s"), Path("l"))
    for settings in (plain, elsewhere):
        files = (settings.sync_log_file, settings.accepted_file, settings.sends_file, settings.records_file)
        assert len(set(files)) == 4
        assert {file.parent for file in files} == {Path("f")}


def test_settings_do_not_change() -> None:
    """Whoever holds them can rely on them."""
    with pytest.raises(FrozenInstanceError):
        Settings().workers = 9  # type: ignore[misc]
