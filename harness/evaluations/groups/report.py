"""The report of groups: a line per subset and group, the worst group, and the alarms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from fuseboard.harness.terminal.report import Facts
from fuseboard.store.files.foreign_text import foreign
from fuseboard.store.results.group_rows import ColumnScores, column_scores, lines

FEW = 10
"""Images of a class below which an AUC is hardly known."""


@dataclass(frozen=True)
class GroupReport:
    """What was measured of some columns."""

    rows: pl.DataFrame
    remarks: Sequence[str]
    """What is not in the numbers, a line each."""

    @cached_property
    def scores(self) -> list[ColumnScores]:
        """The scores of every subset by every column."""
        return column_scores(self.rows)

    @property
    def table(self) -> list[Facts]:
        """For every subset and column a line of all images whose group is known, and one of each group."""
        return [
            {"subset": "+".join(one.subset), "group": _named(one.column, line["value"])} | _rest(line)
            for one in self.scores
            for line in lines(one)
        ]

    @property
    def wide_only(self) -> Sequence[str]:
        """What notes say, and bounds of all but the AUC."""
        return (
            *("column", "value", "rarest_class", "train_images", "test_acc", "acc_low", "acc_high", "left_out_low"),
            *("left_out_high", "column_auc", "robustness_index", "index_low", "index_high", "index_by_chance"),
            *("label_auc", "label_auc_by_chance", "label_p", "reason"),
        )

    @property
    def notes(self) -> list[str]:
        """What is left out, what a column tells of the label by itself, the worst groups, why numbers are missing."""
        few = (line for one in self.scores for line in _few(one))
        told = (line for one in self.scores for line in (_worst(one), _seen(one)) if line)
        return [*self.remarks, *dict.fromkeys([*self._alarms, *few, *told, *self._missing])]

    @property
    def _alarms(self) -> Iterator[str]:
        for one in self.scores:
            alone, name = one.label_alone, foreign(one.column)
            if alone.auc is None:
                yield f"{name} alone cannot tell the label: {alone.reason}"
            elif alone.is_alarming:
                yield (
                    f"alarm: {name} alone tells the label of training images, AUC {alone.auc:.3f}, by chance up to "
                    f"{alone.by_chance:.3f} (p = {alone.p:.3f}); a classifier may have learned {name} instead: look at "
                    "the groups, and at the AUC with a group left out"
                )
            else:
                yield (
                    f"{name} alone does not tell the label of training images: AUC {alone.auc:.3f}, by chance up to "
                    f"{alone.by_chance:.3f}"
                )

    @property
    def _missing(self) -> Iterator[str]:
        for one in self.scores:
            for group in one.groups:
                name = f"{foreign(one.column)}={foreign(str(group.group))}"
                if group.auc.value is None:
                    yield f"{name}: no AUC, {group.auc.reason}"
                elif group.auc.low is None:
                    yield f"{name}: {group.auc.reason}"
                if group.left_out.value is None and group.left_out.reason != group.auc.reason:
                    yield f"{name} left out: no AUC, {group.left_out.reason}"
            if one.column_auc.value is None:
                yield f"{foreign(one.column)} is not predicted: {one.column_auc.reason}"
            if one.index.value is None:
                yield f"no robustness index of {foreign(one.column)}: {one.index.reason}"


def _named(column: str, value: object) -> str:
    return f"all with {column}" if value is None else f"{column}={value}"


def _rest(line: Facts) -> Facts:
    return {name: cell for name, cell in line.items() if name != "subset"}


def _worst(one: ColumnScores) -> str:
    worst, name = one.worst, "+".join(one.subset)
    if worst is None:
        return f"{name}: no group of {foreign(one.column)} has an AUC"
    auc = worst.auc
    said = f" ({auc.low:.3f} to {auc.high:.3f})" if auc.low is not None else ""
    whole = f"; all {one.known.auc.value:.3f}" if one.known.auc.value is not None else ""
    return (
        f"{name}: the worst of {len(one.groups)} groups is {foreign(one.column)}={foreign(str(worst.group))}, AUC "
        f"{auc.value:.3f}{said}{whole}"
    )


def _seen(one: ColumnScores) -> str | None:
    """Says how plainly the embeddings show the column."""
    name, found = foreign(one.column), []
    if one.column_auc.value is not None:
        found.append(f"{name} is read off the embeddings with AUC {one.column_auc.value:.3f}")
    if one.index.value is not None:
        chance = f", {one.index_by_chance:.3f} by chance" if one.index_by_chance is not None else ""
        span = f" ({one.index.low:.3f} to {one.index.high:.3f}{chance})" if one.index.low is not None else ""
        found.append(f"robustness index {one.index.value:.3f}{span}")
    return f"{'+'.join(one.subset)}: {'; '.join(found)}" if found else None


def _few(one: ColumnScores) -> Iterator[str]:
    for group in one.groups:
        if group.auc.value is not None and group.rarest_class < FEW:
            yield (
                f"{foreign(one.column)}={foreign(str(group.group))} has {group.rarest_class} test image"
                f"{'s' * (group.rarest_class > 1)} of its rarest class; below {FEW} an AUC is hardly known, whatever "
                "its interval says"
            )
