"""Missing values: what R, pandas and NumPy write where a label or a patient is not known."""

from collections.abc import Iterable

import polars as pl

from fuseboard.harness.datasets.custom.spec import Spec

WORDS = frozenset(
    {"NA", "<NA>", "N/A", "n/a", "#N/A", "#NA", "NaN", "nan", "NAN", "-nan", "-NaN", "NaT", "None", "NULL", "null"}
)
"""As R's `write.csv`, `pandas.to_csv`, `str()` of NumPy and Python, Excel and SQL write it."""


def columns(rows: pl.DataFrame) -> list[str]:
    """Returns the columns of labels and groups."""
    return [name for name in rows.columns if name in ("label", "group") or name.startswith("labels.")]


def is_word(column: str, spec: Spec) -> pl.Expr:
    """Says of every row whether its cell is such a word, and no class that `classes` lists."""
    listed = spec.classes if column == "label" else ()
    return pl.col(column).is_in(sorted(WORDS - set(listed)))


def counts(rows: pl.DataFrame, column: str, spec: Spec) -> str:
    """Returns how many images have which of these words, or an empty cell, such as `5 'NA', 2 empty`."""
    found = rows.filter(is_word(column, spec) | pl.col(column).is_null()).group_by(column).len()
    ordered = found.sort("len", column, descending=[True, False], nulls_last=True)
    return ", ".join(f"{count:,} {'empty' if word is None else repr(word)}" for word, count in ordered.iter_rows())


def settle(rows: pl.DataFrame, spec: Spec) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Applies the rule `missing`.

    Returns:
        The rows, with `missing = "drop"` without those whose label or group is not known; and remarks that count them.
    """
    found = [(spec.named(column), counts(rows, column, spec)) for column in columns(rows)]
    said = "; ".join(f"{name}: {words}" for name, words in found if words)
    if not said:
        return rows, ()
    if spec.missing == "drop":
        known = rows.filter(~_any(is_word(name, spec) | pl.col(name).is_null() for name in columns(rows)))
        return known, (f"{len(rows) - len(known):,} images left out, something not being known of them ({said})",)
    return rows, (f"taken as names, though R and pandas write so what is not known ({said})",)


def _any(faults: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(*faults)
