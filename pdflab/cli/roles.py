"""The commands that run the service: the whole system, or one role as a process.

Read next: service/entrypoints.py.
"""

import argparse
import os
from typing import TYPE_CHECKING

from pdflab.cli.arguments import Commands, add_command, add_folder
from pdflab.errors import UsageError
from pdflab.settings import PRESETS, Settings

if TYPE_CHECKING:
    from pdflab.service.jobqueue.redis_server import Broker

_ROLES = {
    "api": "run the queued endpoint alone",
    "sync-api": "run the synchronous endpoint alone",
    "worker": "run one worker",
    "naive-worker": "run one worker as tutorials write it, to see what it loses",
    "recorder": "run the recorder alone",
}
_CHECK_INTERVAL = 0.2  # seconds


def add_role_commands(commands: Commands) -> None:
    """Add `up`, each role, and `embedded-redis`, which is not in the help."""
    up = add_command(commands, "up", "run the whole system until Ctrl-C", _up)
    _add_role_options(up)
    up.add_argument("--preset", choices=tuple(PRESETS), help="settings that belong together, by name")
    up.add_argument("--workers", type=int, help="workers, and rendering servers (default 2)")
    up.add_argument("--sync-port", type=int, help="the synchronous endpoint (default 8001; 0 is any)")
    for role, what in _ROLES.items():
        command = add_command(commands, role, what, _run_role)
        command.set_defaults(role=role)
        command.add_argument("--guarded", action="store_true", help=argparse.SUPPRESS)
        command.add_argument("--fd", type=int, help=argparse.SUPPRESS)
        _add_role_options(command)
    embedded = commands.add_parser("embedded-redis")
    embedded.set_defaults(run=_embedded_redis)
    embedded.add_argument("--socket", required=True)


def _add_role_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--redis-url", help="redis://, rediss:// or unix:// (default: a private Redis)")
    add_folder(command)
    command.add_argument("--host", help="the address to listen on (default 127.0.0.1)")
    command.add_argument("--port", type=int, help="the queued endpoint (default 8000; 0 is any)")


def _settings(arguments: argparse.Namespace) -> Settings:
    names = ("redis_url", "folder", "host", "port", "sync_port", "workers")
    chosen = {name: getattr(arguments, name, None) for name in names}
    preset = PRESETS[getattr(arguments, "preset", None) or "standard"]
    return Settings.from_env(os.environ, **preset, **chosen)


def _up(arguments: argparse.Namespace) -> int:
    from pdflab.child_process import stop_event
    from pdflab.lab.system import System

    settings, stop = _settings(arguments), stop_event(guarded=False)
    system = System(settings)
    try:
        print(f"pdflab is up: {system.url}  (synchronous: {system.sync_url})")
        print(f"  {settings.workers} workers, {system.broker.name}, everything in {settings.folder}/")
        print(f"  Ctrl-C stops it; then check the promise with: pdflab audit {settings.folder}", flush=True)
        while not stop.wait(_CHECK_INTERVAL):
            system.check()
    finally:
        system.stop()
    return 0


def _run_role(arguments: argparse.Namespace) -> int:
    from pdflab.child_process import stop_event
    from pdflab.service import entrypoints
    from pdflab.service.http.server import address, listen, listener

    settings, role, fd = _settings(arguments), arguments.role, arguments.fd
    if role == "sync-api":
        sock = (
            listener(fd)
            if fd is not None
            else listen(settings.host, settings.sync_port, setting="--sync-port")
        )
        entrypoints.run_sync_api(settings, stop_event(guarded=arguments.guarded), sock)
        return 0
    broker = _broker(settings, role, guarded=arguments.guarded)
    stop = stop_event(guarded=arguments.guarded)
    match role:
        case "api":
            from pdflab.load.launcher import OperationStarter, launch_process

            sock = listener(fd) if fd is not None else listen(settings.host, settings.port, setting="--port")
            operations = OperationStarter(launch_process(settings), address(sock))
            entrypoints.run_api(broker, settings, stop, sock, operations)
            operations.stop()
        case "recorder":
            entrypoints.run_recorder(broker, settings, stop)
        case "naive-worker":
            entrypoints.run_naive_worker(broker, settings, stop)
        case _:
            entrypoints.run_worker(broker, settings, stop)
    return 0


def _broker(settings: Settings, role: str, *, guarded: bool) -> "Broker":
    from pdflab.service.jobqueue.redis_server import Broker, broker_at

    if settings.redis_url is None:
        raise UsageError(
            f"A {role} alone needs a Redis that the others share: set PDFLAB_REDIS_URL or --redis-url."
        )
    if guarded:  # Redis answered the supervisor; if it is away now, the role waits for it
        return Broker("", settings.redis_url)
    return broker_at(settings.redis_url)


def _embedded_redis(arguments: argparse.Namespace) -> int:
    from pdflab.service.jobqueue.embedded_redis import serve_embedded

    serve_embedded(arguments.socket)
    return 0
