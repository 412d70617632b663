"""What an attack reports, and the load behind it."""

from types import SimpleNamespace
from typing import Any

import pytest

from pdflab.audit import Audit, Counts
from pdflab.chaos.attack import final_counts, missing_jobs
from pdflab.cli.chaos import _verdict
from pdflab.errors import BrokerUnavailable
from pdflab.settings import Settings


def verdict(counts: Audit, *, worker: str = "reliable", returned: int = 3, fenced: int = 2) -> str:
    figures = {"worker": worker, "returned": returned, "fenced": fenced, **final_counts(counts)}
    return " ".join(_verdict(figures, counts))


def audited(**counts: int) -> Audit:
    names = ("accepted", "completed", "failed", "open", "lost", "doubled", "invalid", "expired", "holes")
    findings = ["a job is lost"] if counts.get("lost") else []
    return Audit(Counts(**(dict.fromkeys(names, 0) | counts)), findings)


def test_a_job_that_is_still_open_is_lost() -> None:
    """Nothing happens any more: what has not ended will not."""
    counts = final_counts(audited(open=2, lost=1, completed=5))

    assert (counts["open"], counts["lost"], counts["completed"]) == (0, 3, 5)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (verdict(audited()), "The promise was kept"),
        (verdict(audited(), fenced=0), "no late finisher was refused"),
        (verdict(audited(), returned=0), "no job came back from a lost worker"),
        (verdict(audited(lost=1)), "The promise was BROKEN"),
    ],
)
def test_the_verdict_is_a_sentence(found: str, words: str) -> None:
    """Kept, broken, or not put to the test."""
    assert words in found


def test_naive_workers_are_expected_to_lose_jobs() -> None:
    """And are lucky when they do not."""
    assert "lost 1 accepted" in verdict(audited(lost=1), worker="naive")
    assert "lucky" in verdict(audited(), worker="naive")


@pytest.mark.parametrize(("queued", "missing"), [(0, 20), (35, 5), (50, -10)])
def test_the_background_load_fills_the_queue_little_by_little(queued: int, missing: int) -> None:
    """Twenty jobs wait for each worker, and at most twenty are sent at once."""
    lab: Any = SimpleNamespace(settings=Settings(workers=2), stats=lambda: SimpleNamespace(queued=queued))

    assert missing_jobs(lab) == missing


def test_the_background_load_goes_on_while_redis_is_away() -> None:
    """A request that meets no Redis is part of the attack."""

    def away() -> None:
        raise BrokerUnavailable("Redis does not answer.")

    lab: Any = SimpleNamespace(settings=Settings(), stats=away)

    assert missing_jobs(lab) == 1
