"""The history by HTTP: the same for all processes of the API, without a hole while nobody looked."""

from flask.testing import FlaskClient
from shorthand import WORKER, client_of, note_commands, submit, take_and_claim

from pdflab.service.api.history import SharedHistory
from pdflab.service.jobqueue.dashboard_view import Quantiles, sample_of
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


def sample(queue: JobQueue, wait: Quantiles = Quantiles()) -> None:  # noqa: B008
    queue.add_sample(sample_of(queue.stats(), wait=wait, completion=Quantiles()))


def columns(api: FlaskClient, after: str = "") -> dict[str, list[float]]:
    answer = api.get(f"/history{after}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return dict(answer.json)


def test_the_history_is_sent_as_columns(queue: JobQueue, settings: Settings) -> None:
    """One value a sample in each; what has ended is counted since the start."""
    sample(queue)
    submit(queue, "a", "b")
    queue.complete(take_and_claim(queue), WORKER)
    sample(queue, Quantiles(1.0, 2.0, 3.0))

    found = columns(client_of(queue, settings))

    assert {len(values) for name, values in found.items() if name != "now"} == {2}
    assert (found["queued"], found["completed"], found["wait_p95"]) == ([0, 1], [0, 1], [None, 2.0])
    assert 0 <= float(found["now"]) - found["at"][-1] < 60  # type: ignore[arg-type]


def test_only_new_samples_are_sent_to_who_has_the_others(queue: JobQueue, settings: Settings) -> None:
    """After the last instant of the answer before."""
    sample(queue)
    [at] = columns(client_of(queue, settings))["at"]
    queue.clock_offset += 1
    sample(queue)
    after = SharedHistory(queue).read()[-1]["at"]

    assert columns(client_of(queue, settings), f"?after={at}")["at"] == [round(float(after or 0), 3)]


def test_all_viewers_see_the_same_history(queue: JobQueue, settings: Settings) -> None:
    """Whichever process answers, and whenever it was started."""
    for _ in range(5):
        sample(queue)

    first, second = (columns(client_of(queue, settings)) for _ in range(2))

    assert first | {"now": 0} == second | {"now": 0}


def test_each_sample_is_read_once(broker: Broker, settings: Settings) -> None:
    """Fifteen minutes are not read again twice a second."""
    client = broker.client()
    queue = JobQueue(client, settings)
    shared = SharedHistory(queue)
    sample(queue), sample(queue)
    shared.read()
    sample(queue)
    answers = []
    execute = client.execute_command
    client.execute_command = lambda *words, **more: answers.append(execute(*words, **more)) or answers[-1]  # type: ignore[method-assign]

    assert len(shared.read()) == 3
    assert [len(answer) for answer in answers] == [1]


def test_history_is_two_commands_for_all_viewers(broker: Broker, settings: Settings) -> None:
    """The new samples, and the time."""
    client = broker.client()
    api = client_of(JobQueue(client, settings), settings)
    columns(api)
    commands = note_commands(client)

    for _ in range(10):
        columns(api)

    assert len(commands) <= 4
