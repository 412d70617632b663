"""A few words say how far a prediction was from what was measured."""

from typing import Any

import pytest

from pdflab.notebook.lessons.verdict import verdict


@pytest.mark.parametrize(
    ("given", "measured", "words"),
    [
        (5.2, 5.0, "close"),
        (10.0, 5.0, "2.0 times too high"),
        (2.5, 5.0, "2.0 times too low"),
        (0.0, 5.0, "off by 5"),
        (0.0, 0, "exact"),
        ([2, 6], 5.0, "and it lies inside"),
        ([2, 4], 5.0, "and it lies outside"),
        ("a", "a", "as it came"),
        ("b", "a", "and it came otherwise"),
        ([1, 2, 6], [1.0, 2.0, 12.0], "at worst 2.0 times off"),
    ],
)
def test_a_verdict_names_the_difference(given: Any, measured: Any, words: str) -> None:
    """An interval is right if it holds the value; 0 that came true is not off by 0."""
    assert verdict(given, measured) == words
