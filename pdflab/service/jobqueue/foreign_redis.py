"""A Redis that someone else runs: its URL is read strictly, and it is examined before a job is put into it.

Read next: pdflab/service/jobqueue/base.py.
"""

import logging
import re
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
LPUSH key a, RPUSH key b, LINDEX key 0, LLEN key, LPOS key a, LREM key 0 b, RPOP key, BRPOP key 0.01
HSET key a 1, HGET key a, HMGET key a, HGETALL key, HINCRBY key a 1, HINCRBYFLOAT key a 1, HDEL key a
ZADD key 1 a, ZCARD key, ZSCORE key a, ZRANK key a, ZCOUNT key 0 1, ZRANGE key 0 1, ZREVRANGE key 0 1
ZRANGEBYSCORE key 0 1, ZREMRANGEBYSCORE key 0 0, ZREM key a, SADD key a, SMEMBERS key, DEL key
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
        _examine(client, shown)
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


def _examine(client: "redis.Redis", shown: str) -> None:
    """Refuse a Redis that would lose jobs or lacks a right; warn of what cannot be asked."""
    try:
        info: Any = client.info()
    except redis.ResponseError as error:
        _log.warning("The Redis at %s does not say how it is set up (%s); it is used as it is.", shown, error)
        info = {}
    version = info.get("redis_version", "99")
    require(
        tuple(map(int, version.split(".")[:2])) >= _OLDEST,
        f"The Redis at {shown} is version {version}; the queue needs {'.'.join(map(str, _OLDEST))} or newer.",
    )
    require(
        info.get("role", "master") == "master",
        f"The Redis at {shown} is a replica, and accepts no jobs; use its master.",
    )
    require(
        not info.get("cluster_enabled"),
        f"The Redis at {shown} is part of a cluster; the queue needs one server for all its keys.",
    )
    policy = str(info.get("maxmemory_policy", ""))
    require(
        not policy.startswith("allkeys") or not info.get("maxmemory"),
        f"The Redis at {shown} deletes jobs when its memory is full (maxmemory-policy {policy}); "
        "set it to noeviction.",
    )
    refused = _refused_commands(client)
    require(
        not refused,
        f"The Redis at {shown} refuses {', '.join(refused)} to this user; give it the right to them, "
        "on keys that begin with pdf_jobs.",
    )
    if info and not info.get("aof_enabled"):
        _log.warning("The Redis at %s has no append-only file: a restart of it may lose jobs.", shown)


def _refused_commands(client: "redis.Redis") -> list[str]:
    refused, probe = [], f"pdf_jobs_probe:{uuid4().hex}"  # other roles may start at the same time
    for command in re.split(", |\n", _COMMANDS.strip()):
        name, *arguments = command.replace("key", probe).split(" ")
        try:
            client.execute_command(name, *arguments)  # type: ignore[no-untyped-call]
        except redis.exceptions.NoScriptError:
            pass  # it may be run, and is not there
        except redis.ResponseError:
            refused.append(name)
    return refused
