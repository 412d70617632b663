"""Whatever JSON a client sends, the API answers it, and a job exists exactly when the answer was 202."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shorthand import client_of

from pdflab.documents.kinds import KINDS, sample_request
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.settings import Settings

TEXTS = st.text(st.characters(), max_size=20)  # surrogates and control characters included
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


@pytest.fixture(scope="module")
def queue() -> JobQueue:
    """One queue for all examples: each looks at what it added."""
    return JobQueue(embedded_broker().client(), Settings())


@pytest.fixture(scope="module")
def api(queue: JobQueue, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client of an API over that queue."""
    return client_of(queue, Settings(folder=tmp_path_factory.mktemp("api"), open=True))


def paths_into(data: Any) -> list[tuple[Any, ...]]:
    """Every place in a piece of JSON, from the whole to the leaves."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [(), *((key, *path) for key, value in items for path in paths_into(value))]


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:
    """A real request with one place replaced by anything at all."""
    request = sample_request(draw(st.sampled_from([*KINDS])), draw(st.integers(0, 9)))
    path = draw(st.sampled_from(paths_into(request)[1:]))
    place = request
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = draw(ANY_JSON)
    if draw(st.booleans()) and isinstance(place, dict):
        place[draw(TEXTS)] = draw(ANY_JSON)
    return request


@given(body=ANY_JSON | nearly_right())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_is_answered_and_a_job_exists_only_for_a_202(
    api: FlaskClient, queue: JobQueue, body: Any
) -> None:
    """202, 400 or 422, never a 500; and only a yes leaves a trace."""
    before = queue.stats().events

    answer = api.post("/generate-pdf", data=json.dumps(body))

    assert answer.status_code in (202, 400, 422)
    assert queue.stats().events - before == (answer.status_code == 202)
    if answer.status_code == 202:
        assert queue.get(answer.json["job_id"]) is not None
    else:
        assert answer.content_type == "application/problem+json"
        assert answer.json["detail"]


@given(body=st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_answered(api: FlaskClient, body: bytes) -> None:
    """A body need not even be text."""
    for path in ("/generate-pdf", "/generate-pdf/batch", "/operations/burst"):
        assert api.post(path, data=body).status_code in (202, 400, 422)


@given(batch=st.lists(ANY_JSON | nearly_right(), max_size=3))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_batch_is_accepted_whole_or_not_at_all(
    api: FlaskClient, queue: JobQueue, batch: list[Any]
) -> None:
    """As many jobs as documents, or none."""
    before = queue.stats().events

    answer = api.post("/generate-pdf/batch", data=json.dumps({"requests": batch}))

    assert answer.status_code in (202, 400, 422)
    assert queue.stats().events - before == (len(batch) if answer.status_code == 202 else 0)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_name_of_a_job_is_answered(api: FlaskClient, text: str) -> None:
    """A job id is data, whatever is in it."""
    for method in ("GET", "DELETE"):
        assert api.open(f"/jobs/x{text}".replace("?", "").replace("#", ""), method=method).status_code < 500
