"""The teacher's panel in a notebook: it opens a room beside a lab, steers the class, and charts it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from conftest import eventually
from ipywidgets import Button, Dropdown

from pdflab.charts.style import Picture
from pdflab.classroom.script import CONTROLS
from pdflab.classroom.simulated_phones import run_phones
from pdflab.classroom.students import NotAllowed
from pdflab.lab import Lab
from pdflab.notebook.classroom_panel import ClassroomPanel


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[ClassroomPanel]:
    with Lab(workers=2, mode="threads") as lab:
        panel = ClassroomPanel(lab, folder=tmp_path / "class", port=0)
        yield panel
        panel.close()


def controls_of(panel: ClassroomPanel) -> dict[str, object]:
    groups = [child for child in panel.place.children if "pdflab-group" in child._dom_classes]
    widgets = [widget for group in groups for widget in group.children if hasattr(widget, "description")]
    return {widget.description: widget for widget in widgets if widget.description}


def test_a_click_opens_the_room_with_every_control(panel: ClassroomPanel) -> None:
    """The notebook has the buttons of the teacher's page, from the same table."""
    panel.open_button.click()
    eventually(lambda: "The room is open." in panel.status.value, seconds=30)

    assert panel.host
    assert {control.label for control in CONTROLS} == controls_of(panel).keys()
    assert urlopen(panel.host.local_url, timeout=5).status == 200
    panel.open()
    assert len(controls_of(panel)) == len(CONTROLS)


def test_a_control_does_what_it_says(panel: ClassroomPanel) -> None:
    """And a mistake is one sentence below."""
    with pytest.raises(NotAllowed, match="Open a classroom first"):
        panel.press("go")
    panel.open()
    assert panel.host
    room, menu = panel.host.room, controls_of(panel)["Next act"]
    assert isinstance(menu, Dropdown)

    menu.value = "queued"
    eventually(lambda: room.stage.act.name == "queued", seconds=10)
    button = controls_of(panel)["Kill a worker"]
    assert isinstance(button, Button)
    button.click()

    eventually(lambda: "Threads cannot be killed" in panel.status.value, seconds=5)


def test_a_class_that_has_ended_is_charted(panel: ClassroomPanel) -> None:
    """The same chart as that of the lesson, made of what the class pressed."""
    assert "When the class has ended" in str(panel.figure())
    panel.open()
    host = panel.host
    assert host
    phones = Thread(target=lambda: asyncio.run(run_phones(host.local_url, host.code, 3)))
    phones.start()
    eventually(lambda: host.room.connected == 3, seconds=10)
    for act in ("synchronous", "queued"):
        panel.press("act", act)
        host.room.stage.work = 0.01  # few sections, whatever the machine is busy with
        panel.press("go")
        eventually(lambda: host.room.figures().states["done"] == 3, seconds=60)
    panel.press("end")
    phones.join(10)

    assert not phones.is_alive()
    assert isinstance(panel.figure(), Picture)
    assert "without names" in panel.status.value
    with pytest.raises(URLError):
        urlopen(host.local_url, timeout=5)
