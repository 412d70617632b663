"""The table of operations: each has its words and its plan, and a new row is all that a new one needs."""

from pathlib import Path
from threading import Event

import pytest
from foreign import foreign_server

from pdflab.__main__ import main
from pdflab.errors import InvalidRequest
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.launcher import LoadThread, OperationStarter
from pdflab.load.plan import Phase, Plan
from pdflab.load.scenarios import OPERATIONS, Operation, plan_for, scenarios
from pdflab.settings import Settings


def toy_plan(n: int = 3, *, seed: int) -> Plan:
    return Plan("a toy", (Phase(0.0, count=n),), {"custom": 1.0}, seed)


TOY = Operation("toy", "Toy of {n}", "{n} small documents", ("n",), toy_plan)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more row in the table."""
    monkeypatch.setitem(OPERATIONS, "toy", TOY)


@pytest.mark.parametrize("name", scenarios())
def test_every_scenario_has_its_words_and_a_plan_without_parameters(name: str) -> None:
    """The words can be filled in, the name is the row's, and its defaults make a plan."""
    scenario = scenarios()[name]

    assert scenario.name == name
    assert all("{" not in text.format(n=1, seconds=2, rate=3) for text in (scenario.title, scenario.hint))
    assert plan_for(name).count >= 1


@pytest.mark.parametrize(
    ("name", "parameters", "problems"),
    [
        ("brust", {}, {"name": "no operation 'brust'"}),
        ("batch", {"n": 0}, {"n": "from 1 to 10,000"}),
        ("batch", {"n": "many", "seed": -1}, {"n": "whole", "seed": "0 or more"}),
        ("burst", {"n": 2.0}, {"n": "whole"}),
        ("burst", {"n": True}, {"n": "whole"}),
        ("month-end", {"seconds": 601}, {"seconds": "from 1 to 600"}),
        ("month-end", {"seconds": float("nan")}, {"seconds": "from 1 to 600"}),
        ("steady", {"rate": 0}, {"rate": "above 0"}),
        ("custom", {"lines": 1, "n": 1}, {"lines": "take seed", "n": "take seed"}),
    ],
)
def test_a_parameter_that_cannot_be_is_named(name: str, parameters: dict, problems: dict[str, str]) -> None:
    """Each wrong parameter has a sentence of its own, and nothing is planned."""
    with pytest.raises(InvalidRequest) as refused:
        plan_for(name, **parameters)

    found = dict(refused.value.problems)
    assert found.keys() == problems.keys()
    assert all(words in found[key] for key, words in problems.items())


@pytest.mark.usefixtures("toy")
def test_the_starter_lists_and_starts_a_new_operation(tmp_path: Path) -> None:
    """The API's page is built from the listing; a scenario of the command line is no operation."""
    launched: list[Plan] = []

    def load(plan: Plan, target: Target) -> LoadThread:
        launched.append(plan)
        return LoadThread([], target, Settings(folder=tmp_path))  # which sends nothing

    starter = OperationStarter(load, "http://127.0.0.1:1", Settings(folder=tmp_path))

    started = dict(starter.start("toy", {"n": 5, "seed": 7}))

    assert started.pop("id")
    assert started == {"operation": "toy", "plan": "a toy", "documents": 5, "seed": 7}
    assert launched == [toy_plan(5, seed=7)]
    assert starter.listing()[-1] == OPERATIONS["toy"]
    with pytest.raises(InvalidRequest, match="steady"):
        starter.start("steady", {})


@pytest.mark.usefixtures("toy")
def test_the_lab_starts_a_new_operation() -> None:
    """Its documents are made like any others."""
    with Lab(mode="threads", workers=1) as lab:
        lab.operate("toy", n=2)
        lab.wait()

        assert lab.stats().completed == 2


@pytest.mark.usefixtures("toy")
def test_the_command_line_sends_a_new_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name and its parameters are taken from the table."""
    monkeypatch.setattr("pdflab.cli.load.stop_event", lambda *, guarded: Event())

    with foreign_server() as there:
        code = main(["load", "toy", "--n", "4", "--url", there.url, "--folder", str(tmp_path)])

    assert code == 0
    assert "a toy: 4 accepted" in capsys.readouterr().out
