"""The keys in Redis: an operator looks at them, and a Redis that others use holds nothing else of ours."""

import re
from pathlib import Path

import redis
from conftest import eventually
from outside import NOTE, api, ask, await_ending, redis_server, running, submit, up

# Each key by its pattern, and the type of its value.
KEYS = {
    "pdf_jobs_queue": "list",
    "pdf_jobs:<id>": "hash",
    "pdf_jobs_waiting": "zset",
    "pdf_jobs_sequence": "string",
    "pdf_jobs_clock": "hash",
    "pdf_jobs_deployment": "string",
    "pdf_jobs_ping": "string",
    "pdf_jobs_leases": "zset",
    "pdf_jobs_delayed": "zset",
    "pdf_jobs_completed": "zset",
    "pdf_jobs_failed": "zset",
    "pdf_jobs_events": "stream",
    "pdf_jobs_counts": "hash",
    "pdf_jobs_workers": "zset",
    "pdf_jobs_worker:<id>": "string",
    "pdf_jobs_key:<id>": "string",
    "pdf_jobs_suspects": "set",
    "pdf_jobs_swept_at": "string",
    "pdf_jobs_paused": "string",
    "pdf_jobs_history": "stream",
    "pdf_jobs_workers_expected": "string",
}
LONG = NOTE | {"bullets": ["Some words. " * 160] * 200}  # it is PROCESSING for long enough to be seen


class Seen(dict[str, str]):
    """All keys that were there at some time, by their patterns, with the types of their values."""

    def __init__(self, client: "redis.Redis") -> None:
        super().__init__()
        self._client = client

    def look(self, key: str) -> bool:
        """Look at Redis; say whether a key has been seen."""
        for name in self._client.keys("*"):
            kind = self._client.type(name)
            if kind != "none":  # gone meanwhile
                self[re.sub(":.*", ":<id>", name)] = kind
        return key in self


def test_all_keys_are_known_by_their_names(tmp_path: Path) -> None:
    """Whatever happens to a job, these keys are there, and no other."""
    with redis_server(tmp_path) as (redis_url, client, _), api(redis_url, tmp_path) as url:
        seen = Seen(client)
        ask(url, "POST", "/generate-pdf", NOTE, {"Idempotency-Key": "a key"})
        ask(url, "DELETE", f"/jobs/{submit(url, NOTE)}")
        ask(url, "GET", "/healthz")
        seen.look("")
        ask(url, "POST", "/queue/pause")
        seen.look("pdf_jobs_paused")
        ask(url, "POST", "/queue/resume")
        lost = client.rpop("pdf_jobs_queue")  # as a worker does that dies before it claims the job
        work = ("worker", "--redis-url", redis_url, "--folder", str(tmp_path))
        with running(*work, folder=tmp_path, PDFLAB_LEASE="3"):
            eventually(lambda: seen.look("pdf_jobs_suspects"), seconds=20)
            await_ending(url, lost)
            submit(url, LONG)
            eventually(lambda: seen.look("pdf_jobs_leases"), seconds=20)
            storage = tmp_path / "pdf_storage"
            storage.rename(tmp_path / "away")
            storage.touch()
            submit(url, NOTE)
            eventually(lambda: seen.look("pdf_jobs_delayed"), seconds=20)
        storage.unlink()
        (tmp_path / "away").rename(storage)
        with up(tmp_path, "--redis-url", redis_url):
            seen.look("pdf_jobs_workers_expected")
            eventually(lambda: seen.look("pdf_jobs_history"), seconds=20)

    assert seen == KEYS


def test_the_queue_is_a_list_of_job_ids_that_is_pushed_left(tmp_path: Path) -> None:
    """The next job is on the right, where BRPOP takes it; a record is found by its job's id."""
    with redis_server(tmp_path) as (redis_url, client, _), api(redis_url, tmp_path) as url:
        jobs = [submit(url, NOTE) for _ in range(3)]

        assert client.lrange("pdf_jobs_queue", 0, -1) == jobs[::-1]
        assert [client.hget(f"pdf_jobs:{job}", "state") for job in jobs] == ["QUEUED"] * 3


def test_an_event_in_the_stream_keeps_its_fields(tmp_path: Path) -> None:
    """One entry for each change of state, written in the step that made it."""
    with redis_server(tmp_path) as (redis_url, client, _), api(redis_url, tmp_path) as url:
        job = submit(url, NOTE)
        [(_, event)] = client.xrange("pdf_jobs_events")

        names = {"job_id", "state", "at", "kind", "number", "attempt", "worker", "cause", "reason"}
        assert event.keys() == names
        assert (event["job_id"], event["state"], event["number"]) == (job, "QUEUED", "1")
