"""Alternative methods use the same embeddings; they are compared with the chosen subset and never ranked with it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.boards.uncertainty import NOT_KEPT, Uncertainty, measured_chosen, uncertainty
from fuseboard.leaderboard.statistics.wilson import wilson
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.evaluations import EVALUATIONS, LATE, TUNED, on_board
from fuseboard.store.results.selection import SCORE, Criterion, choose
from fuseboard.store.statistics.test_metrics import Measured, mean
from fuseboard.store.statistics.ties import level

TITLES = on_board("alternatives")
"""Evaluation -> as people read it, in the order of the page."""
ALL_BACKBONES = "votes of all backbones"
"""The vote that needs no choice, beside the one that was chosen."""
SETTING = ["subset", "fusion", "classifier", "protocol_digest"]


@dataclass(frozen=True)
class SelectedRows:
    """These are the test rows of one method: what its evaluation chose on validation, one per seed."""

    evaluation: str
    protocol: str
    rows: tuple[Mapping[str, Any], ...]
    reason: str | None = None
    """Why nothing could be picked; null when something was."""
    title: str | None = None
    """Where it is not that of its evaluation."""


@dataclass(frozen=True)
class Method:
    """A method has these scores on test, which are means over seeds where there are several."""

    evaluation: str
    title: str
    protocol: str
    subset: Subset
    fusion: str | None
    classifier: str | None
    seeds: tuple[int, ...]
    keys: tuple[str, ...]
    auc: float | None
    acc: float | None
    reason: str | None
    """Why a metric is missing, or there is no row."""
    acc_interval: tuple[float, float] | None
    """Wilson's, of a single row."""
    uncertainty: Uncertainty | None
    no_uncertainty: str | None

    @property
    def setting(self) -> str:
        """Return what distinguishes it from other rows of its evaluation, as people read it."""
        told_by = EVALUATIONS[self.evaluation].setting
        if told_by == "seeds":
            return f"mean of {len(self.seeds)} seed{'s'[: len(self.seeds) != 1]}"
        return str(self.classifier if told_by == "classifier" else self.fusion)


def selected_rows(board: Board, rows: pl.DataFrame, with_predictions: Collection[str]) -> tuple[SelectedRows, ...]:
    """Return what each other evaluation chose over the board's own embeddings, under the board's protocol.

    An evaluation that tries many settings keeps the predictions of those that won on validation, one per subset; among
    these the subset is chosen by the protocol's own rule. Tuned rows are of subsets that were chosen before. Beside the
    vote that was chosen stands that of the whole pool. A vote of one says what that backbone says, whose row is there
    already.

    Args:
        board: of the search.
        rows: of the store, marked.
        kept: keys of the test rows that have predictions.
    """
    versions = {version.backbone: version.fingerprint for version in board.versions}
    own = rows.filter(
        pl.col("dataset") == board.dataset,
        pl.col("evaluation").is_in(list(TITLES)),
        (pl.col("protocol") == board.protocol) | pl.col("protocol").str.starts_with(f"{board.protocol}-trials"),
        pl.col("source_md5") == board.source_md5,
        pl.col("superseded").is_null(),
    ).with_columns(pl.col("auc", "acc").fill_nan(None))
    same = [
        all(versions.get(name) == version for name, version in zip(subset, fingerprints, strict=True))
        for subset, fingerprints in own.select("subset", "fingerprints").iter_rows()
    ]
    own = own.filter(pl.Series(same, dtype=pl.Boolean))
    found: list[SelectedRows] = []
    for group in own.partition_by("evaluation", "protocol", maintain_order=True):
        evaluation = group["evaluation"][0]
        if evaluation == TUNED.name:
            found += _tuned(group)
        else:
            one_seed = group.filter(pl.col("seed") == board.seed)
            parts = one_seed.partition_by("fusion", maintain_order=True) if evaluation == LATE.name else [one_seed]
            found += [_winner(part, with_predictions) for part in parts if len(part)]
            found += [selected for part in parts if evaluation == LATE.name for selected in _all_backbones(part, board)]
    order = list(TITLES)
    return tuple(sorted(found, key=lambda selected: (order.index(selected.evaluation), selected.protocol)))


def methods(board: Board, chosen: tuple[SelectedRows, ...], found: Mapping[str, Measured | str]) -> tuple[Method, ...]:
    """Return the selected rows with their test scores.

    Args:
        board: of the search, whose chosen subset they are held against.
        chosen: what `selected_rows` gave.
        found: key of a test row -> what it measures, or why it does not.
    """
    reference = measured_chosen(board, found)
    independent = board.task is not None and not is_multi_label(board.task)
    return tuple(_method(selected, found, reference, independent) for selected in chosen)


def _tuned(group: pl.DataFrame) -> Iterator[SelectedRows]:
    test = group.filter(pl.col("split") == "test").sort("subset", "seed")
    for part in test.partition_by("subset", maintain_order=True):
        yield SelectedRows(part["evaluation"][0], part["protocol"][0], tuple(part.iter_rows(named=True)))


def _all_backbones(group: pl.DataFrame, board: Board) -> Iterator[SelectedRows]:
    """Yield the vote of the whole pool, where its subsets were voted on."""
    whole = pl.col("subset").list.join("+") == "+".join(board.pool)
    test = group.filter(whole, pl.col("split") == "test").sort("created", "key").tail(1)
    if len(test) and group["subset"].list.join("+").n_unique() > 1:
        yield SelectedRows(LATE.name, group["protocol"][0], tuple(test.iter_rows(named=True)), title=ALL_BACKBONES)


def _winner(group: pl.DataFrame, with_predictions: Collection[str]) -> SelectedRows:
    evaluation, protocol = group["evaluation"][0], group["protocol"][0]
    winners = (
        group.filter(pl.col("key").is_in(list(with_predictions)), pl.col("split") == "test").select(SETTING).unique()
    )
    entered = group.join(winners, on=SETTING, how="semi", maintain_order="left") if len(winners) else group
    try:
        chosen = choose(entered).chosen
    except FuseboardError as error:
        return SelectedRows(evaluation, protocol, (), str(error))
    if evaluation == LATE.name and len(chosen) == 1:
        return SelectedRows(evaluation, protocol, (), f"one voter was chosen, {chosen[0]}, which is no vote")
    own = entered.filter(pl.col("subset").list.join("+") == "+".join(chosen))
    criterion = Criterion(own["selection"][0][0])
    # Several settings are left where none kept its predictions, or an evaluation was defined anew: validation decides.
    judged = own.filter(pl.col("split") == criterion.split, criterion.score.is_not_null())
    scores = pl.Series(SCORE, level(judged.select(criterion.score).to_series().to_list()), pl.Float64)
    best = judged.with_columns(scores).sort(SCORE, "created", "key", descending=True).head(1)
    test = own.filter(pl.col("split") == "test").join(best, on=SETTING, how="semi")
    return SelectedRows(
        evaluation, protocol, tuple(test.iter_rows(named=True)), None if len(test) else "it has no row on test"
    )


def _method(
    selected: SelectedRows, found: Mapping[str, Measured | str], chosen: Measured | str, independent: bool
) -> Method:
    rows = selected.rows
    nothing: Mapping[str, Any] = {"subset": (), "fusion": None, "classifier": None}
    first = rows[0] if rows else nothing
    auc, acc = ([row[metric] for row in rows if row[metric] is not None] for metric in ("auc", "acc"))
    reasons = [row["reason"] or "no reason was stored" for row in rows if row["auc"] is None or row["acc"] is None]
    measured = [found.get(row["key"], NOT_KEPT) for row in rows]
    refused = [one for one in measured if isinstance(one, str)]
    usable = [one for one in measured if isinstance(one, Measured)]
    whole = bool(usable) and not refused
    share = acc[0] if len(rows) == len(acc) == 1 and independent and rows[0]["rows"] else None
    return Method(
        evaluation=selected.evaluation,
        title=selected.title or TITLES[selected.evaluation],
        protocol=selected.protocol,
        subset=tuple(first["subset"]),
        fusion=first["fusion"],
        classifier=first["classifier"],
        seeds=tuple(row["seed"] for row in rows),
        keys=tuple(row["key"] for row in rows),
        auc=fmean(auc) if rows and len(auc) == len(rows) else None,
        acc=fmean(acc) if rows and len(acc) == len(rows) else None,
        reason=selected.reason or next(iter(reasons), None),
        acc_interval=wilson(share, rows[0]["rows"]) if share is not None else None,
        uncertainty=uncertainty(mean(usable), chosen) if whole else None,
        no_uncertainty=None if whole else next(iter(refused), selected.reason),
    )
