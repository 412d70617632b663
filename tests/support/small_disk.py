"""A small file system of its own for one command: mounted for it alone, and gone with it."""

import subprocess
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o size=400m tmpfs "$0" && exec "$@"'


def on_a_small_disk(folder: Path, *command: str) -> list[str]:
    """Return a command for which `folder` is such a file system; unchanged where no one may mount any."""
    mounted = ["unshare", "--map-root-user", "--mount", "sh", "-c", _MOUNT, str(folder)]
    try:
        subprocess.run([*mounted, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return [*command]
    return [*mounted, *command]
