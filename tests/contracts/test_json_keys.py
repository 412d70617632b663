"""What `--json` prints: one object and nothing else, with the keys that scripts rely on.

`chaos` and `bench` take long, and are held where they run anyway: test_chaos.py and bench/.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from outside import IMPOSSIBLE, await_ending, pdflab, shape, submit, up

TEXT, NUMBER, FLAG = "text", "number", "boolean"
PROMISED = {
    "sent",
    "accepted",
    "failed",
    "accept_p50_s",
    "accept_p99_s",
    "complete_p99_s",
    "throughput_per_s",
}
ROW = PROMISED | {
    "naive_accept_p99_s",
    "send_lag_p99_s",
    "wasted",
    "wasted_work_s",
    "outcomes",
    "spoiled",
    "latencies_s",
}
LATENCIES = {"accept", "accept, naive", "complete", "wait", "service", "send_lag"}
PERCENTILES = {"p50", "p90", "p95", "p99", "max"}
AUDIT = dict.fromkeys(
    (
        "accepted",
        "completed",
        "failed",
        "open",
        "lost",
        "doubled",
        "invalid",
        "expired",
        "holes",
    ),
    NUMBER,
)
FLEET = {
    "policy": TEXT,
    "workers": NUMBER,
    "finished_s": NUMBER,
    "latency_s": NUMBER,
    "cost": NUMBER,
    "confidence": NUMBER,
    "replications": NUMBER,
    "at_least": NUMBER,
}
EXAMPLE = Path(__file__).with_name("example.run.json")


def run_json(*words: str, folder: Path) -> Any:
    """Run a command with --json to its good end; return its object."""
    done = pdflab(*words, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The shortest demo: its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, run_json("demo", "--seconds", "1", "--workers", "1", folder=folder)


def test_demo_prints_the_same_of_both_endpoints(demo: tuple[Path, Any]) -> None:
    """Counts, seconds and rates; what could not be measured is null."""
    _, figures = demo

    for endpoint in ("queued", "synchronous"):
        row = figures[endpoint]
        assert row.keys() == ROW
        assert {key: shape(row[key]) for key in PROMISED} == dict.fromkeys(PROMISED, NUMBER)
        assert row["latencies_s"].keys() == LATENCIES
        assert all(values.keys() == PERCENTILES for values in row["latencies_s"].values())


def test_demo_names_its_verdict_and_its_files(demo: tuple[Path, Any]) -> None:
    """Clean, or the first finding; and each file is there."""
    folder, figures = demo
    files = {"chart", "report", "queued run", "synchronous run"}

    assert figures.keys() == {"queued", "synchronous", "audit", "plan", "capacity_per_s", "spike", *files}
    assert figures["audit"] == "clean"
    assert all((folder / figures[name]).is_file() for name in files)


ADDED = {"sync_backlog", "tries", "backoff", "jitter", "budget"}  # settings that older runs lack


def test_demo_saves_runs_as_they_have_always_been(demo: tuple[Path, Any]) -> None:
    """The same columns, of the same types, as in the example beside this file."""
    folder, figures = demo
    example = json.loads(EXAMPLE.read_text())

    for endpoint in ("queued", "synchronous"):
        run = json.loads((folder / figures[f"{endpoint} run"]).read_text())

        assert run.keys() == example.keys()
        assert run["endpoint"] == endpoint
        for part in ("plan", "machine", "seeds"):
            assert run[part].keys() == example[part].keys()
        assert run["settings"].keys() == example["settings"].keys() | ADDED
        for table in ("sends", "events"):
            assert _columns(run[table]) == _columns(example[table])


def test_audit_counts_by_the_same_names(demo: tuple[Path, Any]) -> None:
    """Whatever is zero is printed, too."""
    assert shape(run_json("audit", folder=demo[0])) == AUDIT


def test_plan_prints_the_cheapest_fleet_and_the_others(tmp_path: Path) -> None:
    """Each with the same keys; what it was asked stands beside them."""
    words = ["plan", "--jobs", "500", "--hours", "1", "--deadline", "1.5", "--service", "20"]

    figures = shape(run_json(*words, folder=tmp_path))

    assert figures.pop("notes") in ([], [TEXT])
    assert figures == FLEET | {
        "target": TEXT,
        "service_s": NUMBER,
        "policies": [FLEET],
        "what_if": [FLEET],
        "job_by_job_s": NUMBER,
    }


def test_dead_letters_are_printed_as_the_service_returns_them(tmp_path: Path) -> None:
    """How many, and each job's record; those that are tried again by their new ids."""
    with up(tmp_path) as (url, _):
        job_id = submit(url, IMPOSSIBLE)
        await_ending(url, job_id)
        listed = run_json("dead-letters", "--url", url, folder=tmp_path)
        one = run_json("dead-letters", "--retry", job_id, "--url", url, folder=tmp_path)
        rest = run_json("dead-letters", "--retry-all", "--url", url, folder=tmp_path)

    assert (listed["count"], [job["job_id"] for job in listed["jobs"]]) == (1, [job_id])
    assert shape(one) == {"job_ids": [TEXT]}
    assert rest.keys() == {"job_ids"}


def _columns(table: dict[str, Any]) -> dict[str, Any]:
    """Return the type of each column: words in codes, or numbers of a kind."""
    return {name: column.get("type", "words") for name, column in table.items()}
