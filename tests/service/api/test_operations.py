"""Operations: the API lists and starts what it is handed, and a new one needs an entry in one table."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient
from shorthand import client_of, opened

from pdflab.load.generator import Target
from pdflab.load.launcher import OperationStarter
from pdflab.load.plan import Plan, burst
from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.load.send_log import SendLog, new_load_id
from pdflab.service.api.app import create_app
from pdflab.service.api.context import Operations
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.settings import Settings

RUSH = Operation("rush", "Rush of {n}", "{n} in a <hurry>", ("n",), lambda n=50, *, seed: burst(n, seed=seed))


@dataclass
class Ended:
    """A load that ends when it starts."""

    id: str = field(default_factory=new_load_id)

    def start(self) -> None: ...

    def poll(self) -> int:
        return 0

    def terminate(self) -> None: ...


@dataclass
class Launcher:
    """Sends nothing; notes each plan."""

    plans: list[Plan] = field(default_factory=list)

    def __call__(self, plan: Plan, _target: Target) -> Ended:
        self.plans.append(plan)
        return Ended()


@pytest.fixture
def queue(settings: Settings) -> JobQueue:
    """An empty queue; nothing here depends on its Redis."""
    return JobQueue(embedded_broker().client(), settings)


@pytest.fixture
def launcher() -> Launcher:
    """What would send the load."""
    return Launcher()


@pytest.fixture
def api(queue: JobQueue, settings: Settings, launcher: Launcher) -> FlaskClient:
    """A client of an API with the real operations."""
    operations: Operations = OperationStarter(launcher, "http://127.0.0.1:1", settings)
    return create_app(queue, queue, opened(settings), settings, operations=operations).test_client()


def test_an_operation_is_started_by_its_name(queue: JobQueue, settings: Settings) -> None:
    """With its parameters, or without any; the API itself sends nothing."""
    api = client_of(queue, settings)

    plain, full = api.post("/operations/burst"), api.post("/operations/burst", json={"n": 5})

    assert (plain.status_code, plain.json["parameters"]) == (202, {})
    assert full.json == {"operation": "burst", "parameters": {"n": 5}}
    assert queue.stats().events == 0


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_has_a_button_and_can_be_started(
    api: FlaskClient, launcher: Launcher, name: str
) -> None:
    """The page is built from the same table as the answers."""
    answer = api.post(f"/operations/{name}")

    assert f'data-operation="{name}"' in api.get("/").text
    assert (answer.status_code, answer.json["operation"]) == (202, name)
    assert [plan.count for plan in launcher.plans] == [answer.json["documents"]]


def test_a_new_operation_needs_one_entry_in_the_table(
    api: FlaskClient, launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its button is on the page, with its words escaped, and it starts; without the entry, it is unknown."""
    assert api.post("/operations/rush").status_code == 422
    monkeypatch.setitem(OPERATIONS, "rush", RUSH)

    answer = api.post("/operations/rush", json={"n": 7})

    assert (answer.status_code, answer.json["documents"]) == (202, 7)
    assert [plan.count for plan in launcher.plans] == [7]
    page = api.get("/").text
    assert 'data-operation="rush" data-parameters="n"' in page
    assert 'data-words="{n} in a &lt;hurry&gt;"' in page


@pytest.mark.parametrize("parameters", [{"n": "many"}, {"n": 0}, {"seconds": 3}])
def test_a_wrong_parameter_is_named(
    api: FlaskClient, launcher: Launcher, parameters: Mapping[str, object]
) -> None:
    """422 with its name, and nothing is started."""
    answer = api.post("/operations/burst", json=parameters)

    assert (answer.status_code, [error["field"] for error in answer.json["errors"]]) == (422, [*parameters])
    assert launcher.plans == []


def test_a_ninth_operation_at_once_is_refused_for_a_while(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not wrong, only too early: 429 with Retry-After, and it starts when another has ended."""
    monkeypatch.setattr(Ended, "poll", lambda load: None)
    for _ in range(8):
        assert api.post("/operations/custom").status_code == 202

    refused = api.post("/operations/custom")
    monkeypatch.undo()

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert refused.json["detail"] == "8 operations are running already; wait for one to end."
    assert api.post("/operations/custom").status_code == 202


def test_running_operations_are_listed_and_can_be_ended(
    api: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by its own id, once its generator has begun; that of another process is listed, and not ended."""
    ended: list[Ended] = []
    monkeypatch.setattr(Ended, "poll", lambda load: None)
    monkeypatch.setattr(Ended, "terminate", lambda load: ended.append(load))
    ours = api.post("/operations/burst", json={"n": 5}).json["id"]
    logs = [SendLog(settings, ours), SendLog(settings, "another")]
    for log in logs:
        log.begin(burst(5), Target("http://127.0.0.1:1"), time.time())

    listed = {one["id"]: one for one in api.get("/operations").json["operations"]}
    answers = [api.delete(f"/operations/{load}") for load in (ours, ours, "another")]
    for log in logs:
        log.close()

    assert {load: one["is_ours"] for load, one in listed.items()} == {ours: True, "another": False}
    assert (listed[ours]["documents"], listed[ours]["seconds"] < 60) == (5, True)
    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert (len(ended), "started here" in answers[2].json["detail"]) == (1, True)
    assert api.get("/operations").json == {"operations": []}
