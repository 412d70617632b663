"""The embedded Redis: fakeredis, sandboxed, so that no command reaches this user's files and programs.

Redis runs Lua scripts of its clients. fakeredis runs them inside Python, and unpickles the data of RESTORE.

Read next: pdflab/service/jobqueue/base.py.
"""

import socket
import sys
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import redis

from pdflab.errors import UsageError

# The Lua globals of a script. Not os, io, python, debug or package; nor functions that load code, which may
# be bytecode; nor functions that find those again (module, getfenv).
_LUA_GLOBALS = frozenset(
    {"_G", "_VERSION", "assert", "collectgarbage", "coroutine", "error", "getmetatable", "ipairs", "math"}
    | {"next", "pairs", "pcall", "rawequal", "rawget", "rawset", "select", "setmetatable", "string", "table"}
    | {"tonumber", "tostring", "type", "unpack", "xpcall"}
)
_REDIS_GLOBALS = _LUA_GLOBALS | {"redis", "cjson", "KEYS", "ARGV"}
# Commands that unpickle, that read or write a file named by the client, or that have their own Lua.
_UNSAFE_COMMANDS = ("RESTORE", "ACL LOAD", "ACL SAVE", "FUNCTION LOAD", "FUNCTION RESTORE")
_BYTECODE = "\x1b"  # its first character

_REMOVE_GLOBALS = """
function(allowed, object)
  for name in pairs(_G) do if not allowed[name] then _G[name] = nil end end
  string.dump = nil
  getmetatable(object).__metatable = false  -- it has __gc, which would free a Python object twice
end
"""
# ARGV: the allowed globals. Returns what a script can reach and should not.
_PROBE = """
local allowed, reached = {}, {}
for _, name in ipairs(ARGV) do allowed[name] = true end
for name in pairs(_G) do if not allowed[name] then table.insert(reached, name) end end
local _, failure = pcall(redis.call, 'NO SUCH COMMAND')
local python = { ['redis.call'] = redis.call, ['cjson.null'] = cjson.null, ['an error'] = failure }
for name, object in pairs(python) do
  local attribute = pcall(function() return object.__class__ end)
  if attribute or getmetatable(object) then table.insert(reached, name) end
end
return reached
"""


def embedded_server() -> Any:
    """Return a new fakeredis server for the threads of this process. Raises UsageError if it is not safe."""
    from fakeredis import FakeServer

    server = FakeServer()
    _sandbox(server)
    return server


def serve_embedded(path: str) -> None:
    """Serve the embedded Redis at a Unix socket, for the whole life of its process."""
    from fakeredis import TcpFakeServer

    class Server(TcpFakeServer):  # type: ignore[misc]
        address_family = socket.AF_UNIX
        daemon_threads = True
        numbers = count()

        def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
            """Number the clients: fakeredis identifies them by address, and here they have none."""
            request, _ = super().get_request()
            return request, ("unix", next(self.numbers))

    Path(path).unlink(missing_ok=True)  # left by a killed one
    server = Server(path, bind_and_activate=False, server_type="redis")
    _sandbox(server.fake_server)
    server.server_bind()
    server.server_activate()
    server.serve_forever()


def _sandbox(server: Any) -> None:
    """Sandbox fakeredis, and check the result, because the changed names are private to it."""
    from fakeredis import FakeRedis

    try:
        _change_fakeredis()
        with FakeRedis(server=server, decode_responses=True) as client:
            reached = [*client.eval(_PROBE, 0, *_REDIS_GLOBALS), *_answered(client)]
    except (ImportError, AttributeError, redis.RedisError) as error:
        reached = [str(error)]
    if reached:
        raise UsageError(
            "The embedded Redis is not safe with this version of fakeredis "
            f"({', '.join(reached)}); install redis-server, or another fakeredis."
        )


def _answered(client: Any) -> list[str]:
    """Return the unsafe commands that still work, and EVAL if it would run bytecode."""
    answered = []
    for command in [*_UNSAFE_COMMANDS, f"EVAL {_BYTECODE} 0"]:
        try:
            client.execute_command(*command.split(" "))
        except redis.ResponseError as error:
            if "unknown" in str(error) or "bytecode is not run" in str(error):
                continue
        answered.append(ascii(command))
    return answered


@cache
def _change_fakeredis() -> None:
    """Restrict the Lua of fakeredis, and remove its unsafe commands; lupa itself stays as it is."""
    from fakeredis._commands import SUPPORTED_COMMANDS
    from fakeredis.commands_mixins import scripting_mixin

    lua = scripting_mixin.LUA_MODULE

    def refuse(item: object, name: object, is_setting: bool) -> None:
        raise AttributeError("Python cannot be reached from Lua")

    class SafeRuntime(lua.LuaRuntime):  # type: ignore[misc, name-defined]
        def __new__(cls, **options: Any) -> "SafeRuntime":
            safe = {"attribute_filter": refuse, "register_eval": False, "register_builtins": False}
            runtime: SafeRuntime = super().__new__(cls, **{**options, **safe})
            allowed = runtime.table_from({name.encode(): True for name in _LUA_GLOBALS})
            runtime.eval(_REMOVE_GLOBALS)(allowed, object())
            return runtime

        def execute(self, code: Any, *args: Any, **options: Any) -> Any:
            if code[:1] in (_BYTECODE, _BYTECODE.encode()):
                raise lua.LuaError("bytecode is not run: it can write anywhere in memory")
            return super().execute(code, *args, **options)

    scripting_mixin.LUA_MODULE = SimpleNamespace(**{**vars(lua), "LuaRuntime": SafeRuntime})
    for command in _UNSAFE_COMMANDS:
        SUPPORTED_COMMANDS.pop(command.lower(), None)


if __name__ == "__main__":
    serve_embedded(sys.argv[1])
