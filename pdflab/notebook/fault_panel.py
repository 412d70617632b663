"""The attack panel: buttons that kill, freeze and cut, for a running lab.

The attacks run on a thread of their own, one after another: a click never blocks, and who is killed is back
at work before the next blow falls, so that every blow meets something alive.

Read next: charts/job_outcomes.py, which counts what was lost.
"""

import html
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent import futures
from itertools import count
from typing import Any

from ipywidgets import HTML, Button, HBox, Layout, VBox

from pdflab.analysis.run import Send
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab
from pdflab.notebook.log_handler import LogForwarder

_GLANCE = 0.02  # seconds between two looks
_PATIENCE = 60.0  # seconds that a part may take to be at work again
_LINES = 400  # of a document: some thirty milliseconds in a worker's hands, hardly one between two of them


class AttackPanel:
    """Buttons for what can go wrong: show it as the last line of a cell, or press them with `.click()`.

    A frozen worker sleeps for so many `leases`: long enough to be taken for dead.
    """

    def __init__(self, lab: Lab, *, leases: float = 5 / 3) -> None:
        self._lab = lab
        self._sleep = leases * lab.settings.lease
        self._done: Counter[str] = Counter()
        self._impossible: dict[str, str] = {}
        self._under_way: list[futures.Future[None]] = []
        self._thread = futures.ThreadPoolExecutor(1, thread_name_prefix="attack panel")
        self._turns = count()
        self.kill = self._button("Kill a worker", self._kill_worker)
        self.freeze = self._button(f"Freeze a worker, {self._sleep:g} s", self._freeze_worker)
        self.kill_others = self._button("Kill API and recorder", self._kill_others)
        self.cut = self._button("Cut all connections", self._cut)
        self.kill_redis = self._button("Kill Redis", self._kill_redis)
        self._status = HTML("Nothing has happened yet.")
        self._told, self._words = HTML(), deque[str](maxlen=4)
        self._news = LogForwarder(self._tell)
        buttons = (self.kill, self.freeze, self.kill_others, self.cut, self.kill_redis)
        self.box = VBox([HBox(buttons), self._status, self._told])

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every attack is over; say what was done since the last wait.

        Raises what went wrong in an attack, and TimeoutError.
        """
        over, under_way = futures.wait(self._under_way, timeout)
        self._under_way = list(under_way)
        if under_way:
            raise TimeoutError(f"After {timeout:g} s {len(under_way)} attacks are not over; wait again.")
        for attack in over:
            attack.result()
        said = self._said()
        self._done.clear()
        self._impossible.clear()
        return said

    def close(self) -> None:
        """End the thread, once the attacks under way are over; a second close does nothing."""
        self._thread.shutdown()
        self._news.close()

    def _button(self, label: str, attack: Callable[[], object]) -> Button:
        button = Button(description=label, layout=Layout(width="180px"))
        button.on_click(lambda _: self._under_way.append(self._thread.submit(self._attack, label, attack)))
        button.comm._reply_subshell_for = None  # obey while a cell runs: see Panel._obey_at_once
        return button

    def _attack(self, label: str, attack: Callable[[], object]) -> None:
        try:
            attack()
            self._done[label] += 1
        except UsageError as error:  # this Redis is none of ours, or no redis-server
            self._impossible[label] = str(error)
        finally:
            self._status.value = html.escape(self._said())

    def _kill_worker(self) -> None:
        """Kill one, and wait until its successor is in the registry, with an id that was not there before."""
        known = self._at_work()
        self._lab.kill(self._next_worker())
        wait_until(lambda: self._at_work() - known)

    def _freeze_worker(self) -> None:
        self._lab.freeze(self._sleep, self._next_worker())

    def _kill_others(self) -> None:
        self._lab.kill("api")
        self._lab.kill("recorder")

    def _cut(self) -> None:
        self._lab.cut()

    def _kill_redis(self) -> None:
        self._lab.kill_redis()
        wait_until(self._lab.stats)

    def _next_worker(self) -> str:
        workers = [name for name in self._lab.process_names() if name.startswith("worker-")]
        return workers[next(self._turns) % len(workers)]

    def _at_work(self) -> set[Any]:
        return {status.worker for status in self._lab.workers()}

    def _tell(self, words: str) -> None:
        self._words.append(html.escape(words))
        self._told.value = "<br>".join(self._words)

    def _said(self) -> str:
        done = ", ".join(f"{label}: {times}" for label, times in self._done.items()) or "nothing was done"
        return "; ".join([done, *(f"{label}: not here. {why}" for label, why in self._impossible.items())])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        words = f"The attack panel of {self._lab!r}: run the notebook to see and press its buttons."
        return {**self.box._repr_mimebundle_(**options), "text/plain": words}


def fill_line(lab: Lab, n: int) -> list[Send]:
    """Ask for n large documents at once; return what the clients were told, when the workers are at it."""
    before = len(lab.sends())
    lab.operate("batch", n=n, lines=_LINES)
    wait_until(lambda: len(lab.sends()) == before + n)
    wait_until(lambda: lab.stats().processing >= lab.settings.workers)
    return lab.sends()[before:]


def wait_for_silence(lab: Lab, *, seconds: float) -> None:
    """Wait until the line is empty and nothing has happened for so long."""
    seen, since = -1, time.monotonic()
    while seen < 0 or time.monotonic() - since < seconds:
        stats = lab.stats()
        if stats.events != seen or stats.queue_depth:
            seen, since = stats.events, time.monotonic()
        time.sleep(_GLANCE)


def wait_until(so: Callable[[], object], *, timeout: float = _PATIENCE) -> None:
    """Wait until something is so; Redis may be away meanwhile. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while not _is(so):
        if time.monotonic() > deadline:
            raise TimeoutError(f"It was not so within {timeout:g} s; look at lab.stats(), and try again.")
        time.sleep(_GLANCE)


def _is(so: Callable[[], object]) -> bool:
    try:
        return bool(so())
    except BrokerUnavailable:
        return False
