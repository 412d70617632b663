"""An explorable draws what its sliders say: the last move wins, and no move waits for a drawing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event, current_thread, main_thread
from typing import Any

import pytest
from conftest import eventually

from pdflab.charts.style import Picture, make_axes, set_headline
from pdflab.errors import UsageError
from pdflab.notebook.lessons.explorable import Explorable, choice, slider


def draw_title(**values: Any) -> Picture:
    """A picture whose headline is its values."""
    figure, _ = make_axes(200, 100)
    set_headline(figure, ", ".join(f"{name} {value}" for name, value in values.items()))
    return figure


@pytest.fixture
def explore() -> Iterator[Callable[..., Explorable]]:
    """Make explorables that are closed after the test."""
    made: list[Explorable] = []

    def make(draw: Callable[..., Picture], **options: Any) -> Explorable:
        made.append(Explorable(draw, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def picture_of(explorable: Explorable) -> str:
    return str(explorable.box.children[-1].value)


def test_a_moved_slider_draws_its_value_on_another_thread(explore: Callable[..., Explorable]) -> None:
    """The picture's alternative text is its headline: it says what has changed."""
    threads = []

    def draw(load: float, workers: int) -> Picture:
        threads.append(current_thread())
        return draw_title(load=load, workers=workers)

    one = explore(draw, load=slider("utilisation", 0.1, 0.9, 0.5), workers=slider("workers", 1, 8, 2, step=1))
    one.choices["load"].value = 0.8
    one.wait()

    assert 'alt="load 0.8, workers 2"' in picture_of(one)
    assert "data:image/png;base64," in picture_of(one)
    assert main_thread() not in threads
    assert "…" not in one.status.value


def test_the_last_of_many_moves_wins_and_none_waits(explore: Callable[..., Explorable]) -> None:
    """While one picture is drawn, a hundred moves are made; of them the last one is drawn, and no other."""
    drawn, begun, go = [], Event(), Event()

    def draw(load: int) -> Picture:
        drawn.append(load)
        begun.set()
        assert go.wait(10)
        return draw_title(load=load)

    one = explore(draw, load=slider("load", 0, 200, 0, step=1))
    one.choices["load"].value = 1
    assert begun.wait(10)
    for load in range(2, 102):
        one.choices["load"].value = load
    assert "…" in one.status.value, "it says that a picture is to come"
    go.set()
    one.wait()

    assert drawn == [1, 101]
    assert 'alt="load 101"' in picture_of(one)
    assert "…" not in one.status.value


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            UsageError("Work for 2 workers comes to 1: add workers."),
            ">Work for 2 workers comes to 1: add workers.<",
        ),
        (ZeroDivisionError("division by zero"), "No picture of these values: ZeroDivisionError"),
    ],
)
def test_an_error_is_one_sentence_and_the_next_move_draws_again(
    explore: Callable[..., Explorable], error: Exception, sentence: str
) -> None:
    """The picture before stays, and the sentence goes."""

    def draw(load: int) -> Picture:
        if load == 7:
            raise error
        return draw_title(load=load)

    one = explore(draw, load=slider("load", 0, 9, 0, step=1))
    for load, text in ((1, ""), (7, sentence), (2, "")):
        one.choices["load"].value = load
        one.wait()
        assert text in one.status.value
        assert ("trouble" in one.status.value) is bool(text)

    assert 'alt="load 2"' in picture_of(one)


def test_a_closed_explorable_is_at_rest(explore: Callable[..., Explorable]) -> None:
    """Its controls are disabled, and it says what to do."""
    one = explore(draw_title, load=slider("load", 0, 9, 0, step=1))
    one.close()
    one.close()

    assert one.choices["load"].disabled
    assert "run its cell again" in one.status.value
    one.choices["load"].value = 3
    assert "run its cell again" in one.status.value


def test_no_thread_is_left_when_nothing_moves() -> None:
    """Nobody closes it: a notebook may have many, and its cells are run again."""
    before = threading.active_count()
    one = Explorable(draw_title, load=slider("load", 0, 9, 0, step=1))

    for load in (3, 4):
        one.choices["load"].value = load
        one.wait()

    eventually(lambda: threading.active_count() == before, seconds=5)
    assert 'alt="load 4"' in picture_of(one)


def test_the_executed_copy_holds_a_picture_and_starts_no_thread() -> None:
    """Drawn at once, in the cell: readers on a code host see it; nothing moves there."""
    one = Explorable(draw_title, load=slider("load", 0, 9, 5, step=1), kind=choice("kind", [("one", 1)], 1))

    shown = one._repr_mimebundle_()

    assert one.figure().get_suptitle() == "load 5, kind 1"
    assert shown["image/png"].startswith(b"\x89PNG")
    assert "move its sliders" in shown["text/plain"]
    assert not one._drawing


def test_in_a_kernel_the_first_picture_is_drawn_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the thread: the cell ends at once, and shows widgets alone."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.delenv("PDFLAB_HEADLESS", raising=False)

    with closing(Explorable(draw_title, load=slider("load", 0, 9, 5, step=1))) as one:
        one.wait()

        assert 'alt="load 5"' in picture_of(one)
        assert "image/png" not in one._repr_mimebundle_()


def test_each_control_has_a_label() -> None:
    """Whole numbers stay whole, and a share may be read as per cent."""
    workers, load = slider("workers", 1, 8, 2, step=1), slider("load", 0, 1, 0.5, readout=".0%")

    assert [workers.description, load.description] == ["workers", "load"]
    assert isinstance(workers.value, int)
    assert load.readout_format == ".0%"
    assert choice("limit", [("none", None), ("50", 50)], 50).description == "limit"
