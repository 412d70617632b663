"""What the rules read of a lesson: its prose, sentences, numbers, and the cells that need head or hands.

    python tests/support/lesson_text.py

prints for each notebook the share of code cells that need more than Shift-Enter.
"""

import configparser
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from spellchecker import SpellChecker

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = ROOT / "pdflab" / "notebook" / "lessons" / "texts"

_HANDS = re.compile(r"\blesson\.(predict|check|gap|order|run|room)\(|### BEGIN SOLUTION")
_ASKED = re.compile(r'\blesson\.predict\("\w+"\)')
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[,_]\d{3})*(?:\.\d+)?(?![\w])")
_ALLOWED = re.compile(
    r"(?<![\w.,])(?:(?:19|20)\d\d"  # a year
    r"|0\d|(?:[Ll]essons?|[Nn]otebooks?) \d\d"  # a lesson
    r"|202|404|409|413|429|502|503|504|(?:HTTP|status) \d{3}"  # HTTP status codes
    r")(?!\w|[.,]\d)"
    r"|^(?:\*\*)?\d+\."  # an item of a list, or an exercise
    r"|^(?:About )?\d+ minutes\b"  # how long the lesson takes
    r"|\bp\d\d\b|\b(?:Batch|Burst) of \d+",  # a percentile, a button's label
    re.MULTILINE,
)


def cells(path: Path) -> list[tuple[str, str, str]]:
    """Each cell as its type, its source and the text that it has put out, without what differs by run."""
    read = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"]), _compared(cell)) for cell in read]


def is_new(path: Path) -> bool:
    """Whether a notebook asks by widgets, so that the rules for lessons hold."""
    code = "\n".join(source for kind, source, _ in cells(path) if kind == "code")
    return bool(_ASKED.search(code)) or (TEXTS / f"{path.stem}.toml").exists()


def prose(path: Path) -> str:
    """All that a lesson's author wrote for the reader: markdown, and the texts of its questions."""
    written = [source for kind, source, _ in cells(path) if kind == "markdown"]
    texts = TEXTS / f"{path.stem}.toml"
    asked = tomllib.loads(texts.read_text(encoding="utf-8")) if texts.exists() else {}
    asked.pop("order", None)  # cards are code
    return "\n\n".join([*written, *_strings(asked)])


def plain(text: str) -> str:
    """Markdown without code, markup, addresses and tables."""
    text = re.sub(r"(?s:```.*?```)|^\|.*$|^#.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "CODE", text))
    return re.sub(r"<[^>]+>|\*+(?=\S)|(?<=\S)\*+", "", text)


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence; an item of a list is at least one."""
    parts = re.split(r"\n\s*\n|\n\s*(?:[*-]|\d+\.)\s|(?<=[.?!])[”’\")]*\s+", plain(text))
    found = [re.findall(r"\w[\w’'-]*", part) for part in parts]
    return [words for words in found if words]


def words(text: str) -> set[str]:
    """The words of prose that a dictionary may know: no names of code, no single letters."""
    found = re.findall(r"(?<![\w/.-])[A-Za-z][a-z]+(?![\w/]|\.\w)", plain(text).replace("’", "'"))
    return {word.lower() for word in found}


def misspelt(text: str) -> set[str]:
    """The words that neither the dictionary nor the list of the field's words has; British ones are fine."""
    field = set((ROOT / "tests" / "field_words.txt").read_text(encoding="utf-8").split())
    unknown = _dictionary().unknown(words(text) - field)
    american = {word: re.sub(r"is(?=ation|e|ing)", "iz", word).replace("our", "or") for word in unknown}
    return {word for word in unknown if _dictionary().unknown([american[word]])}


def unfounded(path: Path) -> list[str]:
    """The numbers in prose that no cell above defines or puts out, in the order of the lesson."""
    known: set[float] = set()
    found = []
    for kind, source, output in cells(path):
        if kind == "markdown":
            text = _ALLOWED.sub("", plain(source))
            found += [one for one in _NUMBER.findall(text) if _value(one) not in known]
        else:
            values = {_value(one) for one in re.findall(r"\d[\d_,]*(?:\.\d+)?", f"{source} {output}")}
            known |= values | {round(100 * value, 6) for value in values}
    return found


def hands(path: Path) -> tuple[int, int]:
    """How many code cells need more than Shift-Enter, and how many there are."""
    code = [source for kind, source, _ in cells(path) if kind == "code"]
    return sum(bool(_HANDS.search(source)) for source in code), len(code)


@cache
def _dictionary() -> SpellChecker:
    return SpellChecker(language="en")


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for one in value.values() if isinstance(value, dict) else value:
                yield from _strings(one)


def _compared(cell: dict[str, Any]) -> str:
    """What nbval compares of a cell's output: the sanitiser covers whatever was measured."""
    said = [one.get("text", one.get("data", {}).get("text/plain", "")) for one in cell.get("outputs", [])]
    text = "".join("".join(part) for part in said)
    rules = configparser.ConfigParser(interpolation=None)
    rules.read(ROOT / "tests" / "nbval.cfg")
    for name in rules.sections():
        text = re.sub(rules[name]["regex"], " ", text)
    return text


def _value(number: str) -> float:
    return float(number.rstrip(",_").replace(",", "").replace("_", ""))


def _report(path: Path) -> str:
    some, count = hands(path)
    return f"{path.stem:26} {some:3} of {count:2} cells need more than Shift-Enter ({some / count:.0%})\n"


if __name__ == "__main__":
    sys.stdout.writelines(_report(path) for path in NOTEBOOKS)
