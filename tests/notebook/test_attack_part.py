"""The part with every fault: a click becomes a fault, one after another, and what was done is reported."""

import html
import logging
from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import fake_lab
import pytest
from conftest import needs

from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.experiments.kills import await_condition
from pdflab.lab import Lab
from pdflab.notebook.parts.attack import AttackPart
from pdflab.notebook.room import Room
from pdflab.service.jobqueue.base import WorkerStatus
from pdflab.settings import Settings


class FakeLab(fake_lab.FakeLab):
    """What an attack asks of a lab: a killed worker has a successor at once."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = SimpleNamespace(lease=3.0, workers=2)
        self.done: list[Any] = []
        self.at_work = {"worker-1": 0, "worker-2": 0}  # how often each was started again
        self.no_server = self.away = False
        self.woken = Event()
        self.woken.set()

    def workers(self) -> list[WorkerStatus]:
        return [WorkerStatus(f"here:{name[-1]}:{starts}", 0.0) for name, starts in self.at_work.items()]

    def kill(self, name: str) -> None:
        self.done.append(name)
        if name in self.at_work:
            self.at_work[name] += 1

    def freeze(self, seconds: float, name: str) -> None:
        self.woken.wait(10)
        self.done.append((seconds, name))

    def cut(self) -> None:
        if self.no_server:
            raise UsageError("This Redis is <embedded>; install redis-server for that.")
        self.done.append("cut")

    def kill_redis(self) -> None:
        self.away = True
        self.done.append("redis")

    def stats(self) -> Any:
        if self.away:
            self.away = False
            raise BrokerUnavailable("gone for a moment")
        return super().stats()


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def panel(lab: FakeLab) -> Iterator[Room]:
    panel = Room(lab, AttackPart)  # type: ignore[arg-type]
    yield panel
    lab.woken.set()
    panel.close()


def test_every_button_injects_the_fault_that_it_names(lab: FakeLab, panel: Room) -> None:
    """In the order of the clicks; a freeze outlasts the lease."""
    for name in ("kill", "freeze", "kill_others", "cut", "kill_redis"):
        panel.buttons[name].click()
    said = panel.wait()

    assert lab.done == ["worker-1", (5.0, "worker-2"), "api", "recorder", "cut", "redis"]
    assert said.startswith("Kill a worker: 1, Freeze a worker, 5 s: 1, Kill API and recorder: 1, Cut")


def test_before_a_press_it_speaks_of_its_own_buttons_alone(panel: Room) -> None:
    """Beside it, another part may have killed five workers."""
    assert "You have pressed none of these yet." in shown(panel)


def test_the_workers_are_killed_in_turn(lab: FakeLab, panel: Room) -> None:
    """No worker is hit twice before each was hit once."""
    for _ in range(3):
        panel.buttons["kill"].click()

    assert panel.wait() == "Kill a worker: 3"
    assert panel.wait() == "nothing was done"
    assert lab.done == ["worker-1", "worker-2", "worker-1"]


def test_the_next_fault_waits_until_the_killed_worker_is_back(lab: FakeLab, panel: Room) -> None:
    """A kill that meets nobody would be counted for nothing."""
    lab.at_work = {}
    panel.buttons["kill"].click()
    panel.buttons["kill"].click()

    with pytest.raises(TimeoutError, match="tasks are not done"):
        panel.wait(timeout=0.2)

    assert lab.done == ["worker-1"]
    lab.at_work = {"worker-1": 1}
    await_condition(lambda: len(lab.done) == 2)
    lab.at_work |= {"worker-2": 1}
    assert panel.wait() == "Kill a worker: 2"


def test_a_click_never_blocks(lab: FakeLab, panel: Room) -> None:
    """Not even while a worker is frozen."""
    lab.woken.clear()

    panel.buttons["freeze"].click()
    panel.buttons["kill"].click()

    assert lab.done == []
    lab.woken.set()
    panel.wait()
    assert lab.done == [(5.0, "worker-1"), "worker-2"]


def test_what_this_redis_cannot_suffer_is_said_in_a_sentence(lab: FakeLab, panel: Room) -> None:
    """The other attacks go on: a notebook runs to its end without a redis-server."""
    lab.no_server = True
    panel.buttons["cut"].click()
    panel.buttons["kill"].click()

    said = panel.wait()

    assert said == (
        "Kill a worker: 1; Cut all connections: not here. "
        "This Redis is <embedded>; install redis-server for that."
    )
    assert html.escape(said) in shown(panel)


def test_what_goes_wrong_is_raised_to_who_waits(lab: FakeLab, panel: Room) -> None:
    """Once; the next wait begins anew."""
    lab.kill = _broken  # type: ignore[method-assign]
    panel.buttons["kill"].click()

    with pytest.raises(RuntimeError, match="broken"):
        panel.wait()
    assert panel.wait() == "nothing was done"


def test_the_labs_own_words_are_shown_below_the_buttons(panel: Room) -> None:
    """And not in whatever cell is running; nothing of them is markup."""
    logging.getLogger("pdflab.lab.processes").warning("%s ended; a new one starts.", "<worker-1>")

    assert "&lt;worker-1&gt; ended; a new one starts." in shown(panel)


def test_a_room_with_faults_does_not_wait_for_lost_jobs(lab: FakeLab, panel: Room) -> None:
    """A job that a naive worker has lost never ends."""

    def never(timeout: float) -> None:
        raise TimeoutError

    lab.wait = never  # type: ignore[method-assign]
    panel.buttons["kill"].click()

    assert panel.wait() == "Kill a worker: 1"


def test_a_closed_panel_listens_no_longer(panel: Room) -> None:
    """A second close does nothing."""
    panel.close()
    panel.close()

    logging.getLogger("pdflab.lab.processes").warning("late")

    assert "late" not in shown(panel)


@pytest.mark.parametrize("redis", ["redis-server", "embedded"])
def test_a_killed_worker_is_back_when_the_fault_is_over(redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a real lab: the jobs that were claimed come back, and end."""
    if redis == "embedded":
        monkeypatch.setenv("PATH", "")
    else:
        needs(redis, redis)
    with Lab(settings=Settings(port=0, sync_port=0, lease=1.5)) as lab:
        panel = Room(lab, AttackPart)
        lab.operate("batch", n=20, lines=400)
        await_condition(lambda: lab.stats().processing == 2)
        panel.buttons["kill"].click()
        panel.buttons["cut"].click()
        said = panel.wait()
        lab.wait()
        panel.close()
        endings = {event.job_id for event in lab.events() if event.state.is_ending}

    assert {send.job_id for send in lab.sends()} == endings
    assert ("Cut all connections: not here" in said) == (redis == "embedded")


def shown(panel: Room) -> str:
    [attack] = [part for part in panel.parts if isinstance(part, AttackPart)]
    return f"{attack.text.value} {panel.status.value}"


def _broken(name: str) -> None:
    raise RuntimeError(f"broken: {name}")
