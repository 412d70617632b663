"""Columns: arrays of numbers, and words that are kept once each; as plain data they go into a file and back.

Read next: analysis/run.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Categorical:
    """A column of words: `codes` index `words`, and -1 stands for none.

    `words` may be a range: then jobs are called 0, 1, 2, … and ten million names need no memory.
    """

    codes: Integers
    words: Sequence[str] | range

    @classmethod
    def of(cls, values: Iterable[str | None]) -> Self:
        """Make a column of words, coded in the order of their first appearance."""
        known: dict[str, int] = {}
        codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(known))

    @classmethod
    def same(cls, word: str, rows: int) -> Self:
        """Make a column that says the same in every row, in no memory."""
        return cls(np.broadcast_to(np.int32(0), rows), (word,))

    def __len__(self) -> int:
        return len(self.codes)

    def tolist(self) -> list[str | None]:
        """Return the words of all rows."""
        return [None if code < 0 else str(self.words[code]) for code in self.codes.tolist()]

    def equal(self, word: str) -> NDArray[np.bool_]:
        """Return which rows say a word."""
        code = next((code for code, known in enumerate(self.words) if known == word), None)
        return np.zeros(len(self), dtype=np.bool_) if code is None else self.codes == code

    def codes_in(self, words: Sequence[str] | range) -> Integers:
        """Return the same column in the codes of another list of words, -1 where that does not have it."""
        if words is self.words or words == self.words:
            return self.codes
        places = {str(word): place for place, word in enumerate(words)}
        others = np.array([places.get(str(word), -1) for word in self.words] + [-1], dtype=np.int32)
        return np.asarray(others[self.codes])


def to_plain(table: "DataclassInstance") -> dict[str, Any]:
    """Return a table of columns as plain data for JSON; nan, which JSON lacks, becomes null."""
    return {field.name: _plain(getattr(table, field.name)) for field in fields(table)}


def from_plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Read the columns that `to_plain` gave."""
    return {name: _column(column) for name, column in data.items()}


def _plain(column: Any) -> Any:
    if column is None:
        return None
    if isinstance(column, Categorical):
        words = len(column.words) if isinstance(column.words, range) else list(column.words)
        return {"words": words, "codes": column.codes.tolist()}
    values = column.tolist()
    if column.dtype.kind == "f":
        values = [None if value != value else value for value in values]
    return {"type": column.dtype.name, "values": values}


def _column(data: Any) -> Any:
    if data is None:
        return None
    if "words" in data:
        words = range(data["words"]) if isinstance(data["words"], int) else tuple(data["words"])
        return Categorical(np.array(data["codes"], dtype=np.int32), words)
    return np.array(data["values"], dtype=data["type"])
