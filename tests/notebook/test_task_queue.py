"""A queue carries out what was clicked, in order, and survives what goes wrong."""

from threading import Event

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.task_queue import TaskQueue


def test_orders_are_carried_out_one_after_another() -> None:
    """Also those that are there when it is closed."""
    done: list[int] = []
    queue = TaskQueue("queue", on_error=lambda error: None)
    for i in range(20):
        queue.put(lambda i=i: done.append(i))

    queue.close(wait=True)

    assert done == list(range(20))


def test_an_order_that_fails_is_reported_and_the_next_one_is_done() -> None:
    """One mistake does not end the lesson."""
    failed: list[Exception] = []
    queue = TaskQueue("queue", on_error=failed.append)

    queue.put(lambda: 1 / 0)
    queue.put(lambda: None)
    queue.wait(5)

    assert isinstance(failed[0], ZeroDivisionError)
    assert not queue.busy
    queue.close()


def test_a_closed_task_queue_takes_nothing() -> None:
    """And says what to do."""
    failed: list[Exception] = []
    queue = TaskQueue("queue", on_error=failed.append)
    queue.close()

    queue.put(lambda: None)

    assert isinstance(failed[0], UsageError)
    assert "make a new one" in str(failed[0])


def test_waiting_ends_with_a_sentence() -> None:
    """An unattended notebook ends."""
    release = Event()
    queue = TaskQueue("queue", on_error=lambda error: None)
    queue.put(lambda: release.wait(10))

    with pytest.raises(TimeoutError, match="1 tasks"):
        queue.wait(0.05)
    release.set()
    queue.close(wait=True)
