"""What surrounds the parts of a system, to be attacked: the clock of its Redis, its disk, its keys in Redis.

Read next: pdflab/child_process.py.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import glob
from itertools import chain
from pathlib import Path
from typing import Any

from pdflab.errors import require

A_JOB_OF = "a job of "  # before an index: evict the record of a job in it
_LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")
_OPTIONS = ("FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1")
_SMALL_DISK = 1e9  # bytes
# KEYS: a key, or an index; ARGV: whether to evict a job of the index. Returns the deleted key.
_EVICT = """
local key = KEYS[1]
if ARGV[1] == '1' then key = 'pdf_jobs:' .. (redis.call('ZRANGE', key, 0, 0)[1] or '') end
return redis.call('DEL', key) == 1 and key
"""


def clock_wrapper(file: Path) -> list[str]:
    """Return words to put before the command of a Redis, so that its clock is off by the seconds in `file`.

    There are none where libfaketime is missing, or does not work with the Redis of this machine.
    """
    _set_clock(file, "+0")
    for library in chain.from_iterable(map(glob, _LIBRARIES)):
        # The allocator of Redis asks for the time before libfaketime is ready, and hangs: libc has another.
        words = ["env", f"LD_PRELOAD={library} libc.so.6", f"FAKETIME_TIMESTAMP_FILE={file}", *_OPTIONS]
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run([*words, "redis-server", "--version"], capture_output=True, timeout=5, check=True)
            return words
    return []


@contextmanager
def shifted_clock(file: Path, seconds: str) -> Iterator[None]:
    """Set the clock of Redis forth or back meanwhile, as in "+300"."""
    _set_clock(file, seconds)
    try:
        yield
    finally:
        _set_clock(file, "+0")


def tidy_shared_memory() -> None:
    """Remove what libfaketime has left of killed processes."""
    for path in Path("/dev/shm").glob("*faketime_*"):
        if not Path("/proc", path.name.rpartition("_")[2]).exists():
            with suppress(OSError):  # of another user
                path.unlink()


def own_disk(folder: Path) -> int | None:
    """Return the bytes of the small file system of a folder; None if it is large, or shared with others."""
    folder = folder.resolve()
    place = next(path for path in (folder, *folder.parents) if path.exists())
    others = ("/", tempfile.gettempdir(), os.path.expanduser("~"), "/dev/shm")
    shared = {os.stat(path).st_dev for path in others if os.path.exists(path)}
    disk = os.statvfs(place)
    size = disk.f_blocks * disk.f_frsize
    return size if size < _SMALL_DISK and place.stat().st_dev not in shared else None


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Fill the disk of a folder meanwhile. The file has no name, so that it goes with this process."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as ballast:
        with suppress(OSError):
            while True:
                ballast.write(bytes(2**20))
        yield


def evict(client: Any, what: str) -> str:
    """Delete a key, as a Redis that is short of memory does, and return its name.

    Raises UsageError when there is no such key.
    """
    key = client.eval(_EVICT, 1, what.removeprefix(A_JOB_OF), int(what.startswith(A_JOB_OF)))
    require(bool(key), f"There is no {what} just now; try again.")
    return str(key)


def _set_clock(file: Path, seconds: str) -> None:
    aside = file.with_suffix(".new")
    aside.write_text(f"{seconds}\n")
    aside.replace(file)  # Redis reads all of it, or none
