"""Runs the Lua scripts in lua/, each one atomic step in Redis.

Read next: pdflab/service/jobqueue/lua/common.lua, then pdflab/service/eventlog/recorder.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoScriptError

from pdflab.errors import BrokerUnavailable
from pdflab.settings import Settings

QUEUE = "pdf_jobs_queue"
EVENTS = "pdf_jobs_events"


class RedisScripts:
    """A Redis client with the queue's scripts."""

    def __init__(self, client: "redis.Redis", settings: Settings, *, clock_offset: float = 0.0) -> None:
        self._redis = client
        self._settings = settings
        self.clock_offset = clock_offset  # seconds; only tests set it
        folder = files("pdflab.service.jobqueue") / "lua"
        sources = {path.name.removesuffix(".lua"): path.read_text() for path in folder.iterdir()}
        common = sources.pop("common")
        self._scripts = {step: client.register_script(common + lua) for step, lua in sources.items()}

    def prepare(self) -> None:
        """Load every script into Redis, so that its first use is as quick as later ones."""
        with redis_errors():
            for script in self._scripts.values():
                self._redis.script_load(script.script)

    def ping(self) -> None:
        """Raise BrokerUnavailable unless Redis answers."""
        with redis_errors():
            self._redis.ping()

    def _run(self, step: str, *arguments: Any) -> Any:
        script, argv = self._scripts[step], (self.clock_offset, *arguments)
        with redis_errors():
            try:
                return self._redis.evalsha(script.sha, 0, *argv)
            except NoScriptError:  # this Redis has just been started
                return script(args=argv)


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn every error of redis-py into BrokerUnavailable."""
    try:
        yield
    except redis.RedisError as error:  # down, loading, read-only, out of memory or disk
        raise BrokerUnavailable(f"Redis command failed ({error}); retrying.") from error
