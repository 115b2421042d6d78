"""Rows of groups, read together: what one subset scores on the groups of one column."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

import polars as pl

from fuseboard.store.statistics.estimates import Interval
from fuseboard.store.statistics.label_from_column import LabelFromColumn

Facts = Mapping[str, Any]
NOT_MEASURED = Interval(None, None, None, "not measured")


@dataclass(frozen=True)
class GroupScore:
    """The test images of one group, or of all whose group is known."""

    group: str | None
    """None for all."""
    images: int
    rarest_class: int
    """Images of the class that has fewest."""
    train_images: int
    auc: Interval
    acc: Interval
    left_out: Interval
    """AUC of the same images where training had none of the group; of all, the mean over groups."""


@dataclass(frozen=True)
class ColumnScores:
    """One subset, by the groups of one column, under one protocol."""

    dataset: str
    protocol: str
    subset: tuple[str, ...]
    column: str
    known: GroupScore
    groups: tuple[GroupScore, ...]
    column_auc: Interval
    """How well the embeddings tell the column of test images."""
    index: Interval
    """The robustness index."""
    index_by_chance: float | None
    label_alone: LabelFromColumn
    """How well the column alone tells the label of training images."""

    @cached_property
    def worst(self) -> GroupScore | None:
        """The group with the lowest AUC of those that have one."""
        return min((one for one in self.groups if one.auc.value is not None), key=_auc, default=None)


def lines(one: ColumnScores) -> list[dict[str, object]]:
    """Returns the numbers as rows of a table: of all images whose group is known, then of each group.

    `value` is the group's, null in the line of all, which alone has what is of no group.
    """
    return [_line(one, group) for group in (one.known, *one.groups)]


def column_scores(rows: pl.DataFrame) -> list[ColumnScores]:
    """Reads the rows of groups; of several states of a column, or of its images and vectors, the newest counts."""
    named = rows.with_columns(column=pl.col("params").str.json_path_match("$.column"))
    keys = ["dataset", "protocol", "subset", "column"]
    parts = named.filter(pl.col("column").is_not_null()).partition_by(keys, maintain_order=True)
    return [found for part in parts if (found := _scores(part)) is not None]


def _scores(rows: pl.DataFrame) -> ColumnScores | None:
    state = ["source_md5", "fingerprints", "digest"]
    told = rows.with_columns(digest=pl.col("params").str.json_path_match("$.column_digest")).sort("created", "key")
    measured = told.filter(pl.col("params").str.json_path_match("$.measure") != "whole")
    newest = measured.tail(1).select(state)
    own: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in measured.join(newest, state, how="semi", maintain_order="left").iter_rows(named=True):
        facts = json.loads(row["params"])
        own[facts["measure"], facts.get("group")] = {**row, "facts": facts}
    if ("known", None) not in own:
        return None
    groups = tuple(_group(own, group) for measure, group in own if measure == "group")
    column, near = own.get(("column", None)), own.get(("neighbours", None))
    alone = column["facts"] if column else {}
    first = own["known", None]
    return ColumnScores(
        dataset=first["dataset"],
        protocol=first["protocol"],
        subset=tuple(first["subset"]),
        column=first["column"],
        known=_group(own, None),
        groups=tuple(sorted(groups, key=lambda one: natural(str(one.group)))),
        column_auc=_interval(column, "auc"),
        index=_index(near),
        index_by_chance=near["facts"].get("by_chance") if near else None,
        label_alone=LabelFromColumn(
            alone.get("label_auc"),
            alone.get("label_auc_by_chance"),
            alone.get("label_p"),
            alone.get("label_images", 0),
            alone.get("no_label_auc"),
        ),
    )


def _group(own: Mapping[tuple[str, str | None], Facts], group: str | None) -> GroupScore:
    row = own["known" if group is None else "group", group]
    return GroupScore(
        group,
        row["rows"],
        row["facts"].get("rarest_class", 0),
        row["facts"].get("train_images", 0),
        _interval(row, "auc"),
        _interval(row, "acc"),
        _mean(own) if group is None else _interval(own.get(("left out", group)), "auc"),
    )


def _line(one: ColumnScores, group: GroupScore) -> dict[str, object]:
    whole, nothing = group is one.known, Interval(None, None, None)
    column, index = (one.column_auc, one.index) if whole else (nothing, nothing)
    left_out = None if whole else group.left_out.reason
    reasons = (group.auc.reason, group.acc.reason, left_out, column.reason, index.reason)
    return {
        "subset": list(one.subset),
        "column": one.column,
        "value": group.group,
        "images": group.images,
        "rarest_class": group.rarest_class,
        "train_images": group.train_images,
        "test_auc": group.auc.value,
        "low": group.auc.low,
        "high": group.auc.high,
        "test_acc": group.acc.value,
        "acc_low": group.acc.low,
        "acc_high": group.acc.high,
        "left_out": group.left_out.value,
        "left_out_low": group.left_out.low,
        "left_out_high": group.left_out.high,
        "column_auc": column.value,
        "robustness_index": index.value,
        "index_low": index.low,
        "index_high": index.high,
        "index_by_chance": one.index_by_chance if whole else None,
        "label_auc": one.label_alone.auc if whole else None,
        "label_auc_by_chance": one.label_alone.by_chance if whole else None,
        "label_p": one.label_alone.p if whole else None,
        "reason": "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or None,
    }


def _mean(own: Mapping[tuple[str, str | None], Facts]) -> Interval:
    """The mean over groups; none where a group has none."""
    found = [row["auc"] for (measure, _), row in own.items() if measure == "left out"]
    if not found or None in found:
        return Interval(None, None, None, "a group has none")
    return Interval(fmean(found), None, None, "a mean over groups")


def _interval(row: Facts | None, metric: str) -> Interval:
    if row is None:
        return NOT_MEASURED
    facts = row["facts"]
    reason = row["reason"] if row[metric] is None else facts.get(f"no_{metric}_interval", facts.get("no_interval"))
    return Interval(row[metric], facts.get(f"{metric}_low"), facts.get(f"{metric}_high"), reason)


def _index(row: Facts | None) -> Interval:
    if row is None:
        return NOT_MEASURED
    facts = row["facts"]
    reason = row["reason"] if "index" not in facts else None
    return Interval(facts.get("index"), facts.get("index_low"), facts.get("index_high"), reason)


def _auc(one: GroupScore) -> float:
    assert one.auc.value is not None
    return one.auc.value


def natural(value: str) -> tuple[float, str]:
    """Orders values as people do: numbers by size, before texts."""
    try:
        return float(value), value
    except ValueError:
        return float("inf"), value
