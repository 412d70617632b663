"""A Redis that someone else runs: its URL is read strictly, and it is examined at the start and later.

Read next: pdflab/service/jobqueue/base.py.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import redis

from pdflab.errors import UsageError, require
from pdflab.service.jobqueue.redis_server import Broker

_log = logging.getLogger(__name__)
_SCHEMES = ("redis", "rediss", "unix")
_OPTIONS = ("db", "username", "password", "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")
_OLDEST = (6, 2)
# What the queue sends, from Python or from a script, each on a key of its own; the last is `return 1`.
_COMMANDS = """
SET key 1, GET key, INCR key, INCRBY key 1, TYPE key, EXISTS key, EXPIRE key 60, MGET key, DEL key
LPUSH key a, RPUSH key b, LINDEX key 0, LLEN key, LPOS key a, LREM key 0 b, BRPOP key 0.01, RPOP key
HSET key a 1, HGET key a, HMGET key a, HGETALL key, HINCRBY key a 1, HINCRBYFLOAT key a 1, HDEL key a
ZADD key 1 a, ZCARD key, ZSCORE key a, ZRANK key a, ZREVRANK key a, ZCOUNT key 0 1, ZRANGE key 0 1
ZREVRANGE key 0 1, ZRANGEBYSCORE key 0 1, ZREMRANGEBYSCORE key 0 0, ZREM key a
SADD key a, SMEMBERS key, DEL key
XADD key * a 1, XRANGE key - +, XREVRANGE key + -, XREAD STREAMS key 0, XTRIM key MAXLEN 1, DEL key
SCAN 0, TIME, EVAL return(1) 0, EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
"""


def broker_at(url: str) -> Broker:
    """Use the Redis at a URL. Raises UsageError, naming it without its password, if it cannot be used."""
    shown = without_password(url)
    _check_url(url, shown)
    broker = Broker(f"the Redis at {shown}", url)
    with broker.client(patient=False) as client:
        try:
            client.ping()
        except (redis.RedisError, OSError) as error:
            raise UsageError(
                f"The Redis at {shown} does not answer ({error}); start it, or correct the URL."
            ) from None
        info = _information(client)
        if info is None:
            _log.warning("The Redis at %s does not say how it is set up; it is used as it is.", shown)
        fault = _fault_in(info or {}, client)
        require(not fault, f"The Redis at {shown} {fault}")
    if info and not info.get("aof_enabled"):
        _log.warning("The Redis at %s has no append-only file: a restart of it may lose jobs.", shown)
    return broker


def without_password(url: str) -> str:
    """Return a URL without its password, even if the password should have been quoted."""
    hidden = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"(password=)[^&]*", r"\1***", hidden)


def _check_url(url: str, shown: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{shown} cannot be read ({error}); correct the URL.") from None
    require(
        parts.scheme in _SCHEMES,
        f"{shown} is not a Redis URL: it begins with redis://, rediss:// or unix://.",
    )
    require(
        "@" not in parts.path + parts.query + parts.fragment,
        f"{shown} cannot be read: in a password, write / as %2F, # as %23, ? as %3F and @ as %40.",
    )
    unknown = [name for name in parse_qs(parts.query, keep_blank_values=True) if name not in _OPTIONS]
    require(not unknown, f"The option {''.join(unknown[:1])!r} of {shown} is not known here; remove it.")
    try:
        redis.connection.parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise UsageError(f"{shown} cannot be read ({error}); correct the URL.") from None


def fault_of(client: "redis.Redis") -> str:
    """Return what has become wrong with a Redis that was good, to go on after "Redis"; '' if nothing has."""
    info = _information(client)
    return _fault_in(info, client) if info else ""


def _information(client: "redis.Redis") -> dict[str, Any] | None:
    with suppress(redis.ResponseError):  # of a managed service, or the embedded one
        found: Any = client.info()
        return dict(found)
    return None


def _fault_in(info: Mapping[str, Any], client: "redis.Redis") -> str:
    """Return why a Redis would lose jobs, or the rights that it does not give."""
    version = info.get("redis_version", "99")
    if tuple(map(int, version.split(".")[:2])) < _OLDEST:
        return f"is version {version}; the queue needs {'.'.join(map(str, _OLDEST))} or newer."
    if info.get("role", "master") != "master":
        return "is a replica, and accepts no jobs; use its master."
    if info.get("cluster_enabled"):
        return "is part of a cluster; the queue needs one server for all its keys."
    policy = str(info.get("maxmemory_policy", ""))
    if policy.startswith("allkeys") and info.get("maxmemory"):
        return f"deletes jobs when its memory is full (maxmemory-policy {policy}); set it to noeviction."
    if refused := _refused_commands(client):
        these = ", ".join(refused)
        return f"refuses {these} to this user; give it the right to them, on keys that begin with pdf_jobs."
    return ""


def _refused_commands(client: "redis.Redis") -> list[str]:
    probe = f"pdf_jobs_probe:{uuid4().hex}"  # other roles may look at the same time
    commands = [command.split(" ") for command in re.split(", |\n", _COMMANDS.strip().replace("key", probe))]
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
    answers = pipeline.execute(raise_on_error=False)
    return [
        name
        for (name, *_), answer in zip(commands, answers, strict=True)
        if isinstance(answer, redis.ResponseError) and not isinstance(answer, redis.exceptions.NoScriptError)
    ]
