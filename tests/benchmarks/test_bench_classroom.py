"""The benchmark of the classroom, with few phones: its figures are those that its sentences quote."""

from pdflab.benchmarks import classroom
from pdflab.benchmarks.classroom import _figures


def test_three_phones_are_measured() -> None:
    """Each of them presses once in a round, and is answered."""
    figures = classroom.measure(phones=(3,), rounds=1, seconds=6.0)

    assert figures["presses_3"] == 3
    assert 0 < figures["press_p50_ms_3"] <= figures["press_p99_ms_3"]
    assert 0 < figures["room_cpu_3"] < 1
    sentences = list(classroom.explain(figures))
    assert sentences[1].startswith("3 phones: a press is answered in ")


def test_only_answers_202_count() -> None:
    """A phone that was refused, or had no answer, is not answered fast."""
    presses = [
        {"status": 202, "sent_at": 1.0, "answered_at": 1.01},
        {"status": 429, "sent_at": 1.0, "answered_at": 1.001},
        {"status": 0, "sent_at": 1.0, "answered_at": None},
    ]

    figures = _figures([{"presses": presses, "messages": [0.0, 0.5, 1.0]}])

    assert figures["presses"] == 1
    assert figures["press_p50_ms"] == 10.0
    assert figures["updates_per_s"] == 2.0
