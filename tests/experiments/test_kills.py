"""Killed workers: what each type loses, makes late or does twice, on a real lab; and how the end is found."""

from types import SimpleNamespace
from typing import Any

import pytest
from conftest import needs

from pdflab.audit import audit
from pdflab.charts.failures import lost_jobs, seconds_silent
from pdflab.errors import BrokerUnavailable
from pdflab.experiments import kills
from pdflab.experiments.kills import await_condition, kill_runs, kill_workers, second_emails, send_for_faults
from pdflab.lab import Lab
from pdflab.settings import Settings


@pytest.fixture(autouse=True)
def _few_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "_BATCH", 20)
    monkeypatch.setattr(kills, "_PAUSE", 0.1)


@pytest.mark.slow
def test_one_lab_shows_what_each_type_of_worker_does(tmp_path: Any) -> None:
    """Lost, then put back and late; twice, then once by a key. In the end the audit is clean."""
    needs("redis-server", "redis-server")
    settings = Settings(port=0, sync_port=0, lease=1.5)
    with Lab(worker="naive", folder=tmp_path, settings=settings) as lab:
        naive = kill_workers(lab, "naive", kills=2)
        is_clean = audit(lab.settings).clean
        reliable = kill_workers(lab, "reliable", kills=2)
        email, keyed = (kill_workers(lab, name, kills=2) for name in ("email", "email-keyed"))
        by_hand = send_for_faults(lab)
        found = audit(lab.settings)

        assert not is_clean
        assert 1 <= lost_jobs(naive) <= 2
        assert lost_jobs(reliable) == lost_jobs(email) == 0
        assert all(seconds > 1.5 for seconds in seconds_silent(reliable))
        assert seconds_silent(reliable)
        assert second_emails(lab, email) >= 1
        assert second_emails(lab, keyed) == 0
        assert (len(by_hand.sends), found.findings) == (40, ())


@pytest.mark.parametrize(("worker", "sent"), [("reliable", 100), ("email", 40), ("email-keyed", 40)])
def test_a_worker_that_waits_for_a_mail_server_gets_fewer_jobs(
    monkeypatch: pytest.MonkeyPatch, worker: str, sent: int
) -> None:
    """Each e-mail takes it half a second: the reader would wait for minutes."""
    asked = []
    monkeypatch.setattr(kills, "fill_queue", lambda lab, jobs, *, lines: asked.append(jobs))
    lab = SimpleNamespace(worker=worker, sends=list, events=list, wait=lambda: None)

    send_for_faults(lab)  # type: ignore[arg-type]

    assert asked == [sent]


def test_each_run_has_a_button() -> None:
    """Named after the type of worker."""
    assert {name: label for name, (label, _) in kill_runs("naive", "email").items()} == {
        "naive": "Kill 5 naive workers",
        "email": "Kill 5 email workers",
    }


def test_quiet_begins_when_the_queue_is_empty_and_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that wait, and events that come, start the watch anew."""
    monkeypatch.setattr(kills, "_QUIET", 0.05)
    looks = [(1, 5)] * 4 + [(events, 0) for events in range(2, 6)]
    to_come = iter([SimpleNamespace(events=events, queue_depth=depth) for events, depth in looks])
    rest = SimpleNamespace(events=5, queue_depth=0)

    kills._await_quiet(SimpleNamespace(stats=lambda: next(to_come, rest)))  # type: ignore[arg-type]

    assert not list(to_come)


def test_waiting_outlasts_an_absence_of_redis_and_gives_up_in_the_end() -> None:
    """Not there is not yet; never is an error that says so."""
    answers = iter([BrokerUnavailable("gone"), False, True])

    await_condition(lambda: _give(next(answers)))

    with pytest.raises(TimeoutError, match="did not happen within"):
        await_condition(lambda: False, timeout=0.0)


def _give(answer: object) -> object:
    if isinstance(answer, Exception):
        raise answer
    return answer
