"""A classroom: a class of phones beside a running lab. What they press is sent to the lab for them.

    classroom = Classroom(lab, Options(phones=40))
    classroom.students.join(…); await classroom.press(student, key); classroom.view_of(student)

All of it runs on one event loop.

Read next: pdflab/classroom/teacher.py.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable

from pdflab.classroom.document import body_for
from pdflab.classroom.gateway import EventFeed, Gateway, QueueView
from pdflab.classroom.press import LEFT, OPEN, Press, PressState
from pdflab.classroom.state import ClassState, Options
from pdflab.classroom.students import NotAllowed, Student
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.lab import Lab

_MOST_EARLY = 2_000  # jobs
_ANSWER_TIME = 2.0  # seconds for the last answers 202 of an act


class Classroom(ClassState):
    """A class beside a lab. Create it on a running event loop."""

    def __init__(self, lab: Lab, options: Options, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(options, clock)
        self.lab = lab
        self.queue = QueueView(options.work)
        self._gateway = Gateway(lab)
        self._feed = EventFeed(lab.settings)
        self._by_job: dict[str, Press] = {}
        self._early: dict[str, list[JobEvent]] = {}  # events of jobs whose answer is still on its way
        self._sending: dict[Press, asyncio.Task[bytes]] = {}
        self._waiting: Counter[Press] = Counter()  # how many requests of its phone wait for each

    # What a phone does

    async def press(self, student: Student, key: str) -> tuple[Press, bytes]:
        """Send a request for a student, and return it with the PDF of a synchronous answer.

        The same key is the same press: a phone that lost its connection sends it again. If the caller is
        cancelled, the phone has left; the server renders for it all the same.
        Raises NotAllowed while the buttons sleep, or if there are too many.
        """
        key = f"{student.number}-{key}"
        press = self.presses.get(key) or self._begin(student, key)
        task = self._sending.get(press)
        self._waiting[press] += 1
        try:
            return press, await asyncio.shield(task) if task else b""
        except asyncio.CancelledError:
            is_last = self._waiting[press] == 1  # a phone sends it again before its lost connection ends
            if press.endpoint == Endpoint.SYNCHRONOUS and press.answered_at is None and is_last:
                press.answered_at, press.error = self.clock(), LEFT
            raise
        finally:
            self._waiting -= Counter([press])

    def answer(self, student: Student, number: object, value: object) -> None:
        """Note a student's answer to the question of this number. Raises NotAllowed."""
        if not self.poll or isinstance(number, bool) or self.poll.number != number:
            raise NotAllowed("That question is over.")
        others = (one for one in self.students.all() if not one.simulated)
        if not student.simulated or not any(others):  # among people, simulated phones have no vote
            self.poll.answer(student.number, value)

    def estimate(self, place: int | None) -> float | None:
        """Return in how many seconds the job at a place of the queue will be done."""
        return None if place is None else (place / self.workers + 0.5) * self.queue.service

    # What the loop does, several times a second

    def look(self) -> None:
        """Read what has happened at the lab."""
        self.workers = self.lab.settings.workers
        for endpoint, event in self._feed.read():
            if endpoint == Endpoint.QUEUED:
                self.queue.note(event)
            press = self._by_job.get(event.job_id)
            (press.events if press else self._early.setdefault(event.job_id, [])).append(event)
        for press in self.presses.values():
            if press.job_id and press.job_id not in self._by_job:
                self._by_job[press.job_id] = press
                press.events += self._early.pop(press.job_id, [])
        if len(self._early) > _MOST_EARLY:
            self._early.clear()  # jobs of the lab's other clients
        self._note_workers()

    def _note_workers(self) -> None:
        """Note what renders, and which workers died with a job."""
        self.renderers, now = self.lab.pids(), self.clock()
        events = (press.event(now) for press in self.presses.values())
        holders = {event.worker for event in events if event and event.state is JobState.PROCESSING}
        self.dead = frozenset(worker for worker in holders if worker and not _runs(worker))

    async def clear_lab(self) -> None:
        """End what the lab still has to do for this act, so that the next one begins with an empty lab."""
        on_their_way = [task for press, task in self._sending.items() if press.endpoint == Endpoint.QUEUED]
        if on_their_way:
            await asyncio.wait(on_their_way, timeout=_ANSWER_TIME)
        await self._gateway.cancel_queued()
        now = self.clock()
        inside = (PressState.WAITING, PressState.RENDERING, PressState.GAVE_UP)
        presses = (press for press in self.presses.values() if press.endpoint == Endpoint.SYNCHRONOUS)
        if any(press.state(now) in inside for press in presses):
            await asyncio.to_thread(self.lab.restart_synchronous)

    async def close(self) -> None:
        """End the class: nobody waits for an answer any more."""
        self.stage.opens_at = None
        for task in self._sending.values():
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self._gateway.close()

    def _begin(self, student: Student, key: str) -> Press:
        if not self.is_open:
            raise NotAllowed("The button sleeps until your teacher wakes it.")
        now = self.clock()
        outstanding = sum(press.state(now) in OPEN for press in self.presses_of(student))
        student.allow_press(now, outstanding=outstanding)
        press = Press(key, student.number, self.stage.endpoint, now)
        self.note_press(press)
        sending = self._gateway.send(
            press, body_for(student.name, self.size()), patience=self.options.patience
        )
        task = self._sending[press] = asyncio.create_task(sending)
        task.add_done_callback(lambda _: self._sending.pop(press, None))
        return press


def _runs(worker: str) -> bool:
    """Return whether the process of a worker, or of a server, is there: `sync:PID`, or a worker id."""
    pid = worker.split(":")[-1 if worker.startswith("sync:") else -2]
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        pass
    return True
