"""The generator against a real little server on loopback: what is sent, when, and what is reported."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import pytest
from aiohttp import web

from pdflab.analysis.run import Send
from pdflab.errors import UsageError
from pdflab.load.generator import Target, send_plan
from pdflab.load.launcher import send_until
from pdflab.load.plan import batch, burst
from pdflab.load.retries import NO_RETRIES
from pdflab.load.send_log import SendLog
from pdflab.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.Response]]
Requests = list[tuple[float, str, dict]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application(client_max_size=4_000_000)  # as large as the service takes
    app.router.add_post("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def run(
    handler: Handler,
    requests,
    *,
    endpoint: str = "queued",
    timeout: float = 10.0,
    clients=None,
    retries=NO_RETRIES,
    stop_at_first: bool = False,
    **more,
) -> list[Send]:
    """Send the requests to a server with this handler; return what was reported, in that order.

    If it stops at the first report, it cancels what is left.
    """
    reported: list[Send] = []
    stop = threading.Event()

    def report(send: Send) -> None:
        reported.append(send)
        if stop_at_first:
            stop.set()

    async def scene() -> None:
        async with serving(handler) as url:
            target = Target(url, endpoint, timeout=timeout, clients=clients, retries=retries)
            await send_until(stop, send_plan(requests, target, on_send=report, **more))

    asyncio.run(scene())
    return reported


def numbered(n: int, at: float = 0.0) -> Requests:
    return [(at, "custom", {"type": "custom", "number": number}) for number in range(n)]


async def accept(request: web.Request) -> web.Response:
    return web.json_response({"job_id": f"job-{(await request.json())['number']}"}, status=202)


def test_every_request_goes_out_once_and_is_reported_once() -> None:
    """Fifty at once: fifty bodies at the queued endpoint, fifty sends with the job each was given."""
    bodies: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        assert (request.path, request.content_type) == ("/generate-pdf", "application/json")
        bodies.append((await request.json())["number"])
        return await accept(request)

    reported = run(handler, numbered(50))

    assert sorted(bodies) == list(range(50))
    assert {send.job_id for send in reported} == {f"job-{number}" for number in range(50)}
    assert Counter((send.status, send.error) for send in reported) == {(202, None): 50}


def test_the_loop_is_open() -> None:
    """No send waits for an answer: a server that answers nobody until all have come still gets them all."""
    everyone = asyncio.Barrier(30)

    async def handler(request: web.Request) -> web.Response:
        await everyone.wait()  # a generator that waited for one answer would hang here until its timeout
        return await accept(request)

    reported = run(handler, numbered(30))

    assert [send.error for send in reported] == [None] * 30


def test_latency_counts_from_the_intended_instant() -> None:
    """A request that could not leave in time keeps the instant at which it was meant to."""

    def slow_to_make() -> Requests:
        yield 0.0, "custom", {"number": 0}
        threading.Event().wait(0.2)  # the generator itself is late
        yield 0.05, "custom", {"number": 1}

    first, late = sorted(run(accept, slow_to_make()), key=lambda send: send.intended_at)

    assert late.intended_at - first.intended_at == pytest.approx(0.05)
    assert late.sent_at - late.intended_at > 0.1
    assert late.answered_at > late.sent_at


def test_requests_are_made_a_thousand_ahead_at_most() -> None:
    """While there is time a few are made ahead; yet a plan may be longer than memory, or without end."""
    made: list[int] = []

    def endless() -> Requests:
        while True:
            made.append(len(made))
            yield 3600.0 * (len(made) - 1), "custom", {"number": made[-1]}

    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(0.2)  # time enough to make many
        return await accept(request)

    assert [send.job_id for send in run(handler, endless(), stop_at_first=True)] == ["job-0"]
    assert 2 <= len(made) <= 1_002


def test_a_generator_that_is_late_still_lets_go_of_what_it_sent() -> None:
    """With everything overdue the first requests leave while the rest are being made, not after."""
    made: list[int] = []

    reported = run(accept, (made.append(0) or request for request in numbered(20_000)), stop_at_first=True)

    assert 0 < len(reported) < len(made) < 20_000


def test_a_closed_loop_has_so_many_under_way() -> None:
    """Two clients: never more than two requests at the server, and each waits for the one before."""
    under_way, most = 0, 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return await accept(request)

    reported = run(handler, numbered(12), clients=2)

    assert (most, len(reported)) == (2, 12)
    assert max(send.sent_at - send.intended_at for send in reported) > 0.02


def test_each_post_is_reported_when_it_starts() -> None:
    """`on_start` is called for each POST, before any answer."""
    left: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        assert sum(left) >= 1
        return await accept(request)

    run(handler, numbered(5), on_start=left.append)

    assert left == [1] * 5


def test_a_document_of_a_plan_keeps_its_seed() -> None:
    """So that the run can be sent again."""
    plan = burst(5, seconds=0.1)

    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"job_id": "a"}, status=202)

    reported = sorted(run(handler, plan), key=lambda send: send.intended_at)

    assert [send.seed for send in reported] == [a.seed for a in plan.arrivals()]


def test_the_synchronous_endpoint_answers_with_the_pdf() -> None:
    """200 counts as accepted; the job id is in the header."""

    async def handler(request: web.Request) -> web.Response:
        assert request.path == "/generate-pdf/sync"
        return web.Response(body=b"%PDF", content_type="application/pdf", headers={"X-Job-Id": "s1"})

    (send,) = run(handler, numbered(1), endpoint="synchronous")

    assert (send.status, send.job_id, send.accepted, send.error) == (200, "s1", True, None)


PROBLEM = {"title": "Bad request", "status": 400, "detail": "items: at least one is needed"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, PROBLEM, "refused"),
        (503, "", "refused"),
        (400, PROBLEM, "items: at least one is needed"),
        (413, {"title": "Too large"}, "Too large"),
        (500, "<html>", "HTTP 500"),
        (500, "[1]", "HTTP 500"),
        (202, {}, "an answer without job ids"),
        (202, "not json", "an answer without job ids"),
    ],
)
def test_an_answer_that_is_no_yes_says_why(status: int, body, error: str) -> None:
    """Refusals are counted by kind, mistakes in the service's own words, with the instant of the answer."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))

    (send,) = run(handler, numbered(1))

    assert (send.status, send.error, send.job_id) == (status, error, None)
    assert send.answered_at is not None


def test_silence_is_a_timeout() -> None:
    """A request without an answer is reported as that, without an instant of one."""

    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

    (send,) = run(handler, numbered(1), timeout=0.1)

    assert (send.status, send.error, send.answered_at) == (0, "timeout", None)


def test_a_cut_connection_is_reported_and_not_tried_again() -> None:
    """The server hangs up without a word: one request, one report."""
    calls: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        calls.append(request.path)
        request.transport.close()
        return web.Response()

    (send,) = run(handler, numbered(1))

    assert (send.status, send.error, len(calls)) == (0, "connection", 1)


def test_a_closed_port_is_a_connection_error() -> None:
    """Every document is reported all the same."""
    reported: list[Send] = []

    asyncio.run(send_plan(numbered(3), Target("http://127.0.0.1:1"), on_send=reported.append))

    assert [send.error for send in reported] == ["connection"] * 3


@pytest.mark.parametrize(("endpoint", "posts"), [("queued", 2), ("synchronous", 1_200)])
def test_a_large_batch_is_split_where_there_is_a_batch_endpoint(endpoint: str, posts: int) -> None:
    """1,200 documents are two batches of at most 1,000 at the queued endpoint, single posts at the other."""
    sizes: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        wanted = (await request.json()).get("requests", [None])
        sizes.append(len(wanted))
        names = [f"{len(sizes)}-{number}" for number in range(len(wanted))]
        ok = request.path == "/generate-pdf/batch"
        return web.json_response({"job_ids": names} if ok else {}, status=202 if ok else 200)

    reported = run(handler, batch(1_200), endpoint=endpoint)

    assert (len(sizes), max(sizes)) == (posts, 1_000 if endpoint == "queued" else 1)
    assert Counter(send.accepted for send in reported) == {True: 1_200}
    assert len({send.job_id for send in reported}) == (1_200 if endpoint == "queued" else 1)


def test_a_batch_stays_below_the_service_limit(monkeypatch) -> None:
    """Large documents go in smaller batches: none is too large, none is lost."""
    monkeypatch.setattr("pdflab.load.batching._MAX_BATCH_BYTES", 20_000)
    sizes: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        sizes.append(len(await request.read()))
        return web.Response(status=429)

    assert len(run(handler, batch(100))) == 100
    assert len(sizes) > 1
    assert max(sizes) < 21_000


def test_documents_of_an_unknown_kind_are_refused_before_anything_is_sent() -> None:
    """A plan may name any kind; what makes requests says which there are."""
    with pytest.raises(UsageError, match=r"no postcard documents: take custom, .*\.$"):
        asyncio.run(send_plan(burst(5, mix={"postcard": 1}), Target("http://127.0.0.1:1"), on_send=print))


def test_a_refused_batch_refuses_each_of_its_documents() -> None:
    """All or none: each document of a refused batch is reported as refused."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=429)

    assert Counter(send.error for send in run(handler, batch(7))) == {"refused": 7}


def test_cancelling_reports_what_still_waits() -> None:
    """Ctrl-C loses no account: the answered are answered, the others are "cancelled"."""
    reported: list[Send] = []

    async def handler(request: web.Request) -> web.Response:
        if (await request.json())["number"]:
            await asyncio.sleep(60)
        return await accept(request)

    async def scene() -> None:
        answered = asyncio.Event()
        async with serving(handler) as url:
            load = asyncio.create_task(
                send_plan(
                    numbered(4), Target(url), on_send=lambda send: (reported.append(send), answered.set())
                )
            )
            await answered.wait()
            load.cancel()
            with pytest.raises(asyncio.CancelledError):
                await load

    asyncio.run(scene())
    assert Counter(send.error for send in reported) == {None: 1, "cancelled": 3}


def test_the_log_has_every_send_and_every_202(tmp_path) -> None:
    """Every send is a line at once; accepted.jsonl has the 202s alone, with their job and instant."""
    accepted = Send("queued", "invoice", 1.0, 1.0, 1.5, 202, "a1")
    rest = [
        Send("synchronous", "invoice", 1.0, 1.0, 2.0, 200, "s1"),
        Send("queued", "invoice", 1.0, 1.0, error="timeout"),
    ]

    with closing(SendLog(Settings(folder=tmp_path))) as log:
        for send in (accepted, *rest):
            log(send)
        lines = (tmp_path / "sends.jsonl").read_text().splitlines()  # before the log is closed

    assert [Send.from_json(line) for line in lines] == [accepted, *rest]
    assert json.loads((tmp_path / "accepted.jsonl").read_text()) == {"job_id": "a1", "at": 1.5}


@pytest.mark.parametrize(
    "words",
    [
        {"url": "localhost:8000"},
        {"url": "http://localhost:8000", "endpoint": "back"},
        {"url": "http://localhost:8000", "timeout": 0.0},
        {"url": "http://localhost:8000", "clients": 0},
    ],
)
def test_a_target_that_cannot_be_is_refused(words: dict) -> None:
    """A wrong address, endpoint or number is a usage error before anything is sent."""
    with pytest.raises(UsageError):
        Target(**words)
