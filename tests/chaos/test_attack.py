"""What an attack reports, and the load behind it."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from pdflab.audit import Audit, Counts
from pdflab.chaos.attack import Attack, missing_jobs
from pdflab.chaos.faults import FaultKind
from pdflab.chaos.impact import Impact
from pdflab.cli.chaos import _verdict
from pdflab.errors import BrokerUnavailable
from pdflab.settings import Settings


def attacked(*, returned: int = 3, fenced: int = 2, audit: Audit) -> Attack:
    impact = Impact(4, completed_meanwhile=10, returned=returned, slowest_return_s=3.0 if returned else None)
    faults = Counter({FaultKind.KILL: 5})
    return Attack({"worker": "reliable"}, faults, impact, fenced, 12, 0, audit)


def audited(**counts: int) -> Audit:
    names = ("accepted", "completed", "failed", "open", "lost", "doubled", "invalid", "expired", "holes")
    findings = ["a job is lost"] if counts.get("lost") else []
    return Audit(Counts(**(dict.fromkeys(names, 0) | counts)), findings)


def test_a_job_that_is_still_open_is_lost() -> None:
    """Nothing happens any more: what has not ended will not."""
    figures = attacked(audit=audited(open=2, lost=1)).to_json()

    assert (figures["open"], figures["lost"]) == (0, 3)
    assert (figures["kills"], figures["cuts"], figures["slowest_return_s"]) == (5, 0, 3.0)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (attacked(audit=audited()), "The promise was kept"),
        (attacked(audit=audited(), fenced=0), "no late finisher was refused"),
        (attacked(audit=audited(), returned=0), "no job came back from a lost worker"),
        (attacked(audit=audited(lost=1)), "The promise was BROKEN"),
    ],
)
def test_the_verdict_is_a_sentence(found: Attack, words: str) -> None:
    """Kept, broken, or not put to the test."""
    assert words in _verdict(found, naive=False)[0]


def test_naive_workers_are_expected_to_lose_jobs() -> None:
    """And are lucky when they do not."""
    assert "lost 1 accepted" in _verdict(attacked(audit=audited(lost=1)), naive=True)[0]
    assert "lucky" in _verdict(attacked(audit=audited()), naive=True)[0]


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
