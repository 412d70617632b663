"""A queue of tasks, and the thread that runs them one after another.

JupyterLab runs callbacks on its own thread, which must not block: a click only queues a task.

Read next: pdflab/notebook/poller.py.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from pdflab.errors import UsageError


class TaskQueue:
    """Runs tasks until it is closed; `on_error` gets the exceptions of tasks."""

    def __init__(self, name: str, *, on_error: Callable[[Exception], None]) -> None:
        self._on_error = on_error
        self._pending: set[Future[None]] = set()
        self._thread = ThreadPoolExecutor(1, name)

    @property
    def busy(self) -> bool:
        """Return whether a task is waiting or running."""
        return not all(task.done() for task in self._pending.copy())

    def put(self, task: Callable[[], object]) -> None:
        """Add a task and return at once; for a closed queue, that is an error."""
        try:
            pending = self._thread.submit(self._run, task)
        except RuntimeError:
            self._on_error(UsageError("This panel is closed; make a new one."))
            return
        self._pending.add(pending)
        pending.add_done_callback(self._pending.discard)

    def wait(self, timeout: float) -> None:
        """Wait until every task is done. Raises TimeoutError."""
        if left := wait(self._pending.copy(), timeout).not_done:
            raise TimeoutError(f"After {timeout:g} s {len(left)} tasks are not done; wait again.")

    def close(self, *, wait: bool = False) -> None:
        """Refuse new tasks; the thread ends after the queued ones."""
        self._thread.shutdown(wait)

    def _run(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:
            self._on_error(error)
