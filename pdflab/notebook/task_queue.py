"""A lane: a thread that carries out what was clicked, one order after another.

JupyterLab runs callbacks on a thread of its own, which has to go on: a click only puts an order here.

Read next: notebook/control_room.py.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread, current_thread

from pdflab.errors import UsageError

Order = Callable[[], object]


class TaskQueue:
    """Carries out orders until it is closed; `failed` is told of each that went wrong."""

    def __init__(self, name: str, *, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._pending, self._changed = 0, Condition()
        self._closed = False
        self._thread = Thread(target=self._carry_out, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Return whether an order waits or is being carried out."""
        return self._pending > 0

    def put(self, order: Order) -> None:
        """Take an order and return at once. Raises UsageError when the lane is closed."""
        with self._changed:
            if self._closed:
                raise UsageError("This control room is closed; make a new one: ControlRoom(lab).")
            self._pending += 1
            self._orders.put(order)

    def wait(self, timeout: float) -> None:
        """Wait until every order was carried out. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._pending, timeout):
                raise TimeoutError(f"After {timeout:g} s {self._pending} orders are not done; wait again.")

    def close(self) -> None:
        """Take no more orders; the thread ends after those it has."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._orders.put(None)

    def join(self, timeout: float) -> None:
        """Wait for the thread of a closed lane to end, unless it is the one that waits."""
        if self._thread is not current_thread():
            self._thread.join(timeout)

    def _carry_out(self) -> None:
        for order in iter(self._orders.get, None):
            try:
                order()
            except Exception as error:
                self._failed(error)
            del order  # it may hold the last thread to a lab
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()
