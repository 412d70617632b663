"""Runs the Lua scripts in lua/, each one atomic step in Redis.

Read next: pdflab/service/jobqueue/lua/common.lua, then pdflab/service/eventlog/recorder.py.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoPermissionError, NoScriptError, OutOfMemoryError

from pdflab.errors import BrokerRefuses, BrokerUnavailable
from pdflab.service.jobqueue.foreign_redis import fault_of
from pdflab.settings import Settings

_log = logging.getLogger(__name__)
_DAMAGED = ("WRONGTYPE", "not an integer", "not a valid float", "not a float")
_REFUSING = ("MISCONF", "OOM ", "NOPERM", "run this command")  # its file, its memory, a right (two sentences)
_REFUSALS = (OutOfMemoryError, NoPermissionError)
QUEUE = "pdf_jobs_queue"
EVENTS = "pdf_jobs_events"


class RedisScripts:
    """A Redis client with the queue's scripts."""

    def __init__(self, client: "redis.Redis", settings: Settings, *, clock_offset: float = 0.0) -> None:
        self._shared = client
        self._settings = settings
        self.clock_offset = clock_offset  # seconds; only tests set it
        folder = files("pdflab.service.jobqueue") / "lua"
        sources = {path.name.removesuffix(".lua"): path.read_text() for path in folder.iterdir()}
        common = sources.pop("common") + sources.pop("damage")
        self._scripts = {step: client.register_script(common + lua) for step, lua in sources.items()}

    @property
    def _redis(self) -> "redis.Redis":
        return self._shared  # a subclass may have several

    def prepare(self) -> None:
        """Load every script into Redis, so that its first use is as quick as later ones."""
        with self._errors():
            for script in self._scripts.values():
                self._redis.script_load(script.script)

    def ping(self) -> None:
        """Raise BrokerUnavailable unless Redis answers, takes a write, and will keep what it is given."""
        with self._errors():
            self._redis.set("pdf_jobs_ping", 1, ex=60)
            fault = fault_of(self._redis)
        if fault:
            raise BrokerRefuses(f"Redis {fault}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn every error of redis-py into BrokerUnavailable: Redis is away, or refuses."""
        try:
            yield
        except redis.RedisError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: redis.RedisError) -> BrokerUnavailable:
        text = str(error)
        if isinstance(error, redis.ReadOnlyError) or "READONLY" in text:
            self._redis.connection_pool.disconnect()  # another server is the master now
            return BrokerRefuses(f"Redis is a replica now ({text}); connecting again.")
        # Redis 6 gives the error of a script another type
        if isinstance(error, _REFUSALS) or any(word in text for word in _REFUSING):
            return BrokerRefuses(f"Redis refuses the queue's commands ({text}).")
        return BrokerUnavailable(f"Redis command failed ({text}); retrying.")

    def _run(self, step: str, *arguments: Any) -> Any:
        script, argv = self._scripts[step], (self.clock_offset, *arguments)
        return self._repairing(lambda: _evaluate(self._redis, script, argv))

    def _repairing(self, command: Callable[[], Any]) -> Any:
        """Send a command. If a key that all jobs share has been overwritten, repair it and send it again."""
        try:
            return command()
        except redis.RedisError as error:
            if not any(sign in str(error) for sign in _DAMAGED):
                raise self._unavailable(error) from error
            _log.error("A key of the queue was overwritten (%s); it is repaired.", error)
        with self._errors():
            _evaluate(self._redis, self._scripts["repair"], (self.clock_offset,))
            return command()


def _evaluate(client: "redis.Redis", script: Any, argv: tuple[Any, ...]) -> Any:
    try:
        return _send(client, "EVALSHA", script.sha, 0, *argv)
    except NoScriptError:  # this Redis has just been started
        return script(args=argv)


def _send(client: "redis.Redis", *command: Any) -> Any:
    """Send a command. On the connection of a client alone, this takes half the time of `execute_command`.

    No answer is another command's: redis-py closes a connection whose answer did not come whole.
    """
    connection: Any = client.connection
    if connection is None:
        return client.execute_command(*command)  # type: ignore[no-untyped-call]

    def exchange() -> Any:
        connection.send_command(*command)
        return connection.read_response()

    return connection.retry.call_with_retry(exchange, lambda error: connection.disconnect())
