"""The encoding: how cells of a table become the numbers of a vector, learned from the images of training alone."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import damage

FILE = "encoding.json"
MOST_CATEGORIES = 64
"""Values of training that a column may have that does not hold numbers; names of patients are no categories."""
LIMIT = 2**20
"""Bytes that the file may have."""

Cells = Mapping[str, Sequence[str | None]]
"""Column -> what it says of every image (N,); None where that is not known."""
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Number(_Strict):
    """A column of numbers: less their mean, divided by their standard deviation; 0 where it is not known."""

    kind: Literal["number"] = "number"
    name: str = Field(min_length=1, max_length=200)
    mean: Finite
    std: float = Field(gt=0, allow_inf_nan=False)
    has_missing: bool = Field(description="whether training lacks some, which then have a number of their own: 1")

    @property
    def features(self) -> tuple[str, ...]:
        """Names of its numbers in the vector."""
        return (self.name, *([f"{self.name} is missing"] if self.has_missing else []))

    def encode(self, cells: Sequence[str | None]) -> NDArray[np.float64]:
        """Returns (N, features); raises ValueError with the first cell that is no number."""
        known = [None if cell is None else _number(cell) for cell in cells]
        for cell, number in zip(cells, known, strict=True):
            if cell is not None and number is None:
                raise ValueError(cell)
        scaled = [[0.0] if one is None else [(one - self.mean) / self.std] for one in known]
        found = np.array(scaled, np.float64).reshape(len(cells), 1)
        return np.hstack([found, _missing(cells)]) if self.has_missing else found


class Category(_Strict):
    """A column of categories: a number for each of training, 1 where it is that; a new one has 0 everywhere."""

    kind: Literal["category"] = "category"
    name: str = Field(min_length=1, max_length=200)
    values: tuple[str, ...] = Field(min_length=1, max_length=MOST_CATEGORIES)
    has_missing: bool

    @property
    def features(self) -> tuple[str, ...]:
        """Names of its numbers in the vector."""
        named = tuple(f"{self.name}={value}" for value in self.values)
        return (*named, *([f"{self.name} is missing"] if self.has_missing else []))

    def encode(self, cells: Sequence[str | None]) -> NDArray[np.float64]:
        """Returns (N, features)."""
        found = np.array([[cell == value for value in self.values] for cell in cells], np.float64)
        found = found.reshape(len(cells), len(self.values))
        return np.hstack([found, _missing(cells)]) if self.has_missing else found


class Encoding(_Strict):
    """Columns side by side."""

    columns: tuple[Annotated[Number | Category, Field(discriminator="kind")], ...] = Field(min_length=1)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the numbers of a vector."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def encode(self, cells: Cells, where: str) -> NDArray[np.float32]:
        """Returns vectors (N, features).

        Raises:
            UsageError: a cell is no number where training had numbers alone.
        """
        parts = []
        for column in self.columns:
            try:
                parts.append(column.encode(cells[column.name]))
            except ValueError as error:
                raise UsageError(
                    f"{where}: {column.name} is {str(error)[:60]!r}, and it holds numbers in training; mend the cell, "
                    "or leave it empty where it is not known"
                ) from error
        return np.hstack(parts).astype(np.float32)

    def text(self) -> str:
        """The encoding as a file has it."""
        return self.model_dump_json(indent=1) + "\n"


def learn(train: Cells) -> tuple[Encoding, list[str]]:
    """Learns how columns are encoded; a column that says nothing in training is left out, with a remark.

    Raises:
        UsageError: nothing is left, or a column has more values than categories can have.
    """
    found: list[Number | Category] = []
    remarks = []
    for name, cells in train.items():
        known = [cell for cell in cells if cell is not None]
        has_missing = len(known) < len(cells)
        numbers = [_number(cell) for cell in known]
        values = sorted(set(known))
        if len(values) + has_missing < 2:
            says = "the same of every training image" if known else "nothing of any training image"
            remarks.append(f"{name} is left out: it says {says}")
        elif known and None not in numbers and len(values) > 1:
            array = np.array(numbers, np.float64)
            if array.std() == 0:
                remarks.append(f"{name} is left out: it is the same number in every training image")
                continue
            found.append(Number(name=name, mean=float(array.mean()), std=float(array.std()), has_missing=has_missing))
        elif len(values) > MOST_CATEGORIES:
            odd = next((cell for cell, number in zip(known, numbers, strict=True) if number is None), values[0])
            raise UsageError(
                f"{name} has {len(values):,} values in training that are not all numbers, such as {odd[:40]!r}; "
                f"{MOST_CATEGORIES} categories at most: mend it, or name the other columns with --columns"
            )
        else:
            found.append(Category(name=name, values=tuple(values), has_missing=has_missing))
    if not found:
        raise UsageError(f"no column says anything of the training images ({'; '.join(remarks) or 'there is none'})")
    return Encoding(columns=tuple(found)), remarks


def parse(text: bytes, where: str) -> Encoding:
    """Returns the encoding of a file; raises FuseboardError where it is none."""
    try:
        if len(text) > LIMIT:
            raise ValueError(f"it has more than {LIMIT:,} bytes")
        return Encoding.model_validate_json(text)
    except (ValidationError, ValueError) as error:
        raise FuseboardError(f"{where}: no encoding ({damage.first_of(error)}); import the table again") from error


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _missing(cells: Sequence[str | None]) -> NDArray[np.float64]:
    return np.array([[cell is None] for cell in cells], np.float64).reshape(len(cells), 1)
