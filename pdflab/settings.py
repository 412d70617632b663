"""Every setting in one frozen place, from PDFLAB_* variables or arguments.

A child process is given its settings as the same variables, so that `pdflab worker` on another
machine is configured exactly as a worker of the lab.

Read next: service/jobqueue/redis_server.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, get_type_hints

from pdflab.errors import UsageError, require

_PREFIX = "PDFLAB_"
_APPENDFSYNC = ("everysec", "always")

# Settings that belong together, by name: in a class nobody waits ten seconds for a lease to run out.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"standard": MappingProxyType({}), "teaching": MappingProxyType({"lease": 3.0})}
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. Durations are seconds; sizes are bytes; `None` means: the lab decides.

    Raises UsageError, naming the variable, for a value that cannot be used.
    """

    folder: Path = Path("pdflab-data")  # jobs.log, pdf_storage/ and all that a run leaves behind
    storage: Path | None = None  # where PDFs go, if not folder/pdf_storage
    log: Path | None = None  # the log of transitions, if not folder/jobs.log
    redis_url: str | None = None  # redis://, rediss:// or unix://, if not a private Redis
    fonts: Path | None = None  # a folder of more fonts, for scripts that DejaVu lacks, such as Chinese
    host: str = "127.0.0.1"  # the address to listen on
    hosts: str | None = None  # more names that it answers to, such as lab.example.org, .mybinder.org
    port: int = 8000  # the queued endpoint; 0 takes a free one
    sync_port: int = 8001  # the synchronous endpoint
    workers: int = 2  # workers, and rendering processes at the synchronous endpoint
    lease: float = 10.0  # a worker that is silent for this long has lost its job
    grace: float = 2.0  # how long a worker that is told to stop may finish its job
    time_limit: float = 60.0  # how long one document may take; then it counts as an error
    max_crashes: int = 3  # a job that kills its worker this often has failed
    max_errors: int = 3  # as has a job that met this many passing errors
    queue_limit: int = 10_000  # jobs waiting; one more is refused with 429
    max_body: int = 4_000_000  # a larger request is refused with 413
    retention: float = 86_400.0  # how long an ended job is remembered and its PDF kept
    fsync: bool = False  # survive power loss too, at the cost of a disk write a file
    appendfsync: str = "everysec"  # how often the private Redis writes to disk; with always it loses nothing

    def __post_init__(self) -> None:
        for name in ("workers", "max_crashes", "max_errors", "queue_limit", "max_body"):
            require(getattr(self, name) >= 1, f"{name} must be 1 or more.")
        for name in ("lease", "grace", "time_limit", "retention"):
            require(0 < getattr(self, name) < 1e9, f"{name} must be more than 0 seconds, and finite.")
        require(self.appendfsync in _APPENDFSYNC, f"appendfsync must be {' or '.join(_APPENDFSYNC)}.")
        for name in ("port", "sync_port"):
            require(0 <= getattr(self, name) <= 65_535, f"{name} must be between 0 and 65535.")

    @classmethod
    def preset(cls, name: str, **values: Any) -> Self:
        """Make the settings of a preset, such as `teaching`; further values win. Raises UsageError."""
        if name not in PRESETS:
            raise UsageError(f"There is no preset {name!r}: take {' or '.join(PRESETS)}.")
        return cls(**(dict(PRESETS[name]) | values))

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **arguments: Any) -> Self:
        """Read the PDFLAB_* variables of `environ`; an argument that is not None wins over its variable."""
        variables = {f.name: environ.get(_PREFIX + f.name.upper()) for f in fields(cls)}
        values = {name: _parse(cls, name, text) for name, text in variables.items() if text is not None}
        return cls(**(values | {name: value for name, value in arguments.items() if value is not None}))

    def to_env(self) -> dict[str, str]:
        """Return the settings as the variables that `from_env` reads."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {_PREFIX + name.upper(): str(value) for name, value in values.items() if value is not None}

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
        """The synchronous endpoint's own events: they never enter jobs.log."""
        return self.folder / "sync.jsonl"

    @property
    def accepted_file(self) -> Path:
        """What clients were told: one line for every 202 that one of ours received."""
        return self.folder / "accepted.jsonl"

    @property
    def sends_file(self) -> Path:
        """Every request that one of our load generators sent, at either endpoint, and what became of it."""
        return self.folder / "sends.jsonl"

    @property
    def kept_file(self) -> Path:
        """How long a system keeps what has ended, in seconds: the audit must not ask for more."""
        return self.folder / "retention"

    @property
    def records_file(self) -> Path:
        """The job records, saved when a lab stops, so that the audit needs no Redis."""
        return self.folder / "records.jsonl"


def _parse(cls: type[Settings], name: str, text: str) -> Any:
    kind = get_type_hints(cls)[name]
    paths: dict[Any, Callable[[str], Any]] = {Path: Path, Path | None: Path}
    readers = paths | {int: int, float: float, bool: _boolean}
    try:
        return readers.get(kind, str)(text)
    except ValueError:
        raise UsageError(
            f"{_PREFIX}{name.upper()}={text!r} cannot be read as {kind.__name__}; correct it."
        ) from None


def _boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]
