"""The commands that run the service: the whole system, or one role as a process.

Read next: pdflab/service/entrypoints.py.
"""

import argparse
import os
import re
import shlex
import socket
import sys
from contextlib import suppress
from functools import partial
from threading import Event

from pdflab.child_process import stop_event
from pdflab.cli.arguments import add_folder
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.service import entrypoints
from pdflab.service.deployment import check_deployment
from pdflab.service.jobqueue.foreign_redis import broker_at
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.configured import configured_storage
from pdflab.service.token_file import with_token
from pdflab.settings import PRESETS, Settings

_CHECK_INTERVAL = 0.2  # seconds


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of `up`, or of a role."""
    command.set_defaults(run=_up if name == "up" else _run_role, role=name)
    if name != "up":
        command.add_argument("--guarded", action="store_true", help=argparse.SUPPRESS)
        command.add_argument("--fd", type=int, help=argparse.SUPPRESS)
        command.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    if name.endswith("worker"):
        command.add_argument("--name", default="", type=_worker_name, help="its name on the dashboard")
    command.add_argument("--redis-url", help="redis://, rediss:// or unix:// (default: a private Redis)")
    add_folder(command)
    command.add_argument("--host", help="the address to listen on (default 127.0.0.1)")
    command.add_argument("--port", type=int, help="the queued endpoint (default 8000; 0 is any)")
    if name in ("up", "api", "sync-api"):
        command.add_argument("--open", action="store_true", default=None, help="ask for no token")
    if name == "up":
        command.add_argument("--preset", choices=tuple(PRESETS), help="settings that belong together")
        command.add_argument("--workers", type=int, help="workers, and rendering servers (default 2)")
        command.add_argument("--sync-port", type=int, help="its synchronous endpoint (default 8001)")


def _worker_name(text: str) -> str:
    if not re.fullmatch(r"[\w.-]{0,40}", text):
        raise argparse.ArgumentTypeError("a name has up to 40 letters, digits, and signs of _.-")
    return text


def _settings(arguments: argparse.Namespace) -> Settings:
    names = ("redis_url", "folder", "host", "port", "sync_port", "workers", "open")
    chosen = {name: getattr(arguments, name, None) for name in names}
    preset = PRESETS[getattr(arguments, "preset", None) or "standard"]
    return Settings.from_env(os.environ, **preset, **chosen)


def _up(arguments: argparse.Namespace) -> int:
    from pdflab.lab.system import System

    settings, stop = _settings(arguments), stop_event(guarded=False)
    with System(settings) as system:
        print(f"pdflab is up: {system.url}  (synchronous: {system.sync_url})")
        print(f"  {settings.workers} workers, {system.broker.name}, everything in {settings.folder}/")
        print(f"  dashboard: {system.address()}")
        if not (settings.open or settings.token):
            print("  Its token is new at each start; set PDFLAB_TOKEN to keep one.")
        print(f"  {_how_to_ask(settings, system.url)}")
        if system.queue.stats().paused:
            print("  The queue is paused: no worker begins a job until you resume it on the dashboard.")
        print(f"  Ctrl-C stops it; then check the promise with: pdflab audit {settings.folder}", flush=True)
        while not stop.wait(_CHECK_INTERVAL):
            system.check()
        with suppress(BrokerUnavailable):
            stats = system.queue.stats()
            if left := stats.queued + stats.processing:
                print(f"  {left:,} jobs are not done; the next `pdflab up` in this folder does them.")
    return 0


def _how_to_ask(settings: Settings, url: str) -> str:
    """Return a command that works when it is copied, or what it means to be open."""
    if settings.open:
        return f"It is open: all who reach its port can read documents and start jobs: curl {url}/jobs"
    token = "$PDFLAB_TOKEN" if settings.token else f"$(cat {shlex.quote(str(settings.token_file))})"
    return f'curl -H "Authorization: Bearer {token}" {url}/jobs'


def _run_role(a: argparse.Namespace) -> int:
    settings = _settings(a)
    if a.role in ("api", "sync-api"):
        if not (settings.token or settings.open):
            print(f"The token is in {settings.token_file}; other programs send it.", file=sys.stderr)
        settings = with_token(settings)
    if a.role == "sync-api":
        _run_sync_api(settings, a)
        return 0
    broker, stop = _broker(settings, a.role, known=a.guarded or a.again), stop_event(guarded=a.guarded)
    if (a.guarded or a.again) and not broker.await_answer(stop):
        return 0
    if a.role == "api":
        _run_api(broker, settings, stop, _socket(a.fd, settings.host, settings.port, "--port"))
    elif a.role == "recorder":
        entrypoints.run_recorder(broker, settings, stop)
    elif a.role == "naive-worker":
        entrypoints.run_naive_worker(broker, settings, stop, name=a.name)
    else:
        entrypoints.run_worker(broker, settings, stop, role=a.role, name=a.name)
    return 0


def _run_sync_api(settings: Settings, a: argparse.Namespace) -> None:
    from pdflab.service.http.backlog import set_limit

    if not a.guarded:  # for its own processes, the lab has set it
        settings.folder.mkdir(parents=True, exist_ok=True)
        set_limit(settings.backlog_file, settings.sync_backlog)
    sock = _socket(a.fd, settings.host, settings.sync_port, "--sync-port")
    entrypoints.run_sync_api(settings, stop_event(guarded=a.guarded), sock)


def _run_api(broker: Broker, settings: Settings, stop: Event, sock: socket.socket) -> None:
    from pdflab.load.launcher import LoadProcess, OperationStarter  # which no other role loads
    from pdflab.service.http.server import address, usable_cores

    operations = OperationStarter(
        partial(LoadProcess, settings=settings, cores=usable_cores()), address(sock), settings
    )
    entrypoints.run_api(broker, settings, stop, sock, operations)
    operations.stop()


def _socket(fd: int | None, host: str, port: int, option: str) -> socket.socket:
    from pdflab.service.http.server import listen, listener

    return listen(host, port, setting=option) if fd is None else listener(fd)


def _broker(settings: Settings, role: str, *, known: bool) -> Broker:
    if settings.redis_url is None:
        what = f"A {role} alone needs a Redis that the others share: set PDFLAB_REDIS_URL or --redis-url."
        raise UsageError(what)
    if known:  # it answered the supervisor, or this role; if it is down now, the role waits for it
        return Broker("", settings.redis_url)
    broker = broker_at(settings.redis_url)
    if role != "recorder":  # which needs no storage
        check_deployment(RedisMonitor(broker.client(patient=False), settings), configured_storage(settings))
    return broker
