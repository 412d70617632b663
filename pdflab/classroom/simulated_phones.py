"""Simulated phones: they join a class, press, reload, vote and predict over HTTP, as people would.

    python -m pdflab.classroom.simulated_phones http://127.0.0.1:8080/ CODE 40

They rehearse a lesson, fill a small class up, and test the server: each keeps what it was answered.

Read next: pdflab/classroom/web/server.py.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from threading import Event
from typing import Any

import aiohttp

from pdflab.child_process import stop_event
from pdflab.classroom.script import ACTS
from pdflab.errors import require

_TRIES = 4  # presses of a phone in one act
_REACTION, _PAUSE = 0.8, 2.0  # seconds until a press; until the next one, after a refusal: medians
_REFUSED = 429
_STORM = next(act.title for act in ACTS if act.name == "storm")  # in which one reloads the page
_PATIENCE = 5.0  # seconds until somebody reloads a page that does not answer: the median
_MISREADING = 0.4  # share of the votes that are drawn by chance among all options
_RECONNECT, _MOST_TRIES = 0.5, 20  # seconds; tries of a live page without a message, until its room has gone


@dataclass(slots=True)
class Answered:
    """What became of one press, as its phone saw it. Instants are seconds since the epoch."""

    key: str
    sent_at: float
    answered_at: float | None = None
    status: int = 0
    state: str = ""  # the last one that the live page showed
    is_left: bool = False  # the phone reloaded the page


@dataclass(slots=True, eq=False)
class Phone:
    """One phone; `run` returns when the class is over."""

    base: str
    code: str
    dice: random.Random
    presses: list[Answered] = field(default_factory=list)
    messages: list[float] = field(default_factory=list)  # the instants of live messages
    over: bool = False
    _tries: int = 0
    _played: int = 0  # presses in the present act
    _open_in: tuple[str, str] | None = None  # act and endpoint for which the button is awake
    _given: tuple[int, int] | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Join, and follow the live page until the class is over."""
        jar = aiohttp.CookieJar(unsafe=True)  # of a host that is a mere address
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(self.base, cookie_jar=jar, timeout=timeout) as session:
            await self._post(session, "api/join", {"code": self.code, "name": "", "simulated": True})
            while not self.over and self._tries < _MOST_TRIES:
                self._tries += 1
                with suppress(aiohttp.ClientError, OSError):
                    await self._follow(session)
                await asyncio.sleep(0 if self.over else _RECONNECT)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        async with session.get("api/live") as response:
            self.over = response.status == 401  # it could not join
            async for line in response.content:
                if line.startswith(b"event: over"):
                    self.over = True
                    return
                if line.startswith(b"data: "):
                    self._tries = 0
                    self.messages.append(time.time())
                    self._see(session, json.loads(line[6:]))

    def _see(self, session: aiohttp.ClientSession, view: Mapping[str, Any]) -> None:
        """React to what the page shows."""
        shown = {press["key"].partition("-")[2]: press["state"] for press in view["presses"]}
        for press in self.presses:
            press.state = shown.get(press.key, press.state)
        open_in = (view["act"], view["endpoint"]) if view["button"] == "open" else None
        if open_in and open_in != self._open_in:
            self._played = 0
            self._start(self._press(session, pause=self._about(_REACTION)))
        self._open_in = open_in
        question = view["question"]
        if question and not question["shown"] and self._given != (question["number"], question["round"]):
            self._given = question["number"], question["round"]
            self._start(self._answer(session, question))

    async def _press(self, session: aiohttp.ClientSession, *, pause: float) -> None:
        await asyncio.sleep(pause)
        if not self._open_in or self._played >= _TRIES:
            return
        self._played += 1
        press = Answered(f"{self.dice.getrandbits(48):x}", time.time())
        self.presses.append(press)
        reloads = self._open_in[0] == _STORM
        patience = self._about(_PATIENCE) if reloads else None
        try:
            async with asyncio.timeout(patience):
                press.status = await self._post(session, "api/press", {"key": press.key})
            press.answered_at = time.time()
        except TimeoutError:
            press.is_left = True
        except (aiohttp.ClientError, OSError):
            press.status = 0
        if (reloads and press.status != 200) or press.status == _REFUSED:
            pause = 0.1 if press.is_left else self._about(_PAUSE)
            await self._press(session, pause=pause)

    async def _answer(self, session: aiohttp.ClientSession, question: Mapping[str, Any]) -> None:
        await asyncio.sleep(self._about(2 * _REACTION))
        letters = "ABCDEFGH"[: len(question["options"])]
        value: object = round(self._about(question["high"] / 12), 1)
        if letters:
            value = self.dice.choice(letters) if self.dice.random() < _MISREADING else letters[-1]
        await self._post(session, "api/answer", {"number": question["number"], "value": value})

    async def _post(self, session: aiohttp.ClientSession, path: str, data: Mapping[str, Any]) -> int:
        async with session.post(path, json=data) as response:
            await response.read()
            return response.status

    def _start(self, what: Any) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _about(self, seconds: float) -> float:
        """Return a time that varies as people do, with this median."""
        return seconds * self.dice.lognormvariate(0.0, 0.4)


async def run_phones(base: str, code: str, count: int, *, seed: int = 1) -> Sequence[Phone]:
    """Let so many phones take part until the class is over, and return them."""
    require(count >= 1, "There is 1 simulated phone or more.")
    phones = [Phone(base, code, random.Random(seed * 1_000 + number)) for number in range(count)]
    await asyncio.gather(*(phone.run() for phone in phones), return_exceptions=True)
    return phones


async def _run_until(stop: Event, phones: Coroutine[Any, Any, Sequence[Phone]]) -> Sequence[Phone]:
    running = asyncio.create_task(phones)
    while not (running.done() or stop.is_set()):
        await asyncio.wait([running], timeout=_RECONNECT)
    return running.result() if running.done() else ()


def main(words: Sequence[str]) -> None:
    """Run phones, and write what each saw as one line of JSON; `--guarded` ones end with their parent."""
    base, code, count, *options = words
    stop = stop_event(guarded="--guarded" in options)
    for phone in asyncio.run(_run_until(stop, run_phones(base, code, int(count)))):
        seen = {"messages": phone.messages, "presses": [asdict(press) for press in phone.presses]}
        sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
