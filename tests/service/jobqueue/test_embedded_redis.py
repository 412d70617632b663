"""The embedded Redis serves our processes, and gives nobody this user's files and programs."""

import hashlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
import redis
from conftest import children_of, eventually
from shorthand import answers, submit, take_and_claim

from pdflab.errors import UsageError
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker
from pdflab.settings import Settings

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
LOADERS = ["load", "loadstring", "loadfile", "dofile", "require", "package", "module"]
NAMES = ["os", "io", "python", "debug", *LOADERS, "getfenv", "setfenv", "newproxy", "print"]
ESCAPES = {
    "the code of redis.call": "return redis.call.__globals__ ~= nil",
    "the class of redis.pcall": "return redis.pcall.__class__ ~= nil",
    "the function in redis.log": "return redis.log.func ~= nil",
    "the function in cjson.encode": "return cjson.encode.func ~= nil",
    "the class of cjson.null": "return cjson.null.__class__ ~= nil",
    "the frames of an error": "local _, e = pcall(redis.call, 'NO'); return e.__traceback__ ~= nil",
    "an attribute that is set": "redis.call.planted = 1 return 1",
    "how Python objects are freed": "return getmetatable(redis.call).__gc ~= nil",
    "a function as bytecode": "return string.dump(function() end) ~= nil",
    "os, by another name": "local kind = type; module('os') return kind(execute) == 'function'",
    "a command that unpickles": "return tostring(redis.pcall('RESTORE', 'key', 0, '').err):find('checksum')",
}


@pytest.fixture
def in_a_process(tmp_path: Path) -> Iterator[Broker]:
    """The embedded Redis in a process of its own, as on a machine without a redis-server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        broker = private_broker(tmp_path / "redis")
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Another one, for all the attacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        broker = private_broker(tmp_path_factory.mktemp("redis"))
    yield broker
    broker.stop()


@pytest.fixture(params=["in a process", "in threads"])
def embedded(request: pytest.FixtureRequest, attacked: Broker) -> Broker:
    """The embedded Redis, both ways."""
    return attacked if request.param == "in a process" else embedded_broker()


def socket_of(broker: Broker) -> Path:
    return Path(broker.url.removeprefix("unix://"))


def server_pid(broker: Broker) -> int:
    """Give the process that serves: the child of our guard."""
    return next(iter(children_of(broker.process.pid)))


def listening_tcp_ports(pid: int) -> list[str]:
    """Give the addresses, in hexadecimal, at which a process listens."""
    handles = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the one by which we read
            handles.add(os.readlink(handle))
    tables = [path for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists()]
    rows = [line.split() for path in tables for line in path.read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in handles]


def test_without_a_server_the_embedded_one_serves_other_processes(
    in_a_process: Broker, settings: Settings
) -> None:
    """Two clients at once: one waits in BRPOP while the other enqueues, and the steps run as on a server."""
    theirs = JobQueue(in_a_process.client(), settings)
    ours = JobQueue(in_a_process.client(), settings)
    taken: list[str | None] = []
    waiting = Thread(target=lambda: taken.append(theirs.take(3.0)))
    waiting.start()

    submit(ours, "a", "b")
    waiting.join()

    assert taken == ["a"]
    assert take_and_claim(ours).job.job_id == "b"
    assert in_a_process.embedded


def test_two_clients_of_the_embedded_server_are_two(in_a_process: Broker) -> None:
    """On a Unix socket they have no address to tell them apart: neither may get the answers of the other."""
    one, other = in_a_process.client(alone=True), in_a_process.client(alone=True)

    one.client_setname("one")
    other.client_setname("other")

    assert (one.client_getname(), other.client_getname()) == ("one", "other")
    one.close(), other.close()


def test_the_embedded_server_ends_when_it_is_stopped(in_a_process: Broker) -> None:
    """Its process, its socket and the folder of its socket are gone."""
    pid = server_pid(in_a_process)

    in_a_process.stop()

    assert pid not in children_of(os.getpid())
    assert not socket_of(in_a_process).parent.exists()


def test_an_embedded_server_that_was_killed_is_started_again(in_a_process: Broker) -> None:
    """The socket that it left behind is not in the way."""
    os.kill(server_pid(in_a_process), signal.SIGKILL)
    eventually(lambda: in_a_process.process.poll() is not None, seconds=5.0)
    assert socket_of(in_a_process).exists()

    in_a_process.revive()

    eventually(lambda: answers(in_a_process.url), seconds=15.0)


@linux
def test_the_embedded_server_listens_at_no_tcp_port(in_a_process: Broker) -> None:
    """Any local user could connect to one; and a port is found by this test where there is one."""
    with socket.create_server(("127.0.0.1", 0)):
        assert len(listening_tcp_ports(os.getpid())) >= 1

    assert in_a_process.client().ping()
    assert listening_tcp_ports(server_pid(in_a_process)) == []


def test_the_socket_lies_in_a_folder_that_is_ours_alone(in_a_process: Broker) -> None:
    """Nobody else may look into it, on any operating system."""
    assert socket_of(in_a_process).is_socket()
    assert socket_of(in_a_process).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user")
def test_another_user_cannot_connect(in_a_process: Broker) -> None:
    """The same program connects as the user of the lab, and is refused as another one."""
    program = (
        "import os, socket, sys\n"
        "def connect():\n"
        "    try: socket.socket(socket.AF_UNIX).connect(sys.argv[1])\n"
        "    except OSError as error: return type(error).__name__\n"
        "    return 'connected'\n"
        "ours = connect()\n"
        "os.setgroups([]), os.setgid(65534), os.setuid(65534)\n"
        "print(ours, connect())"
    )
    os.chmod(socket_of(in_a_process), 0o777)  # the folder is what refuses

    command = [sys.executable, "-c", program, str(socket_of(in_a_process))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert said.split() == ["connected", "PermissionError"]


def test_thread_mode_opens_no_socket(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Where there are no Unix sockets, as on Windows, nothing listens either."""

    def refused(*args: object, **options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)

    queue = JobQueue(embedded_broker().client(), settings)
    submit(queue, "a")

    assert take_and_claim(queue).job.job_id == "a"


@pytest.mark.parametrize("name", NAMES)
def test_a_script_has_no_way_to_the_system_by_name(embedded: Broker, name: str) -> None:
    """Redis has none of them either, or only harmless parts."""
    assert embedded.client().eval("return _G[ARGV[1]] ~= nil", 0, name) is None


@pytest.mark.parametrize("script", ESCAPES.values(), ids=ESCAPES)
def test_a_script_has_no_way_into_python(embedded: Broker, script: str) -> None:
    """It fails, or finds nothing; the next script runs."""
    client = embedded.client()

    try:
        found = client.eval(script, 0)
    except (redis.RedisError, AttributeError):  # in threads fakeredis passes Python's errors on
        found = None

    assert found is None
    assert embedded.client().eval("return redis.call('PING')", 0)


def test_bytecode_is_not_run(embedded: Broker) -> None:
    """Lua 5.1 does not check it: what is made by hand reads and writes all memory."""
    from lupa.lua51 import LuaRuntime

    bytecode = LuaRuntime(encoding=None).execute(b"return string.dump(function() return 42 end)")

    with pytest.raises(redis.ResponseError, match="bytecode is not run"):
        embedded.client().eval(bytecode, 0)


def test_nothing_is_unpickled(embedded: Broker, tmp_path: Path) -> None:
    """RESTORE would run whatever a client has put into a pickle."""

    class Planted:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "planted"),)

    value = pickle.dumps(Planted())

    with pytest.raises(redis.ResponseError, match="unknown command"):
        embedded.client().restore("key", 0, hashlib.sha1(value).digest() + value)
    assert not (tmp_path / "planted").exists()


def test_no_file_is_written_where_a_client_says(embedded: Broker, tmp_path: Path) -> None:
    """ACL SAVE writes to any path that CONFIG SET was given."""
    client = embedded.client()
    client.config_set("aclfile", str(tmp_path / "planted"))

    with pytest.raises(redis.ResponseError):
        client.acl_save()
    assert not (tmp_path / "planted").exists()


def test_functions_cannot_be_loaded(embedded: Broker) -> None:
    """They would run in a Lua of their own."""
    library = "#!lua name=ours\nredis.register_function('f', function() return 1 end)"

    with pytest.raises(redis.ResponseError, match="unknown command"):
        embedded.client().function_load(library)


def test_a_fakeredis_with_an_open_lua_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new release may keep its Lua elsewhere: then we do not start, and say what to do."""
    import lupa.lua51
    from fakeredis.commands_mixins import scripting_mixin

    embedded_broker()
    monkeypatch.setattr(scripting_mixin, "LUA_MODULE", lupa.lua51)

    with pytest.raises(UsageError, match=r"not safe with this version of fakeredis .*\bos\b.*redis\.call"):
        embedded_broker()


@pytest.mark.parametrize("command", ["restore", "acl load", "acl save", "function load", "function restore"])
def test_a_fakeredis_with_an_unsafe_command_is_refused(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it answers, whatever it answers."""
    from fakeredis._commands import SUPPORTED_COMMANDS

    embedded_broker()
    monkeypatch.setitem(SUPPORTED_COMMANDS, command, SUPPORTED_COMMANDS["ping"])

    with pytest.raises(UsageError, match=f"(?i){command.replace(' ', '.*')}"):
        embedded_broker()
