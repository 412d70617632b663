"""A kind and an operation are one entry in one table each, and every surface shows what is entered."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any, Literal

import pytest
from fake_lab import FakeLab

from pdflab.__main__ import main
from pdflab.documents.custom import draw_custom
from pdflab.documents.kinds import KINDS, Kind
from pdflab.documents.requests.base import DocumentRequest
from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.typesetting.page import Rendered
from pdflab.lab import Lab
from pdflab.load.plan import single
from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.notebook.control_room import ControlRoom


class ShippingLabel(DocumentRequest):
    type: Literal["shipping-label"]
    address: str


def draw_label(label: ShippingLabel, **how: Any) -> Rendered:
    return draw_custom(CustomRequest(type="custom", title="Ship to", text=label.address), **how)


def sample_label(seed: int, _lines: int | None) -> dict[str, Any]:
    return {"type": "shipping-label", "address": f"{seed} Main Street"}


@pytest.fixture(autouse=True)
def _shipping_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind, and an operation that sends one of it."""
    kind = Kind("shipping-label", "Shipping label", ShippingLabel, draw_label, sample_label)
    operation = Operation("ship", "Ship it", "one label", (), partial(single, "shipping-label"))
    monkeypatch.setitem(KINDS, kind.name, kind)
    monkeypatch.setitem(OPERATIONS, operation.name, operation)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(workers=1, mode="threads") as lab:
        yield lab


def ask(lab: Lab, path: str, body: object = None) -> str:
    """Ask its service, by POST if there is a body; return the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {lab.token}"}
    request = urllib.request.Request(lab.url + path, data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return capsys.readouterr().out


def test_the_service_makes_and_describes_the_new_kind(lab: Lab) -> None:
    """POST /generate-pdf takes it, a worker draws it, /openapi.json names it."""
    accepted = json.loads(ask(lab, "/generate-pdf", sample_label(7, None)))
    lab.wait(60)

    assert (lab.pdf(accepted["job_id"]) or b"").startswith(b"%PDF-")
    assert "shipping-label" in ask(lab, "/openapi.json")


def test_the_lab_and_the_dashboard_start_the_new_operation(lab: Lab) -> None:
    """By its name, at either endpoint, or by the button that the page has for it."""
    lab.operate("ship")
    lab.operate("ship", endpoint="synchronous")
    started = json.loads(ask(lab, "/operations/ship", {}))
    lab.wait(60)

    assert started["documents"] == 1
    assert 'data-operation="ship"' in ask(lab, "/")
    assert [(send.kind, send.accepted) for send in lab.sends()] == [("shipping-label", True)] * 3


def test_the_control_room_has_a_button_for_the_new_operation() -> None:
    """With its words; a click starts it."""
    lab = FakeLab()
    with closing(ControlRoom(lab)) as room:  # type: ignore[arg-type]
        button = room.buttons["ship"]

        button.click()
        room.wait(10)

    assert (button.description, button.tooltip) == ("Ship it", "One label")
    assert [name for name, *_ in lab.operations] == ["ship"]


def test_the_command_line_offers_both(capsys: pytest.CaptureFixture[str]) -> None:
    """`sample` the kind, `load` and `demo` the operation."""
    assert "shipping-label" in help_of("sample", capsys)
    assert "ship" in help_of("load", capsys)
    assert "ship" in help_of("demo", capsys)
