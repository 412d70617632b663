"""All settings, from PDFLAB_* variables or arguments.

The lab passes settings to its child processes as the same variables, so that `pdflab worker` on another
machine is configured exactly like a worker of the lab.

Read next: pdflab/service/jobqueue/redis_server.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, get_type_hints

from pdflab.errors import UsageError, require

_PREFIX = "PDFLAB_"
_APPENDFSYNC = ("everysec", "always")

# Presets, by name: a class should not wait ten seconds for a lease to expire; when two hundred phones press
# at once, one process of the API would answer the last of them late.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "standard": MappingProxyType({}),
        "teaching": MappingProxyType({"lease": 3.0}),
        "classroom": MappingProxyType({"lease": 3.0, "api_processes": 2}),
    }
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Durations are seconds, sizes are bytes; None leaves the choice to the lab.

    Raises UsageError, naming the setting, for an invalid value.
    """

    folder: Path = Path("pdflab-data")  # the folder of jobs.log, pdf_storage/ and all other files
    storage: Path | None = None  # the folder of the PDFs, if not folder/pdf_storage
    log: Path | None = None  # the log of transitions, if not folder/jobs.log
    redis_url: str | None = None  # redis://, rediss:// or unix://, if not a private Redis
    fonts: Path | None = None  # a folder of more fonts, for scripts missing in DejaVu, such as Chinese
    host: str = "127.0.0.1"  # the address to listen on
    hosts: str | None = None  # more host names to answer to, such as lab.example.org, .mybinder.org; * is any
    port: int = 8000  # the queued endpoint; 0 takes a free one
    sync_port: int = 8001  # the synchronous endpoint
    sync_backlog: int | None = None  # requests inside it, waiting or rendering; more are refused with 503
    api_processes: int = 1  # processes of the queued endpoint, which share its port
    token: str | None = field(default=None, repr=False)  # of clients; else folder/token, new at each start
    open: bool = False  # no token: who reaches the ports can read documents and start jobs
    proxy: bool = False  # a proxy is in front, and its X-Forwarded-Prefix is believed
    workers: int = 2  # workers, and rendering processes at the synchronous endpoint
    lease: float = 10.0  # a silent worker loses its job after this time
    grace: float = 2.0  # how long a stopping worker may finish its job
    time_limit: float = 60.0  # time limit for one document; then it counts as an error
    worker_jobs: int = 50_000  # a worker process replaces itself after so many jobs, to free its memory
    max_crashes: int = 3  # fail after a job has killed this many workers
    max_errors: int = 3  # fail after this many transient errors
    queue_limit: int = 10_000  # jobs in the queue; more are refused with 429
    queue_bytes: int = 256_000_000  # requests that Redis keeps, those of FAILED jobs too; more are refused
    max_body: int = 4_000_000  # a larger request is refused with 413
    retention: float = 86_400.0  # how long an ended job and its PDF are kept
    disk_reserve: int = 50_000_000  # free bytes below which no job is accepted: Redis must be able to write
    fsync: bool = False  # PDFs survive a power loss, at the cost of a disk write each
    appendfsync: str = "everysec"  # when the private Redis writes to disk: "always" loses nothing

    def __post_init__(self) -> None:
        for name in (
            "sync_backlog",
            "api_processes",
            "workers",
            "worker_jobs",
            "max_crashes",
            "max_errors",
            "queue_limit",
            "queue_bytes",
            "max_body",
            "disk_reserve",
        ):
            value = getattr(self, name)
            require(value is None or value >= 1, f"{name} must be 1 or more.")
        for name in ("lease", "grace", "time_limit", "retention"):
            require(0 < getattr(self, name) < 1e9, f"{name} must be more than 0 seconds, and finite.")
        require(self.appendfsync in _APPENDFSYNC, f"appendfsync must be {' or '.join(_APPENDFSYNC)}.")
        whole = self.token is None or re.fullmatch(r"[\w.~-]{16,}", self.token, re.ASCII)
        require(bool(whole), "token must be 16 or more letters, digits or signs of -._~")
        anyone = self.open and "*" in (self.hosts or "")
        require(not anyone, "hosts must be names, not *, for an open service: every web page could use it.")
        for name in ("port", "sync_port"):
            require(0 <= getattr(self, name) <= 65_535, f"{name} must be between 0 and 65535.")

    @classmethod
    def preset(cls, name: str, **values: Any) -> Self:
        """Return the settings of a preset, such as "teaching"; `values` win. Raises UsageError."""
        require(name in PRESETS, f"There is no preset {name!r}: take {' or '.join(PRESETS)}.")
        return cls(**(dict(PRESETS[name]) | values))

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **arguments: Any) -> Self:
        """Return the settings in PDFLAB_* variables; an argument that is not None wins over its variable."""
        variables = {f.name: environ.get(_PREFIX + f.name.upper()) for f in fields(cls)}
        values = {name: _parse(cls, name, text) for name, text in variables.items() if text is not None}
        return cls(**(values | {name: value for name, value in arguments.items() if value is not None}))

    def to_env(self) -> dict[str, str]:
        """Return the settings as the variables that `from_env` reads."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {_PREFIX + name.upper(): str(value) for name, value in values.items() if value is not None}

    @property
    def has_places(self) -> bool:
        """Whether a Redis, a storage or a log is named: it outlives a system, and so must the folder."""
        return bool(self.redis_url or self.storage or self.log)

    @property
    def storage_folder(self) -> Path:
        """The folder of the finished PDFs."""
        return self.storage or self.folder / "pdf_storage"

    @property
    def log_file(self) -> Path:
        """The log of every transition of a queued job, one JSON object a line."""
        return self.log or self.folder / "jobs.log"

    @property
    def sync_log_file(self) -> Path:
        """The events of the synchronous endpoint, which never enter jobs.log."""
        return self.folder / "sync.jsonl"

    @property
    def backlog_file(self) -> Path:
        """The places of the synchronous endpoint, a byte each."""
        return self.folder / "sync_backlog"

    @property
    def emails_file(self) -> Path:
        """One line for each e-mail that workers of the type `email` sent."""
        return self.folder / "emails.jsonl"

    @property
    def accepted_file(self) -> Path:
        """One line for every answer 202 that our clients received."""
        return self.folder / "accepted.jsonl"

    @property
    def sends_file(self) -> Path:
        """One line for every request of our load generators, to either endpoint, with its outcome."""
        return self.folder / "sends.jsonl"

    @property
    def loads_file(self) -> Path:
        """Two lines for every load of our generators: its plan when it begins, and its end."""
        return self.folder / "loads.jsonl"

    @property
    def retention_file(self) -> Path:
        """The retention of the system in this folder, in seconds, for the audit."""
        return self.folder / "retention"

    @property
    def purged_file(self) -> Path:
        """One line for each purge of ended jobs before their retention is over, for the audit."""
        return self.folder / "purged.jsonl"

    @property
    def token_file(self) -> Path:
        """The token that the system in this folder made, for its user alone."""
        return self.folder / "token"

    @property
    def records_file(self) -> Path:
        """The job records, saved when a lab stops: the audit needs no Redis."""
        return self.folder / "records.jsonl"


def _parse(cls: type[Settings], name: str, text: str) -> Any:
    kind = get_type_hints(cls)[name]
    paths: dict[Any, Callable[[str], Any]] = {Path: Path, Path | None: Path}
    readers = paths | {int: int, int | None: int, float: float, bool: _boolean}
    try:
        return readers.get(kind, str)(text)
    except ValueError:
        word = getattr(kind, "__name__", kind)
        raise UsageError(f"{_PREFIX}{name.upper()}={text!r} cannot be read as {word}; correct it.") from None


def _boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]
