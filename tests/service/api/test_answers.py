"""Answers that matter to operators are counted: without Redis, and together by all processes."""

from collections.abc import Mapping
from dataclasses import replace
from threading import Event, Thread

import pytest
from shorthand import NOTE, ask, client_of, note_commands, queue_away, submission, submit

from pdflab.errors import BrokerUnavailable, QueueFull
from pdflab.service.api.answers import AnswerCounter
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


def counts(queue: JobQueue) -> tuple[int, int, int]:
    stats = queue.stats()
    return stats.refused, stats.invalid, stats.unavailable


def test_invalid_requests_are_counted_in_the_statistics(queue: JobQueue, settings: Settings) -> None:
    """No JSON, a wrong field, too large a body; not a question about a job that there is not."""
    api = client_of(queue, settings)

    ask(api, {"type": "letter"}), ask(api, NOTE), ask(api, NOTE | {"text": "x" * 5_000_000})
    api.post("/generate-pdf/batch", data="{"), api.get("/jobs?limit=0"), api.get("/jobs/unknown")

    assert api.get("/stats").json["invalid"] == 3
    assert "pdflab_invalid 3.0" in api.get("/metrics").text
    assert api.get("/snapshot").json["stats"]["invalid"] == 3


def test_refused_documents_are_counted_in_the_step_that_refuses(broker: Broker, settings: Settings) -> None:
    """Each document of a batch; it is one round trip as before."""
    client = broker.client()
    queue = JobQueue(client, replace(settings, queue_limit=3))
    submit(queue, "a", "b", "c")
    commands = note_commands(client)

    with pytest.raises(QueueFull):
        submit(queue, "d")
    with pytest.raises(QueueFull):
        queue.enqueue([submission("e"), submission("f")])

    assert commands == ["EVALSHA"] * 2
    assert counts(queue) == (3, 0, 0)


def test_processes_add_to_the_same_counts(queue: JobQueue, settings: Settings) -> None:
    """Whichever of them is asked."""
    first, second = client_of(queue, settings), client_of(queue, settings)
    ask(first, []), ask(second, []), ask(second, [])

    for api in (first, second):
        api.get("/stats")

    assert counts(queue) == (0, 3, 0)


def test_what_was_unavailable_is_counted_when_redis_is_back(queue: JobQueue, settings: Settings) -> None:
    """Meanwhile the process keeps its counts."""
    away = AnswerCounter(queue_away(settings).count_answers)
    away.count(503), away.count(503)
    with pytest.raises(BrokerUnavailable):
        away.flush()
    away._report = queue.count_answers
    away.count(400)

    away.flush(), away.flush()

    assert counts(queue) == (0, 1, 2)


def test_an_accepted_document_costs_nothing_more(broker: Broker, settings: Settings) -> None:
    """Answers are counted in the process; what is good is not counted at all."""
    client = broker.client()
    api = client_of(JobQueue(client, settings), settings)
    ask(api)
    commands = note_commands(client)

    ask(api), ask(api, []), ask(api, {})

    assert [command for command in commands if command not in ("SET", "INFO", "PIPELINE")] == ["EVALSHA"]


def test_the_last_counts_are_reported_at_the_end() -> None:
    """No other request may ever come to a process that stops."""
    reported: list[Mapping[str, int]] = []
    answers, stop = AnswerCounter(lambda counts: reported.append(dict(counts))), Event()
    thread = Thread(target=answers.run, args=(stop,))
    thread.start()

    answers.count(400), answers.count(202), answers.count(503)
    stop.set()
    thread.join()

    assert {name: sum(report.get(name, 0) for report in reported) for name in ("invalid", "unavailable")} == {
        "invalid": 1,
        "unavailable": 1,
    }
