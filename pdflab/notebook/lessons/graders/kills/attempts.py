"""Runs a student's function on Redis in a fork, which counts its steps: after any of them a fault may strike.

A step is a command to Redis, or a call of what the grader hands in, such as a render. The fault `kill` ends
the fork at once, as SIGKILL would: no line of it runs any more.

Read next: pdflab/notebook/lessons/graders/kills/crashes.py, then pdflab/notebook/lessons/graders/bench.py.
"""

import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from pdflab.lab.redis_client import redis_client
from pdflab.notebook.lessons.graders.student_code import describe, line_now

Step = Callable[[Any], Any]  # counts a step, and returns its result
Faults = Mapping[int, Callable[[], object]]  # each strikes after the step of its number

_SECONDS = 10  # of one attempt; all of them together have longer, as a machine may be busy
_MAX_STEPS = 60  # of one attempt: two jobs need a dozen
_WAITING = ("BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH")  # for ever, if no other job comes


def attempt(act: Callable[[Any, Step], object], redis: str, faults: Faults) -> tuple[list[str], str]:
    """Act in a fork, with a client of this Redis that counts its steps.

    Return the lines whose steps it did, and what went wrong in its code.
    """
    reader, writer = os.pipe()
    if not (pid := os.fork()):
        os.close(reader)
        _be_student(act, redis, writer, faults)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(pid, 0)
    trouble = next((line[1:] for line in lines if line.startswith("!")), "")
    if os.WIFSIGNALED(status):
        trouble = f"It was stopped after {_SECONDS} s; look for a loop or a wait that never ends."
    return [line for line in lines if not line.startswith("!")], trouble


def kill() -> None:
    """End this fork at once: a fault."""
    os._exit(1)


def _be_student(act: Callable[[Any, Step], object], redis: str, writer: int, faults: Faults) -> None:
    done = 0

    def step(result: Any) -> Any:
        nonlocal done
        done += 1
        os.write(writer, f"{line_now()}\n".encode())
        if done in faults:
            faults[done]()
        if done == _MAX_STEPS:
            raise RuntimeError(f"it did {done} steps for two jobs; end the loop when QUEUE is empty")
        return result

    signal.alarm(_SECONDS)  # kills
    try:
        act(_counted(redis_client(redis), step), step)
    except BaseException as error:
        os.write(writer, f"!{describe(error)}\n".encode())
    os._exit(0)


def _counted(client: Any, step: Step) -> Any:
    """Return a client that reports each command, and each transaction, as a step."""
    execute, pipeline = client.execute_command, client.pipeline

    def execute_command(name: str, *words: Any, **options: Any) -> Any:
        if name in _WAITING:
            raise RuntimeError(f"{name} would wait for ever for another job; use {name[1:]}")
        return step(execute(name, *words, **options))

    def make_pipeline(transaction: bool = True, **options: Any) -> Any:
        if not transaction:
            raise RuntimeError("without its transaction, a pipeline is many steps; leave that argument out")
        pipe = pipeline(**options)
        send = pipe.execute
        pipe.execute = lambda *words, **options: step(send(*words, **options))
        return pipe

    client.execute_command, client.pipeline = execute_command, make_pipeline
    return client
