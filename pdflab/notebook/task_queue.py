"""A queue of tasks, and the thread that carries them out one after another.

JupyterLab runs callbacks on a thread of its own, which must not block: a click only puts an task here.

Read next: pdflab/notebook/actions.py.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread, current_thread

from pdflab.errors import UsageError

Task = Callable[[], object]


class TaskQueue:
    """Carries out tasks until it is closed; `on_error` gets what an task raises."""

    def __init__(self, name: str, *, on_error: Callable[[Exception], None]) -> None:
        self._on_error = on_error
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._pending, self._changed = 0, Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Return whether an task waits or is being carried out."""
        return self._pending > 0

    def put(self, task: Task) -> None:
        """Add an task and return at once. Raises UsageError when the queue is closed."""
        with self._changed:
            if self._closed:
                raise UsageError("This panel is closed; make a new one.")
            self._pending += 1
            self._tasks.put(task)

    def wait(self, timeout: float) -> None:
        """Wait until every task was carried out. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._pending, timeout):
                raise TimeoutError(f"After {timeout:g} s {self._pending} tasks are not done; wait again.")

    def close(self) -> None:
        """Refuse new tasks; the thread ends after those that it has."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._tasks.put(None)

    def join(self, timeout: float) -> None:
        """Wait for the thread of a closed queue to end, unless it is the caller's own."""
        if self._thread is not current_thread():
            self._thread.join(timeout)

    def _run(self) -> None:
        for task in iter(self._tasks.get, None):
            try:
                task()
            except Exception as error:
                self._on_error(error)
            del task  # it may hold the last reference to a lab
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()
