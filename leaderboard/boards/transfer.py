"""Transfer measures embeddings on natural images, each classifier in the setting that validation chose."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.rows.current import ROWS_ALONE, mark
from fuseboard.store.embeddings.current import Current
from fuseboard.store.results.evaluations import TRANSFER
from fuseboard.store.statistics.ties import level

SAME = [pl.col("source_md5"), pl.col("fingerprints").list.join("+")]
"""What all settings of a classifier on a subset share; the current row that is the newest says which."""


@dataclass(frozen=True)
class TransferRow:
    """A row is one classifier on one subset, in the setting with the best top-1 on validation; of equals the
    simplest."""

    subset: Subset
    classifier: str
    seed: int
    setting: str | None
    """Rows name it so, such as `C=0.01`; null for a classifier that has only one."""
    settings: int
    """So many settings were measured on both splits."""
    ties: int
    """Settings that share the best validation top-1, itself included."""
    val_top1: float | None
    test_top1: float | None
    test_top5: float | None
    images: int
    """It counts the test split."""
    features: int
    seconds: float | None
    """They are the fits and predictions of the chosen setting; settings that are fitted together share a fit."""
    keys: Mapping[str, str]
    """Split -> key."""
    oracle: str | None
    """The setting that is best on test, which nobody could have chosen."""
    oracle_top1: float | None
    reason: str | None
    """Why a number is missing; null when none is."""


@dataclass(frozen=True)
class Transfer:
    """It holds all subsets and classifiers of one dataset under one protocol."""

    dataset: str
    protocol: str
    rows: tuple[TransferRow, ...]
    """Best top-1 on test first; those without one last."""


def transfers(rows: pl.DataFrame, says: Current = ROWS_ALONE) -> tuple[Transfer, ...]:
    """Return one transfer board per dataset and protocol.

    Args:
        rows: of the store, of any evaluation.
        says: what is current in the store.
    """
    own = rows.filter(pl.col("evaluation") == TRANSFER.name).drop("right", "superseded", strict=False)
    own = mark(own, says).filter(pl.col("superseded").is_null())
    own = own.with_columns(family=pl.col("classifier").str.split(" ").list.first())
    return tuple(
        Transfer(group["dataset"][0], group["protocol"][0], _ranked(group, says))
        for group in own.partition_by("dataset", "protocol", maintain_order=True)
    )


def _ranked(rows: pl.DataFrame, says: Current) -> tuple[TransferRow, ...]:
    groups = rows.partition_by("subset", "family", "seed", maintain_order=True)
    found = [_transfer_row(group, says) for group in groups]
    order = sorted(
        zip(level([row.test_top1 for row in found]), found, strict=True),
        key=lambda pair: (pair[0] is None, -(pair[0] or 0.0), pair[1].subset, pair[1].classifier),
    )
    return tuple(row for _, row in order)


def _transfer_row(rows: pl.DataFrame, says: Current) -> TransferRow:
    newest = _current(rows.sort("created", "key"), says).tail(1)
    current = [same == newest.select(same).item() for same in SAME]
    settings = _settings(rows.filter(*current).iter_rows(named=True))
    whole = [splits for splits in settings if {"val", "test"} <= splits.keys()]
    able = [splits for splits in whole if splits["val"]["acc"] is not None]
    # The first of equals wins, and settings come the simplest first.
    vals = level([splits["val"]["acc"] for splits in able])
    chosen = able[int(np.argmax(vals))] if able else None
    reached = [splits for splits in whole if splits["test"]["acc"] is not None]
    tests = level([splits["test"]["acc"] for splits in reached])
    oracle = reached[int(np.argmax(tests))] if reached else None
    nothing: dict[str, Any] = dict.fromkeys(("acc", "top5", "reason"))
    val, test = (chosen["val"], chosen["test"]) if chosen else (nothing, nothing)
    return TransferRow(
        subset=tuple(newest["subset"][0]),
        classifier=newest["family"][0],
        seed=newest["seed"][0],
        setting=_setting(val) if chosen else None,
        settings=len(whole),
        ties=vals.count(max(vals)) if chosen else 0,
        val_top1=val["acc"],
        test_top1=test["acc"],
        test_top5=test["top5"],
        images=test["rows"] if chosen else 0,
        features=newest["features"][0],
        seconds=_seconds(val, test) if chosen else None,
        keys={split: row["key"] for split, row in chosen.items()} if chosen else {},
        oracle=_setting(oracle["test"]) if oracle else None,
        oracle_top1=oracle["test"]["acc"] if oracle else None,
        reason=_reason(whole, chosen),
    )


def _current(oldest_first: pl.DataFrame, says: Current) -> pl.DataFrame:
    """Return the rows of the current images, and of these the ones of the current versions."""
    source = says.source_md5(oldest_first["dataset"][0], oldest_first["source_md5"].to_list())
    own = oldest_first.filter(pl.col("source_md5") == source)
    precedence = [
        [says.precedence(*version) for version in zip(subset, versions, strict=True)]
        for subset, versions in own.select("subset", "fingerprints").iter_rows()
    ]
    return own.filter(pl.Series([one == max(precedence) for one in precedence], dtype=pl.Boolean))


def _settings(rows: Iterable[dict[str, Any]]) -> list[dict[str, dict[str, Any]]]:
    """Map each split to the row of every setting, the simplest first: the strongest penalty, the most neighbours."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["created"], row["key"])):  # of two definitions the newest stays
        found.setdefault(row["classifier"], {})[row["split"]] = row
    return sorted(found.values(), key=lambda splits: _simplicity(next(iter(splits.values()))))


def _simplicity(row: Mapping[str, Any]) -> tuple[float, str]:
    params = json.loads(row["params"] or "{}")
    strength, neighbours = params.get("C", 0), params.get("n_neighbors", 0)
    return float(strength) - float(neighbours), row["classifier"]


def _setting(row: Mapping[str, Any]) -> str | None:
    return str(row["classifier"]).partition(" ")[2] or None


def _seconds(val: Mapping[str, Any], test: Mapping[str, Any]) -> float | None:
    parts = [val["fit_s"], val["predict_s"], test["predict_s"]]
    return None if None in parts else float(sum(parts))


def _reason(whole: list[dict[str, dict[str, Any]]], chosen: Mapping[str, Mapping[str, Any]] | None) -> str | None:
    if not whole:
        return "no setting has a row on both validation and test"
    if chosen is None:
        return next(str(splits["val"]["reason"]) for splits in whole)
    if chosen["test"]["acc"] is None:
        return str(chosen["test"]["reason"])
    if chosen["test"]["top5"] is None:
        return "none is kept for five classes or fewer"
    return None
