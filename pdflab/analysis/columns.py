"""Columns: arrays of numbers, and categorical text that stores each value once.

Read next: pdflab/analysis/run.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]
_Table = TypeVar("_Table", bound="DataclassInstance")


@dataclass(frozen=True, slots=True, eq=False)
class Categorical:
    """A column of text: `codes` index `categories`, and -1 means no value.

    `categories` may be a range: then jobs are called 0, 1, 2, … and ten million names need no memory.
    """

    codes: Integers
    categories: Sequence[str] | range

    @classmethod
    def of(cls, values: Iterable[str | None]) -> Self:
        """Return a column with one category for each value, in the order of first appearance."""
        known: dict[str, int] = {}
        codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
        return cls(np.array(codes, dtype=np.int32), tuple(known))

    @classmethod
    def same(cls, value: str, rows: int) -> Self:
        """Return a column with the same value in every row; it needs no memory."""
        return cls(np.broadcast_to(np.int32(0), rows), (value,))

    def __len__(self) -> int:
        return len(self.codes)

    def tolist(self) -> list[str | None]:
        """Return the values of all rows."""
        return [None if code < 0 else str(self.categories[code]) for code in self.codes.tolist()]

    def codes_in(self, categories: Sequence[str] | range) -> Integers:
        """Return the codes of this column in another list of categories, -1 where that has no such value."""
        if categories is self.categories or categories == self.categories:
            return self.codes
        places = {str(value): place for place, value in enumerate(categories)}
        others = np.array([places.get(str(value), -1) for value in self.categories] + [-1], dtype=np.int32)
        return np.asarray(others[self.codes])


def concatenate(table: type[_Table], blocks: Iterable[_Table]) -> _Table:
    """Join blocks of columns; a column that is None in one of them is None."""
    parts, nothing = list(blocks), np.empty(0, dtype=np.uint8)  # the type of a column without any rows
    joined: dict[str, Any] = {}
    for field in fields(table):
        columns = [getattr(part, field.name) for part in parts]
        is_lacking = any(column is None for column in columns)
        joined[field.name] = None if is_lacking else np.concatenate([nothing, *columns])
    return table(**joined)


def to_plain(table: "DataclassInstance") -> dict[str, Any]:
    """Return a table of columns as plain data for JSON; nan, which JSON lacks, becomes null."""
    return {field.name: _plain(getattr(table, field.name)) for field in fields(table)}


def from_plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that `to_plain` wrote."""
    return {name: _column(column) for name, column in data.items()}


def _plain(column: Any) -> Any:
    if column is None:
        return None
    if isinstance(column, Categorical):
        known = column.categories
        words = len(known) if isinstance(known, range) else list(known)
        return {"words": words, "codes": column.codes.tolist()}
    values = [None if value != value else value for value in column.tolist()]
    return {"type": column.dtype.name, "values": values}


def _column(data: Any) -> Any:
    if data is None:
        return None
    if "words" in data:
        known = range(data["words"]) if isinstance(data["words"], int) else tuple(data["words"])
        return Categorical(np.array(data["codes"], dtype=np.int32), known)
    return np.array(data["values"], dtype=data["type"])
