"""The ten hops of one job: the map in the package, README and notebook 02, and a job that takes it."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from weakref import WeakKeyDictionary

import pytest
from package_source import PACKAGE, REPOSITORY

import pdflab
from pdflab.charts.comparison import comparison_figure
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.notebook.control_room import ControlRoom

HOPS = re.findall(r"^    (\S+) +([\w/]+\.py) +(.+)$", pdflab.__doc__ or "", flags=re.MULTILINE)
NAMES = [name for name, _, _ in HOPS]
PASSED = {  # the functions between a hop and the one before; over HTTP and Redis there are none
    "send_plan": ["Lab.operate"],
    "RedisProducer.enqueue": [],
    "render": ["Worker._work", "Worker._make", "renderer.<locals>.render_request"],
    "FolderStorage.put": [],
    "RedisConsumer.complete": ["Worker._retry_until_connected"],
    "summary": ["comparison_figure"],
}
PLACES = {(name, str(PACKAGE / file)) for name, file, _ in HOPS}
WAITS = {"RedisMonitor.follow": "Recorder.run_once", "RedisConsumer.take": "Worker.run_once"}


@dataclass
class Trace:
    """The hops in the order in which they began their work, each with the functions of ours on its stack."""

    stacks: dict[str, list[str]] = field(default_factory=dict)
    _started_by: WeakKeyDictionary[threading.Thread, list[str]] = field(default_factory=WeakKeyDictionary)

    def __call__(self, frame: FrameType, event: str, result: object) -> None:
        """Note a call of a hop. A loop's `run_once` begins when what it waits for is there."""
        name = frame.f_code.co_qualname
        if event == "call" and name == "Thread.start":
            self._started_by[frame.f_locals["self"]] = list(self._stack(frame))
        elif event == "return" and name in WAITS and result:
            self._note(WAITS[name], frame.f_back)
        elif event == "call" and (name, frame.f_code.co_filename) in PLACES and name not in WAITS.values():
            self._note(name, frame)

    def _note(self, hop: str, frame: FrameType | None) -> None:
        if hop not in self.stacks:
            self.stacks[hop] = list(self._stack(frame))

    def _stack(self, frame: FrameType | None) -> Iterator[str]:
        """Yield the functions of ours that led to a frame, those that started its thread included."""
        if frame is None:
            yield from self._started_by.get(threading.current_thread(), [])
            return
        yield from self._stack(frame.f_back)
        if frame.f_code.co_filename.startswith(str(PACKAGE)):
            yield frame.f_code.co_qualname

    def passed(self, hop: str) -> list[str]:
        """Return the functions of ours between a hop and what it has in common with the hop before."""
        before = self.stacks[NAMES[NAMES.index(hop) - 1]]
        here = self.stacks[hop][:-1]
        while before and here and before[0] == here[0]:
            before, here = before[1:], here[1:]
        return [name for name in here if not name.endswith("<lambda>")]


@contextmanager
def traced() -> Iterator[Trace]:
    """Watch every call on this thread and on those that it starts."""
    trace = Trace()
    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A button is pressed, and its chart drawn."""
    with traced() as trace, Lab(workers=1, mode="threads") as lab:
        room = ControlRoom(lab, lines=100)
        room.buttons["invoice"].click()
        assert room.wait(60) == "the queue accepted it: yes"
        comparison_figure(room.run(Endpoint.QUEUED), room.run(Endpoint.SYNCHRONOUS))
        room.close()
    return trace


def test_the_route_has_ten_hops() -> None:
    """A reader follows one job in ten hops."""
    assert len(HOPS) == 10


@pytest.mark.parametrize(("name", "file"), [hop[:2] for hop in HOPS])
def test_each_hop_is_found_by_one_search(name: str, file: str) -> None:
    """`def name` or `class name` stands in the file that the map gives, once."""
    last = name.rpartition(".")[2]

    found = re.findall(rf"^\s*(?:async )?(?:def|class) {last}\b", (PACKAGE / file).read_text(), re.MULTILINE)

    assert len(found) == 1


def test_a_job_takes_every_hop_in_order(trace: Trace) -> None:
    """Really: a button is pressed in thread mode, and the first call of each hop is noted."""
    taken, recorded = list(trace.stacks), "Recorder.run_once"

    assert [hop for hop in taken if hop != recorded] == [hop for hop in NAMES if hop != recorded]
    assert taken.index("RedisProducer.enqueue") < taken.index(recorded) < taken.index("summary")


def test_a_reader_passes_little_between_two_hops(trace: Trace) -> None:
    """Where one function of ours calls the next, each that lies between is named above."""
    assert {hop: trace.passed(hop) for hop in PASSED} == PASSED


def test_readme_prints_the_same_route() -> None:
    """README shows the map of the package, hop by hop."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `([\w.]+)` \| `pdflab/([\w/.]+)` \|", readme, flags=re.MULTILINE)
    assert rows == [hop[:2] for hop in HOPS]


def test_the_notebook_about_the_route_prints_it_and_shows_each_hop() -> None:
    """Its first cell prints the map; each hop has a heading or a cell of its own."""
    notebook = json.loads(
        (REPOSITORY / "notebooks" / "02_queue_and_worker.ipynb").read_text(encoding="utf-8")
    )
    printed = json.dumps(notebook["cells"], ensure_ascii=False)

    assert [name for name, file, _ in HOPS if not re.search(rf"{re.escape(name)} +{file}", printed)] == []
