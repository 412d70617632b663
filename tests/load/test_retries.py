"""Clients that retry: what each of them sends, when, and what is reported of them."""

import asyncio
import json
from collections import Counter
from math import inf
from pathlib import Path

import pytest
from aiohttp import web
from test_generator import accept, numbered, run

from pdflab.analysis.metrics import send_columns, summary
from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.errors import UsageError
from pdflab.experiments.runner import run_plan
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.plan import burst
from pdflab.load.retries import Attempt, Retries, Retrying
from pdflab.settings import Settings

QUICK = Retries(tries=3, backoff=0.01, jitter=0.0)


def attempts(reported: list[Send]) -> list[tuple[int, int, bool]]:
    return [(send.attempt, send.status, send.retried) for send in reported]


def test_a_refused_client_sends_again_until_it_is_accepted() -> None:
    """Each request is reported by its number, counted from the first intended instant, under one key."""
    keys: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        return web.Response(status=429) if len(keys) < 3 else await accept(request)

    reported = run(handler, numbered(1), retries=QUICK)

    assert attempts(reported) == [(1, 429, True), (2, 429, True), (3, 202, False)]
    assert len(set(keys)) == 1
    first, second, third = reported
    assert first.intended_at == second.intended_at == third.intended_at
    assert second.sent_at - first.answered_at >= 0.01
    assert third.sent_at - second.answered_at >= 0.02, "the pause doubles"


def test_the_tries_are_all_and_an_error_is_not_tried_again() -> None:
    """The third refusal is the last; a request that is wrong stays wrong."""
    answers = {0: 503, 1: 400}

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=answers[json.loads(await request.read())["number"]])

    reported = run(handler, numbered(2), retries=QUICK)

    assert Counter(attempts(reported)) == Counter(
        [(1, 503, True), (2, 503, True), (3, 503, False), (1, 400, False)]
    )


def test_a_client_that_timed_out_tries_again_and_the_server_goes_on() -> None:
    """It closes its connection; whether the server notices is the server's business."""
    began: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        began.append(1)
        await asyncio.sleep(0.6 if len(began) == 1 else 0)
        return await accept(request)

    reported = run(handler, numbered(1), timeout=0.3, retries=QUICK)

    assert [(send.attempt, send.error, send.retried) for send in reported] == [
        (1, "timeout", True),
        (2, None, False),
    ]


def test_the_budget_is_a_share_of_all_first_requests() -> None:
    """Twenty clients are refused for ever: at a tenth, two of them retry once."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=503)

    budget = Retries(tries=5, backoff=0.1, jitter=0.0, budget=0.1)
    reported = run(handler, numbered(20), retries=budget)

    assert Counter(send.attempt for send in reported)[1] == 20
    assert len(reported) == 22


def test_a_client_that_pauses_when_the_load_is_stopped_is_reported_as_cancelled() -> None:
    """Otherwise it would still be expected: its last report said that another attempt follows."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=503)

    reported = run(handler, numbered(1), stop_at_first=True, retries=Retries(tries=2, backoff=60.0))

    assert [(send.attempt, send.error, send.retried) for send in reported] == [
        (1, "refused", True),
        (2, "cancelled", False),
    ]


def test_a_pause_doubles_and_its_jitter_is_a_share_of_it() -> None:
    """pause × uniform(1 − jitter, 1 + jitter), as in the simulation."""
    retrying = Retrying(Retries(tries=9, backoff=2.0, jitter=0.25))
    pauses = [retrying.after(Attempt(3), 429, None).pause for _ in range(500)]

    assert 6.0 <= min(pauses) < 6.4
    assert 9.6 < max(pauses) <= 10.0


def test_the_longest_wait_has_all_tries_and_pauses() -> None:
    """After it, nothing more is expected of a load that was killed."""
    assert Retries().longest(2.0) == 2.0
    assert Retries(tries=3, backoff=1.0, jitter=0.5).longest(2.0) == 3 * 2.0 + 1.5 * (1.0 + 2.0)


@pytest.mark.parametrize(
    "wrong", [{"tries": 0}, {"backoff": -1.0}, {"backoff": inf}, {"jitter": 1.5}, {"budget": -0.1}]
)
def test_retries_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    """In one sentence."""
    with pytest.raises(UsageError):
        Retries(**wrong)


def test_only_clients_of_an_open_loop_retry() -> None:
    """A closed loop has as many requests as it has clients."""
    with pytest.raises(UsageError, match="Only clients of an open loop retry"):
        Target("http://a", clients=2, retries=QUICK)


def test_figures_count_the_client_and_not_its_requests() -> None:
    """One is served by its second request, five seconds after it first meant to send; one never."""
    sends = Sends.of(
        [
            Send("queued", "custom", 100.0, 100.5, 101.0, 429, error="refused", retried=True),
            Send("queued", "custom", 100.0, 104.0, 105.0, 202, "a", attempt=2),
            Send("queued", "custom", 101.0, 101.0, 102.0, 429, error="refused", retried=True),
            Send("queued", "custom", 101.0, 103.0, 104.0, 429, error="refused", attempt=2),
        ]
    )

    found = summary(Run("r", "queued", sends=sends, events=Events.of(())))
    columns = send_columns(sends.clients, Events.of(()))

    assert (found.sent, found.accepted, found.accept_p50_s) == (2, 1, 5.0)
    assert columns.acknowledgement.tolist()[0] == 5.0
    assert send_columns(sends, Events.of(())).send_lag.tolist()[::2] == [0.5, 0.0]
    assert [send.attempt for send in sends.clients] == [2, 2]


def test_clients_of_a_real_load_retry_in_its_own_process(tmp_path: Path) -> None:
    """At an endpoint with one place: every client is reported to its end, and the run says how it retried."""
    settings = Settings(port=0, sync_port=0, sync_backlog=1)
    retries = Retries(tries=3, backoff=0.2, budget=5.0)
    with Lab(workers=1, folder=tmp_path, settings=settings) as lab:
        run = run_plan(lab, burst(20, seconds=0.1), lab.target(Endpoint.SYNCHRONOUS, retries=retries))
        [begun, _] = lab.loads()

    sent = Counter(send.attempt for send in run.sends)
    followed = Counter(send.attempt + 1 for send in run.sends if send.retried)
    assert (sent[1], len(run.sends.clients)) == (20, 20)
    assert sent[2] == followed[2] > 0
    assert sent[3] == followed[3]
    assert {send.status for send in run.sends} == {200, 503}
    assert [run.settings[name] for name in ("tries", "backoff", "jitter", "budget")] == [3, 0.2, 0.5, 5.0]
    assert begun.timeout == retries.longest(30.0)
