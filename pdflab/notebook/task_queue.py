"""A queue of tasks, and the thread that runs them one after another.

JupyterLab runs callbacks on its own thread, which must not block: a click only queues a task.

Read next: pdflab/notebook/actions.py.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread, current_thread

from pdflab.errors import UsageError

Task = Callable[[], object]


class TaskQueue:
    """Runs tasks until it is closed; `on_error` gets the exceptions of tasks."""

    def __init__(self, name: str, *, on_error: Callable[[Exception], None]) -> None:
        self._on_error = on_error
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._pending, self._changed = 0, Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Return whether a task is waiting or running."""
        return self._pending > 0

    def put(self, task: Task) -> None:
        """Add a task and return at once. Raises UsageError if the queue is closed."""
        with self._changed:
            if self._closed:
                raise UsageError("This panel is closed; make a new one.")
            self._pending += 1
            self._tasks.put(task)

    def wait(self, timeout: float) -> None:
        """Wait until every task is done. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._pending, timeout):
                raise TimeoutError(f"After {timeout:g} s {self._pending} tasks are not done; wait again.")

    def close(self) -> None:
        """Refuse new tasks; the thread ends after the queued ones."""
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
