"""Words that the tests of the service share."""

from collections.abc import Mapping
from typing import Any

import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pdflab.jobs import Job, JobEvent, JobState
from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.service.api.app import create_app
from pdflab.service.jobqueue.base import Claim, Submission
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.base import Storage
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings

WORKER = "worker-1"
LEASE_OVER = 11.0  # seconds; a lease is 10
SWEEP_DUE = 2.0  # seconds; a sweep happens every sixth of a lease


def answers(url: str) -> bool:
    """Tell whether a Redis is there."""
    try:
        return bool(Broker("", url).client(patient=False).ping())
    except redis.RedisError:
        return False


def submission(job_id: str, *, key: str = "") -> Submission:
    return Submission(job_id, "custom", '{"type":"custom","title":"t","text":"x"}', "t", idempotency_key=key)


def submit(queue: JobQueue, *job_ids: str) -> list[str]:
    return queue.enqueue([submission(job_id) for job_id in job_ids])


def take_and_claim(queue: JobQueue, token: str = "token", worker: str = WORKER) -> Claim:
    """Take the next job in the queue and claim it, as a worker does."""
    job_id = queue.take(0.01)
    assert job_id is not None
    claim = queue.claim(job_id, worker, token)
    assert claim is not None
    return claim


def line(queue: JobQueue) -> list[str]:
    """Take whatever the list still holds, in its order."""
    taken = []
    while job_id := queue.take(0.01):
        taken.append(job_id)
    return taken


def job(queue: JobQueue, job_id: str) -> Job:
    found = queue.get(job_id)
    assert found is not None
    return found


def state(queue: JobQueue, job_id: str) -> JobState:
    return job(queue, job_id).state


def events(queue: JobQueue, job_id: str | None = None) -> list[JobEvent]:
    reported, _ = queue.events(limit=10_000)
    return [event for event in reported if job_id in (None, event.job_id)]


def states(queue: JobQueue, job_id: str) -> str:
    """Every state that a job's events tell, by its first letter: QPC is a life without trouble."""
    return "".join(event.state[0] for event in events(queue, job_id))


def note_commands(client: "redis.Redis") -> list[str]:
    """Note the name of each command that the client sends from now on: one is one round trip.

    So is a pipeline, whatever is in it.
    """
    noted: list[str] = []
    execute, pipeline = client.execute_command, client.pipeline

    def noting(*arguments: Any, **options: Any) -> Any:
        noted.append(arguments[0])
        return execute(*arguments, **options)

    def piping(*arguments: Any, **options: Any) -> Any:
        noted.append("PIPELINE")
        return pipeline(*arguments, **options)

    client.execute_command, client.pipeline = noting, piping  # type: ignore[method-assign]
    return noted


def send_steps_twice(client: "redis.Redis") -> None:
    """Lose the first answer of each step: redis-py then sends it again."""
    execute = client.execute_command

    def twice(*arguments: Any, **options: Any) -> Any:
        answer = execute(*arguments, **options)
        return execute(*arguments, **options) if arguments[0] == "EVALSHA" else answer

    client.execute_command = twice  # type: ignore[method-assign]


def queue_away(settings: Settings) -> JobQueue:
    """A queue whose Redis has gone, seen by an impatient client."""
    gone = Broker("gone", f"unix://{settings.folder}/nobody.sock")
    return JobQueue(gone.client(patient=False), settings)


def opened(settings: Settings) -> FolderStorage:
    """An empty pdf_storage/."""
    storage = FolderStorage(settings.storage_folder)
    storage.prepare()
    return storage


class EchoOperations:
    """Lists the operations and starts none: it answers with the parameters."""

    def listing(self) -> list[Operation]:
        return list(OPERATIONS.values())

    def start(self, name: str, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        return {"operation": name, "parameters": parameters}

    def running(self) -> list[Mapping[str, object]]:
        return []

    def clients(self) -> Mapping[str, Mapping[str, float]]:
        return {}

    def end(self, operation_id: str) -> bool:
        return False


def client_of(queue: JobQueue, settings: Settings, storage: Storage | None = None) -> FlaskClient:
    """Return a client of an API over this queue."""
    storage = storage or opened(settings)
    return create_app(queue, queue, storage, settings, operations=EchoOperations()).test_client()


NOTE = {"type": "custom", "title": "A note", "text": "Some words."}


def ask(api: FlaskClient, body: Any = None, **headers: str) -> TestResponse:
    """Ask for a document: a note, unless it is another."""
    return api.post("/generate-pdf", json=NOTE if body is None else body, headers=headers)
