"""The spelling of labels and groups: texts that mean the same although they differ, such as `01` and `1`."""

import re
import unicodedata
from collections.abc import Hashable, Iterable
from decimal import Decimal

import polars as pl

from fuseboard.store.errors import UsageError

WHOLE = re.compile(r"[-+]?\d+(\.0*)?")
"""A whole number, also as a float is written."""


def composed(text: str) -> str:
    """Returns a text with its accents in one form (NFC); macOS and Linux write them in two that look alike."""
    return unicodedata.normalize("NFC", text)


def meaning(text: str) -> Hashable:
    """Returns what a person reads: the number of a whole number, else the text with its accents in one form.

    A `Decimal` holds any number of digits; `int` refuses more than 4,300.
    """
    plain = composed(text)
    return Decimal(plain) if WHOLE.fullmatch(plain) else plain


def refuse_variants(values: pl.Series, what: str, where: str, named: Iterable[str] = ()) -> None:
    """Raises where one label or group is written in two ways: nobody can say whether these are one or two.

    Args:
        values: the texts (N,) of all images.
        what: they are.
        where: they stand.
        named: texts that a person has listed as different, so that only those are compared that look the same.
    """
    meant: dict[Hashable, set[str]] = {}
    listed = set(named)
    for text in {*values.to_list(), *listed}:
        meant.setdefault(composed(text) if listed else meaning(text), set()).add(text)
    twice = sorted(sorted(spellings) for spellings in meant.values() if len(spellings) > 1)
    if not twice:
        return
    images = dict(values.value_counts().iter_rows())
    first = [f"{_visible(text, twice[0])} ({images.get(text, 0):,} images)" for text in twice[0]]
    more = f" ({len(twice):,} are written so)" if len(twice) > 1 else ""
    raise UsageError(f"{where}: {what} {' and '.join(first)} are spellings of one; write it in one way{more}")


def alike(names: Iterable[str]) -> tuple[str, ...]:
    """Returns remarks on names that differ only in capitals and spaces, as `BENIGN` beside `benign` do."""
    meant: dict[str, list[str]] = {}
    for name in names:
        meant.setdefault("".join(composed(name).casefold().split()), []).append(name)
    return tuple(
        f"{' and '.join(map(repr, own))} differ only in capitals or spaces; write them in one way if they are one class"
        for own in meant.values()
        if len(own) > 1
    )


def _visible(text: str, spellings: list[str]) -> str:
    return repr(text) if len({composed(one) for one in spellings}) == len(spellings) else ascii(text)
