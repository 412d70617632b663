"""Cards to put in order: never right at the start, moved by buttons, graded by running them."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import eventually

from pdflab.errors import UsageError
from pdflab.notebook.lessons.gap import Grade
from pdflab.notebook.lessons.order import Order
from pdflab.service.jobqueue.redis_server import Broker

FRAME = """
def safe_work(redis, render, store):
    while redis.lmove(PROCESSING, QUEUE, "LEFT", "RIGHT"):
        pass  # what a dead worker has left
    while redis.llen(QUEUE):
        {cards}
"""
TAKE, CLAIM, RENDER, STORE, COMPLETE, REMOVE = CARDS = [
    'job = redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT")',
    'redis.hset(STATES, job, "PROCESSING")',
    "pdf = render(job)",
    "store(job, pdf)",
    'redis.hset(STATES, job, "COMPLETED")',
    "redis.lrem(PROCESSING, 1, job)",
]
POP = "job = redis.rpop(QUEUE)"


@pytest.fixture
def grades() -> list[Grade]:
    return []


@pytest.fixture
def order(real_redis: Broker, grades: list[Grade]) -> Order:
    url = real_redis.url
    return Order(CARDS, frame=FRAME, name="safe_work", distractors=[POP], redis=url, on_grade=grades.append)


def test_it_begins_with_a_wrong_order(order: Order) -> None:
    """The same one for everybody: two students can talk about it."""
    assert sorted(order.order) == sorted([*CARDS, POP])
    assert order.order == Order(CARDS, frame=FRAME, distractors=[POP]).order
    assert not order.grade().passes


def test_an_order_that_survives_each_crash_passes(order: Order, grades: list[Grade]) -> None:
    """It is run, and not compared."""
    order.arrange(CARDS)

    assert order.grade() == Grade(())
    assert grades == [Grade(())]


@pytest.mark.parametrize(
    ("cards", "reply"),
    [
        ([TAKE, CLAIM, RENDER, COMPLETE, STORE, REMOVE], "the state says COMPLETED and there is no PDF"),
        ([TAKE, CLAIM, RENDER, STORE, REMOVE, COMPLETE], "its state never becomes COMPLETED"),
        ([TAKE, REMOVE, CLAIM, RENDER, STORE, COMPLETE], "a job is lost"),
        ([POP, CLAIM, RENDER, STORE, COMPLETE], "a job is lost"),
        ([TAKE, RENDER, STORE, REMOVE], "its state never becomes COMPLETED"),
        ([TAKE, RENDER, STORE, COMPLETE, REMOVE], "while its state is not PROCESSING"),
        ([TAKE, RENDER, STORE, CLAIM, COMPLETE, REMOVE], "while its state is not PROCESSING"),
        ([TAKE, CLAIM, RENDER, STORE, COMPLETE], "a job with its PDF stays in PROCESSING"),
        ([TAKE, CLAIM, RENDER, COMPLETE, REMOVE], "a job is lost"),
        ([TAKE, CLAIM, RENDER, STORE, COMPLETE, REMOVE, POP], "a job is lost"),
        (
            [CLAIM, TAKE, RENDER, STORE, COMPLETE, REMOVE],
            "not yet: Line 5 of safe_work uses `job`, and nothing has set it before; "
            'the line is `redis.hset(STATES, job, "PROCESSING")`.',
        ),
        ([TAKE, CLAIM, STORE, RENDER, COMPLETE, REMOVE], "Line 7 of safe_work uses `pdf`, and nothing"),
        ([], "Line 5 of safe_work raised IndentationError: expected an indented block"),
    ],
)
def test_a_wrong_order_says_which_crash_did_what(order: Order, cards: list[str], reply: str) -> None:
    """With the line after which it was killed."""
    order.arrange(cards)

    assert reply in repr(order.grade())


def test_buttons_move_a_card_and_say_what_they_do(order: Order) -> None:
    """Their names are read aloud; the message says where the card is now."""
    before = order.order
    up, down = buttons(order, 1)
    assert up.tooltip == f"Move {before[1]} up"

    up.click()

    assert order.order[:2] == [before[1], before[0]]
    assert "</code> is line 1 of 7." in order.box.children[-1].value
    assert buttons(order, 0)[0].disabled
    assert down.tooltip == f"Move {before[0]} down"


def test_a_card_moved_below_the_border_is_not_used(order: Order) -> None:
    """And comes back."""
    last = order.order[-1]
    buttons(order, 6)[1].click()
    assert last not in order.order
    assert "is not used" in order.box.children[-1].value

    buttons(order, 7)[0].click()
    assert order.order[-1] == last


def test_the_button_runs_it_meanwhile_it_rests(order: Order, grades: list[Grade]) -> None:
    """The click returns at once."""
    order.arrange(CARDS)
    run = order.box.children[-2]
    run.click()

    assert run.disabled
    eventually(lambda: not run.disabled, seconds=60)
    assert grades == [Grade(())]
    assert "yes" in order.box.children[-1].value


def test_cards_that_are_not_there_are_refused(order: Order) -> None:
    """Nor may one be left out where there is no place for it."""
    with pytest.raises(UsageError, match="These are not the cards"):
        order.arrange(["rm -r"])
    with pytest.raises(UsageError, match="These are not the cards"):
        Order(["a", "b"], frame="{cards}").arrange(["a"])


def test_a_lab_in_threads_is_named_in_the_message() -> None:
    """The click shows what a call raises."""
    order = Order(CARDS, frame=FRAME)
    order.box.children[-2].click()

    eventually(lambda: "lab in processes" in order.box.children[-1].value, seconds=10)


def buttons(order: Order, place: int) -> Any:
    """The two buttons at a place."""
    rows: Iterator[Any] = (child for child in order.box.children if hasattr(child, "children"))
    return list(rows)[place].children[:2]
