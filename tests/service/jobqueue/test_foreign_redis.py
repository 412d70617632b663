"""A Redis that someone else runs: refused in one sentence if it would lose jobs, not trusted to stay."""

import logging
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event

import pytest
import redis
from conftest import eventually, needs
from shorthand import answers, client_of, submit, take_and_claim

from pdflab.errors import BrokerRefuses, BrokerUnavailable, UsageError
from pdflab.service.jobqueue.foreign_redis import broker_at, without_password
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.folder import FolderStorage
from pdflab.service.worker.heartbeat import Activity, Heartbeat
from pdflab.settings import Settings

Start = Callable[..., str]


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a redis-server with options, as its operator would, and return its URL."""
    needs("redis-server", "redis-server")
    servers: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> str:
        folder = tmp_path_factory.mktemp("r")
        path = folder / "s"
        command = [
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            str(path),
            "--dir",
            str(folder),
            "--save",
            "",
        ]
        servers.append(subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL))
        url = f"unix://{path}"
        eventually(lambda: answers(url), seconds=10)
        return url

    yield start
    for server in servers:
        server.terminate()
        server.wait(10)


def test_a_redis_that_may_delete_jobs_is_refused(start: Start) -> None:
    """Full, it would throw away what was accepted; without a limit it never does."""
    limited = start("--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru")
    endless = start("--maxmemory-policy", "allkeys-lru")

    with pytest.raises(UsageError, match=r"deletes jobs .* \(maxmemory-policy allkeys-lru\); set it to noev"):
        broker_at(limited)
    assert broker_at(endless).url == endless


def test_a_replica_is_refused(start: Start) -> None:
    """It would answer every look and take no job."""
    with pytest.raises(UsageError, match="is a replica, and accepts no jobs; use its master"):
        broker_at(start("--replicaof", "localhost", "1"))


def test_a_cluster_is_refused(start: Start) -> None:
    """Its keys may lie on several servers, and a step needs them together."""
    with pytest.raises(UsageError, match="is part of a cluster"):
        broker_at(start("--cluster-enabled", "yes", "--cluster-config-file", "nodes"))


@pytest.mark.parametrize("right", ["blocking", "stream", "scripting"])
def test_a_missing_right_is_named_at_the_start(start: Start, right: str) -> None:
    """Not found out by the first job, or by the last."""
    named = {"blocking": "BRPOP", "stream": "XADD", "scripting": "EVAL"}[right]
    url = start()
    Broker("", url).client().execute_command("ACL", "SETUSER", "default", f"-@{right}")

    with pytest.raises(UsageError, match=rf"refuses .*{named}.* to this user; give it the right"):
        broker_at(url)


def test_a_redis_that_does_not_tell_how_it_is_set_up_is_used_with_a_warning(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Managed services forbid INFO; that alone is no reason to refuse."""
    url = start()
    Broker("", url).client().execute_command("ACL", "SETUSER", "default", "-info")

    with caplog.at_level(logging.WARNING):
        broker_at(url)

    assert "does not say how it is set up" in caplog.text


def test_a_redis_without_a_file_is_used_with_a_warning(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A restart of it loses jobs, and its operator may want just that."""
    with caplog.at_level(logging.WARNING):
        broker_at(start())

    assert "has no append-only file: a restart of it may lose jobs" in caplog.text


def test_the_examination_leaves_nothing_behind(start: Start) -> None:
    """No key of ours, and no answer of another shape."""
    broker = broker_at(url := start("--appendonly", "yes"))

    assert broker.client().dbsize() == 0
    assert broker.url == url


@pytest.mark.parametrize("option", ["protocol=3", "family=0", "ssl_cert_reqs=none", "retry_on_timeout=1"])
def test_an_option_that_is_not_known_is_refused_by_name(start: Start, option: str) -> None:
    """It would change how answers look, or break with a traceback."""
    with pytest.raises(UsageError, match=f"The option '{option.partition('=')[0]}' of .* is not known here"):
        broker_at(f"{start()}?{option}")


@pytest.mark.parametrize("password", ["abc/def", "p@ss#x", "a#b", "a?b"])
def test_a_password_that_has_to_be_quoted_is_asked_for_and_not_shown(password: str) -> None:
    """Not a part of it."""
    with pytest.raises(UsageError, match="in a password, write / as %2F") as caught:
        broker_at(f"redis://:{password}@localhost:1")

    assert not any(part in str(caught.value) for part in ("abc", "def", "p@ss", "a#b", "a?b"))


def test_a_connection_to_a_server_that_became_a_replica_is_dropped(start: Start, settings: Settings) -> None:
    """The next one may lead to the new master: here, to the same server once it is master again."""
    broker = broker_at(start("--appendonly", "yes"))
    queue, operator = JobQueue(broker.client(), settings), broker.client()
    submit(queue, "a")
    before = queue._redis.client_id()

    operator.replicaof("localhost", 1)
    with pytest.raises(BrokerUnavailable, match="is a replica now"):
        queue.ping()
    with pytest.raises(BrokerUnavailable):
        submit(queue, "b")
    operator.replicaof("no", "one")

    submit(queue, "c")
    assert queue._redis.client_id() != before
    assert queue.stats().queued == 2


CHANGES = {  # of a running Redis: what its operator does, how to mend it, and what is said
    "policy": (
        ("CONFIG SET maxmemory-policy allkeys-lru", "CONFIG SET maxmemory 1gb"),
        ("CONFIG SET maxmemory-policy noeviction",),
        "Redis deletes jobs when its memory is full (maxmemory-policy allkeys-lru); set it to noeviction.",
    ),
    "replica": (("REPLICAOF localhost 1",), ("REPLICAOF NO ONE",), "Redis is a replica now"),
    "right": (
        ("ACL SETUSER default -xadd",),
        ("ACL SETUSER default +xadd",),
        "Redis refuses XADD to this user; give it the right to them, on keys that begin with pdf_jobs.",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_running_redis_is_examined_again(
    start: Start, settings: Settings, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    """No job is accepted that it would lose; the reason is at /healthz and in the log of a worker."""
    broker = broker_at(start("--appendonly", "yes"))
    queue, operator = JobQueue(broker.client(), settings), broker.client()
    heartbeat = Heartbeat(
        "w", queue, FolderStorage(settings.storage_folder), Activity(), time_limit=9, on_timeout=list
    )
    spoil, mend, said = CHANGES[change]

    def health(*commands: str) -> tuple[int, int, str]:
        for command in commands:
            operator.execute_command(command)
        with suppress(redis.ReadOnlyError):
            operator.delete("pdf_jobs_swept_at")  # so that it is the worker's turn
        caplog.clear()
        stopped = Event()
        stopped.set()
        heartbeat.run(10.0, stopped)  # beats once
        api = client_of(queue, settings)  # that has nothing cached
        sent = api.post("/generate-pdf", json={"type": "custom", "title": "t", "text": "x"})
        answer = api.get("/healthz")
        return answer.status_code, sent.status_code, answer.text

    assert health()[:2] == (200, 202)
    status, sent, text = health(*spoil)
    log = caplog.text
    assert (status, sent) == (503, 503)
    assert said in log
    assert said in text
    assert health(*mend)[:2] == (200, 202)
    assert queue.stats().queued == 2


def test_a_redis_that_is_full_refuses_and_is_not_away(start: Start, settings: Settings) -> None:
    """What is there can be worked off; the sentence says who refuses."""
    broker = broker_at(start("--appendonly", "yes"))
    queue = JobQueue(broker.client(), settings)
    submit(queue, "a", "b")
    broker.client().config_set("maxmemory", "1mb")

    with pytest.raises(BrokerRefuses, match="Redis refuses"):
        submit(queue, "c")
    queue.complete(take_and_claim(queue), "worker")

    assert queue.stats().completed == 1


@pytest.mark.parametrize(
    "url", ["http://localhost:6379", "localhost:6379", "", "redis:", "redis://localhost:port"]
)
def test_what_is_no_redis_url_is_refused(url: str) -> None:
    """A sentence, whatever was typed."""
    with pytest.raises(UsageError):
        broker_at(url)


def test_a_url_that_cannot_be_read_at_all_is_refused() -> None:
    """A bracket that was never closed is the user's mistake, not a traceback."""
    with pytest.raises(UsageError):
        broker_at("redis://[::1")


@pytest.mark.parametrize("url", ["redis://localhost:1", "unix:///nobody.sock"])
def test_a_redis_that_does_not_answer_is_refused_by_name(url: str) -> None:
    """The sentence names the URL and what to do."""
    with pytest.raises(UsageError, match=r"does not answer .* start it, or correct the URL"):
        broker_at(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@localhost:1",
        "redis://ada:secret@localhost:1/0",
        "redis://ada:secret@localhost:port",
        "rediss://:secret@localhost:1",
        "unix://:secret@/nobody.sock",
        "http://ada:secret@localhost",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    """Whatever is wrong with the URL, the sentence can be read out to a class."""
    with pytest.raises(UsageError) as caught:
        broker_at(url)

    assert "secret" not in str(caught.value)
    assert ":***@" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["redis://:sesame/7@localhost:1", "redis://:sesame#7@localhost:1", "redis://localhost:1?password=sesame"],
)
def test_a_password_in_an_odd_place_is_not_shown_either(url: str) -> None:
    """A character that should have been quoted, or a query that redis-py understands."""
    with pytest.raises(UsageError) as caught:
        broker_at(url)

    assert "sesame" not in str(caught.value)


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    """Nothing is hidden that is no secret."""
    for url in ("redis://localhost:6379/3", "unix:///run/redis.sock", "redis://ada@localhost"):
        assert without_password(url) == url


def test_a_redis_that_answers_is_used_and_not_stopped(real_redis: Broker) -> None:
    """Somebody else's Redis outlives us; its name is what a person reads."""
    theirs = broker_at(real_redis.url)
    theirs.stop()

    assert theirs.name == f"the Redis at {real_redis.url}"
    assert answers(real_redis.url)
