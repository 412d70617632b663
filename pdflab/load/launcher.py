"""Starts a load in a process, or in a thread where processes are not allowed.

Read next: pdflab/load/generator.py.
"""

import asyncio
import json
import os
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from pdflab.analysis.run import Send
from pdflab.child_process import end, spawn
from pdflab.errors import InvalidRequest, QueueFull, UsageError
from pdflab.load.batching import Requests
from pdflab.load.client_watch import ClientWatch
from pdflab.load.generator import Target, send_plan
from pdflab.load.plan import Plan
from pdflab.load.scenarios import OPERATIONS, Operation, plan_for
from pdflab.load.send_log import SendLog, new_load_id, note_end_of
from pdflab.settings import Settings

_MAX_RUNNING = 8  # operations at the same time, for one service
_RETRY_AFTER = 5  # seconds
_POLL_INTERVAL = 0.1  # seconds between two checks of `stop`
_STOP_TIMEOUT = 1.0  # seconds that a generator may take to log the requests in flight


class LoadProcess:
    """The generator in its own process: the measured service does not slow it down. It ends with ours.

    It may run on these `cores`, by default on those of the thread that starts it.
    """

    def __init__(
        self, plan: Plan, target: Target, settings: Settings, *, cores: set[int] | None = None
    ) -> None:
        self.id, self._settings, self._cores = new_load_id(), settings, cores
        self._plan, self._reaping = settings.folder / "plans" / f"{self.id}.json", Lock()
        _save(plan, self._plan)
        words = ["load", "--plan", str(self._plan), "--folder", str(settings.folder)]
        words += ["--url", target.url, "--endpoint", target.endpoint, "--timeout", str(target.timeout)]
        words += ["--clients", str(target.clients)] if target.clients else []
        words += [
            word for name, value in asdict(target.retries).items() for word in (f"--{name}", str(value))
        ]
        self._words = ["pdflab", *words, "--yes", "--guarded"]
        secret = {"PDFLAB_TOKEN": target.token} if target.token else {}  # every user can see a command line
        self._env = os.environ | secret

    def start(self) -> None:
        """Start sending, and return at once."""
        self._process = spawn(self._words, self._settings.folder / "logs" / "load.log", env=self._env)
        if self._cores:
            os.sched_setaffinity(self._process.pid, self._cores)

    def poll(self) -> int | None:
        """Return its exit code, or None while it is running."""
        code = self._process.poll()
        if code is not None:
            self._reap(seconds=0)
        return code

    def terminate(self) -> None:
        """Stop sending, and wait until the requests in flight are noted as cancelled."""
        self._process.terminate()
        self._reap(seconds=_STOP_TIMEOUT)

    def _reap(self, *, seconds: float) -> None:
        """Wait for its end; then note it, if it was killed, and remove its plan."""
        end(self._process, seconds=seconds)
        with self._reaping:
            if self._plan.exists():  # the first time
                note_end_of(self.id, self._settings.loads_file)
                self._plan.unlink(missing_ok=True)


class LoadThread(Thread):
    """The generator in a thread of this process; `sends` has the outcome of each document."""

    def __init__(self, requests: Requests, target: Target, settings: Settings) -> None:
        self.sends: list[Send] = []
        self._stopping = Event()
        self.id = new_load_id()
        self._log = SendLog(settings, self.id)
        sending = self._send(requests, target)
        super().__init__(target=asyncio.run, args=(sending,), name="load", daemon=True)

    def poll(self) -> int | None:
        """Return 0, or None while it is running."""
        return None if self.is_alive() else 0

    def terminate(self) -> None:
        """Stop sending, and wait until the requests in flight are noted as cancelled."""
        self._stopping.set()
        self.wait()

    def wait(self) -> None:
        """Wait until every request is answered."""
        self.join()

    async def _send(self, requests: Requests, target: Target) -> None:
        begin = partial(self._log.begin, requests, target)
        with closing(self._log):
            sending = send_plan(requests, target, on_send=self._note, on_begin=begin)
            await send_until(self._stopping, sending)

    def _note(self, send: Send) -> None:
        self._log(send)
        self.sends.append(send)


Load = LoadProcess | LoadThread


async def send_until(stop: Event, sending: Coroutine[Any, Any, None]) -> None:
    """Send until all is answered, or until `stop`: requests in flight are then logged as cancelled."""
    task = asyncio.create_task(sending)
    while not task.done():
        if stop.is_set():
            task.cancel()
        await asyncio.wait({task}, timeout=_POLL_INTERVAL)
    if not task.cancelled():
        task.result()


class OperationStarter:
    """Starts operations against one service, for its API, which never sends load itself.

    `load` makes a load of a plan: LoadProcess or LoadThread, with the settings.
    """

    def __init__(self, load: Callable[[Plan, Target], Load], url: str, settings: Settings) -> None:
        self._load = load
        self._target = Target(url, token=settings.token)
        self._running: dict[str, Load] = {}  # by id
        self._watch = ClientWatch(settings)
        self._lock = Lock()

    def listing(self) -> list[Operation]:
        """Return the operations, in the order of their buttons."""
        return list(OPERATIONS.values())

    def start(self, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Start an operation and return what it sends.

        Raises InvalidRequest, naming each wrong parameter, and QueueFull when too many are running.
        """
        if name not in OPERATIONS:
            problem = f"there is no operation {name!r}: take one of {', '.join(OPERATIONS)}"
            raise InvalidRequest([("name", problem)])
        plan = plan_for(name, **({"seed": random.randrange(2**32)} | dict(parameters)))
        with self._lock:
            if len(self._still_running()) >= _MAX_RUNNING:
                problem = f"{_MAX_RUNNING} operations are running already; wait for one to end."
                raise QueueFull(problem, retry_after=_RETRY_AFTER)
            load = self._load(plan, self._target)
            load.start()
            self._running[load.id] = load
        started = {"id": load.id, "operation": name, "plan": plan.name, "documents": plan.count}
        return started | {"seed": plan.seed}

    def running(self) -> list[dict[str, Any]]:
        """Return the loads that are being sent, whoever started them, and whether `end` can end them."""
        with self._lock:
            ours = self._still_running()
        return [load | {"is_ours": load["id"] in ours} for load in self._watch.running()]

    def clients(self) -> Mapping[str, Mapping[str, float | None]]:
        """Return the figures of the clients of all these loads."""
        return self._watch.clients()

    def end(self, operation_id: str) -> bool:
        """End a running operation, and return whether there was one of this id."""
        with self._lock:
            found = self._still_running().pop(operation_id, None)
        if found:
            found.terminate()
        return found is not None

    def stop(self) -> None:
        """End all operations that are still running."""
        for load in self._running.values():
            load.terminate()

    def _still_running(self) -> dict[str, Load]:
        self._running = {name: load for name, load in self._running.items() if load.poll() is None}
        return self._running


def read_plan(path: Path) -> Plan:
    """Return the plan in a file that LoadProcess wrote. Raises UsageError for any other file."""
    try:
        return Plan.from_description(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} does not hold a plan ({error}).") from None


def _save(plan: Plan, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plan.describe()))
