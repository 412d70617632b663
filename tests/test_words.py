"""Words that may not come back: one thing has one name, the field's, in code, tests, lessons and pages."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_source import REPOSITORY

_SUFFIXES = {".py", ".lua", ".js", ".html", ".css"}
WORDS = {  # a pattern, and what is said instead
    r"doors?|doorkeepers?": "endpoint, checks",
    r"told|foretold": "reported, returned, predicted",
    r"tall(y|ies)": "progress, count",
    r"parcels?": "batch",
    r"deeds?": "action",
    r"couriers?": "sender",
    r"whom": "a plain sentence",
    r"in hand": "claimed",
    r"times? of keeping": "expired, retention",
    r"calm\w*": "baseline",
    r"fates?": "outcome",
    r"lanes?": "task queue",
    r"keepers?": "heartbeat",
    r"watchers?": "poller",
    r"in(to)? the line": "queue",
    r"(front|end|back|job|place) (of|in) the line": "queue",
    r"(join|leave|enter)s? the line": "queue",
    r"the line (grows?|grew|drains?|shrinks?|forms?|is (empty|full|long|bounded))": "queue",
    r"(wait(s|ed|ing)?|stands?|stood) in line": "queue",
}


def texts() -> Iterator[tuple[str, str]]:
    """Yield each place and its text: code, tests, README, and what a notebook's author wrote."""
    files = [path for folder in ("pdflab", "tests") for path in (REPOSITORY / folder).rglob("*")]
    files = [path for path in files if path.suffix in _SUFFIXES and path != Path(__file__)]
    for path in [*files, REPOSITORY / "README.md", REPOSITORY / "pyproject.toml"]:
        yield str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8")
    for path in (REPOSITORY / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield path.name, "\n".join("".join(cell["source"]) for cell in cells)


def found(pattern: str, text: str) -> list[int]:
    """Return the numbers of the lines with a word; `_` parts words, and so does a capital letter."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return [
        parted.count("\n", 0, hit.start()) + 1
        for hit in re.finditer(rf"\b({pattern})\b", parted, re.IGNORECASE)
    ]


@pytest.mark.parametrize("pattern", WORDS)
def test_a_word_of_the_old_dialect_stays_away(pattern: str) -> None:
    """Where it is found, the table says what to write instead."""
    assert {place: lines for place, text in texts() if (lines := found(pattern, text))} == {}


def test_a_word_is_found_within_a_name() -> None:
    """In prose, in a name with underscores, and in a class."""
    assert found("deeds?", "a deed\n_deed = 1\nclass NewDeeds:\nindeed") == [1, 2, 3]
