"""What one request may cost, refused or accepted; and what is not accepted although the queue has room."""

import json
import random
import time
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from shorthand import client_of, events

from pdflab.documents.kinds import sample_request
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

MAX_MB = 40.0


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """The API over an empty queue."""
    return client_of(queue, settings)


def report(**section: Any) -> dict[str, Any]:
    return {"type": "report", "title": "t", "sections": [{"heading": "h", **section}]}


COSTLY = {  # bodies of nearly 4 MB, as a careless or hostile client sends them
    "one row of a million cells": report(table={"columns": ["a"], "rows": [[""] * 1_300_000]}),
    "one row of numbers": report(table={"columns": ["a"], "rows": [[1] * 1_900_000]}),
    "many wrong cells": report(table={"columns": ["a"], "rows": [[1] * 1_000] * 1_000}),
    "many wrong rows": report(table={"columns": ["a"], "rows": [1] * 1_900_000}),
    "many unknown fields": {"type": "custom", **{f"a{number}": 1 for number in range(300_000)}},
    "many unknown fields, with blanks": '{"type": "custom"'
    + "".join(f',"a{n}" :1' for n in range(240_000))
    + "}",
    "lists in lists": {"type": "custom", "title": [[]] * 900_000},
    "a deep list": "[" * 3_900_000,
    "many lines": {**sample_request("invoice", 1), "lines": [{}] * 900_000},
    "many names that are none": '":' * 1_990_000,
    "many objects": "[" + '{"a":1},' * 400_000 + "{}]",
    "many lists": "[" + "[]," * 900_000 + "[]]",
    "many wrong figures": {"type": "report", "title": "t", "figures": [{"label": 1}] * 240_000},
    "accents": {"type": "custom", "title": "t", "text": "e\u0301" * 550_000},
    "many bullets": {"type": "custom", "title": "t", "text": "x", "bullets": [0] * 1_900_000},
}


def body_of(shape: str) -> str:
    asked = COSTLY[shape]
    return asked if isinstance(asked, str) else json.dumps(asked, separators=(",", ":"))


@pytest.mark.parametrize("shape", COSTLY)
def test_a_refusal_costs_little_memory(api: FlaskClient, shape: str) -> None:
    """Whatever its shape, a body that can be no document is refused before it is taken apart."""
    body = body_of(shape)
    assert len(body) < 4_000_000
    api.post("/generate-pdf", data=b"{}")  # all modules are loaded

    tracemalloc.start()
    answer = api.post("/generate-pdf", data=body)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()

    assert answer.status_code in (400, 422)
    assert len(answer.data) < 10_000
    assert peak - 2 * len(body) / 1e6 < MAX_MB


def seconds_of(api: FlaskClient, body: str | bytes) -> float:
    """Return the processor time of a refusal, the better of two."""

    def once() -> float:
        began = time.process_time()
        answer = api.post("/generate-pdf", data=body)
        spent = time.process_time() - began
        assert answer.status_code in (400, 422)
        return spent

    return min(once(), once())


def test_a_refusal_costs_little_time(api: FlaskClient) -> None:
    """At most as much as to read ten texts of its size: a tenth of a second."""
    reference = seconds_of(api, '"' + "é" * 1_990_000)
    costs = {shape: seconds_of(api, body_of(shape)) for shape in COSTLY}

    assert {shape: cost / reference for shape, cost in costs.items() if cost > 10 * reference} == {}


def test_a_search_finds_no_costlier_refusal(api: FlaskClient) -> None:
    """Bodies of the signs of JSON, repeated in any mixture."""
    rng = random.Random(7)
    reference = seconds_of(api, '"' + "é" * 1_990_000)
    signs = [
        '"',
        ":",
        ",",
        "[",
        "]",
        "{",
        "}",
        "1",
        "a",
        " ",
        "\\",
        "é",
        '"a":',
        '{"a":1},',
        "[1],",
        '"x",',
        "0.",
    ]
    starts = [
        "",
        "[",
        '{"type":"report","sections":[',
        '{"type":"invoice","lines":[',
        '{"a":"',
        "[1" + ",1" * 100_000,
    ]

    for _ in range(20):
        piece = "".join(rng.choice(signs) for _ in range(rng.randint(1, 4)))
        body = (rng.choice(starts) + piece * 1_000_000).encode()[:3_990_000]
        assert seconds_of(api, body) < 10 * reference, body[:80]


def test_the_largest_documents_are_still_taken(api: FlaskClient) -> None:
    """The bounds are above what each kind can hold."""
    rows = [["12,345.67"] * 10] * 1000
    largest = [
        sample_request("invoice", 1, lines=500),
        report(table={"columns": ["a"] * 10, "rows": rows}),
        {"type": "custom", "title": "t", "text": "a, b\n" * 10_000, "bullets": ["a, b"] * 200},
    ]

    assert [api.post("/generate-pdf", json=document).status_code for document in largest] == [202] * 3
    for count, lines in ((1000, 8), (40, 400)):
        batch = {"requests": [sample_request("invoice", seed, lines=lines) for seed in range(count)]}
        assert api.post("/generate-pdf/batch", json=batch).status_code == 202


def test_bytes_are_bounded_as_well_as_jobs(broker: Broker, settings: Settings) -> None:
    """Ten thousand large requests would not fit into Redis; finished ones make room."""
    narrow = replace(settings, queue_bytes=100_000)
    queue = JobQueue(broker.client(), narrow)
    api = client_of(queue, narrow)
    document = {"type": "custom", "title": "t", "text": "x" * 40_000}

    answers = [api.post("/generate-pdf", json=document) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert "Retry-After" in answers[-1].headers
    claim = queue.claim(queue.take(0.01) or "", "worker", "token")
    assert claim
    queue.complete(claim, "worker")
    assert api.post("/generate-pdf", json=document).status_code == 202


def test_nothing_is_accepted_on_a_full_disk(queue: JobQueue, settings: Settings) -> None:
    """Redis answers before its file is written: a job answered 202 could be lost."""
    api = client_of(queue, replace(settings, disk_reserve=10**18))
    document = sample_request("custom", 1)

    one = api.post("/generate-pdf", json=document)
    batch = api.post("/generate-pdf/batch", json={"requests": [document] * 2})

    assert (one.status_code, batch.status_code) == (503, 503)
    assert one.json["detail"] == "The disk is nearly full, and no job is accepted; make room on it."
    assert events(queue) == []


def test_a_batch_is_known_again_only_as_a_whole(api: FlaskClient, queue: JobQueue) -> None:
    """The same key with more or with fewer documents is another batch, and is refused."""
    documents = [sample_request("custom", seed) for seed in range(4)]
    headers = {"Idempotency-Key": "one key"}

    def send(count: int) -> Any:
        return api.post("/generate-pdf/batch", json={"requests": documents[:count]}, headers=headers)

    first, again, more, fewer = send(2), send(2), send(4), send(1)

    assert (first.status_code, again.json) == (202, first.json)
    assert (more.status_code, fewer.status_code) == (409, 409)
    assert len(events(queue)) == 2
