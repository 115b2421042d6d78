"""An entry brings a subset's validation and test rows together."""

import json
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Entry, Environment, Score
from fuseboard.leaderboard.statistics.wilson import wilson
from fuseboard.store.results.metrics import FIELDS
from fuseboard.store.results.selection import by_validation

RAN_ON = ("device", "hardware", "libraries", "jobs")
"""Columns that say what a row ran on."""


def environments_of(rows: pl.DataFrame) -> tuple[Environment, ...]:
    """Return every distinct environment of the rows, the most used first, so that a row needs to name only a number."""
    counted = rows.group_by(RAN_ON).len().sort("len", *RAN_ON, descending=[True, *[False] * len(RAN_ON)])
    return tuple(_environment(*ran_on) for ran_on in counted.select(RAN_ON).iter_rows())


def _environment(device: str, hardware: str, libraries: str, jobs: int) -> Environment:
    return Environment(device=device, hardware=hardware, libraries=json.loads(libraries), jobs=jobs)


def entries_of(rows: pl.DataFrame, environments: tuple[Environment, ...], independent: bool) -> tuple[Entry, ...]:
    """Return one entry per subset, in the order in which the protocol prefers them.

    Args:
        rows: current rows of one protocol, dataset and seed, both splits.
        environments: what the rows ran on.
        independent: whether the accuracy is a share of independent images (it is not for multi-label).
    """
    by_subset: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    for row in rows.drop("right").iter_rows(named=True):
        by_subset.setdefault(tuple(row["subset"]), {})[row["split"]] = row
    numbers: dict[tuple[Any, ...], int] = {}
    found = []
    for subset in by_validation(rows):
        splits = by_subset[subset]
        row = splits.get("test") or next(iter(splits.values()))
        ran_on = tuple(row[name] for name in RAN_ON)
        if ran_on not in numbers:
            numbers[ran_on] = environments.index(_environment(*ran_on)) + 1
        found.append(
            Entry(
                subset=subset,
                keys=tuple(splits[split]["key"] for split in sorted(splits)),
                test_key=splits["test"]["key"] if "test" in splits else None,
                features=row["features"],
                val=_score(splits.get("val"), "val", independent),
                test=_score(splits.get("test"), "test", independent),
                fit_s=row["fit_s"],
                created=max(part["created"] for part in splits.values()),
                environment=numbers[ran_on],
            )
        )
    return tuple(found)


def _score(row: dict[str, Any] | None, split: str, independent: bool) -> Score:
    if row is None:
        why = f"no {split} row was measured"
        return Score(**dict.fromkeys(FIELDS), reason=why, images=None, acc_interval=None)
    missing = row["auc"] is None or row["acc"] is None
    interval = wilson(row["acc"], row["rows"]) if independent and row["acc"] is not None and row["rows"] else None
    return Score(
        **{name: row[name] for name in FIELDS},
        reason=(row["reason"] or "no reason was stored") if missing else None,
        images=row["rows"],
        acc_interval=interval,
    )
