"""Boards are built from the rows of a store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Board, Correlation, Entry, Role, Single, Subset, Superseded, Version
from fuseboard.leaderboard.boards.entries import entries_of, environments_of
from fuseboard.leaderboard.boards.selection_quality import contributions_of, selection_quality_of
from fuseboard.leaderboard.rows.current import OTHER_VERSION, ROWS_ALONE, mark
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.current import Current
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.evaluations import FUSION
from fuseboard.store.results.rank_correlation import spearman
from fuseboard.store.results.roles import BEST_ON_TEST
from fuseboard.store.results.selection import Choice, best_on_test, choose
from fuseboard.store.statistics.ties import level


def boards(
    rows: pl.DataFrame,
    tasks: Mapping[str, str],
    guesses: Mapping[str, float] | None = None,
    current: Current = ROWS_ALONE,
    derived: Collection[str] = (),
) -> tuple[Board, ...]:
    """Return one board per dataset and protocol, by name, over the concatenation of every measured subset.

    Args:
        rows: result rows of a store, of any evaluation.
        tasks: dataset -> task as the manifests say it.
        guesses: dataset -> test accuracy of the most frequent answer.
        current: of the store, which says what is ranked.
        derived: names of derived versions, which are part of subsets and no single backbones.
    """
    fused = mark(rows.filter(pl.col("evaluation") == FUSION.name, pl.col("fusion") == "concat"), current)
    groups = fused.sort("dataset", "protocol").partition_by("dataset", "protocol", maintain_order=True)
    known = guesses or {}
    return tuple(
        _board(group, tasks.get(group["dataset"][0]), known.get(group["dataset"][0]), derived) for group in groups
    )


def competition_ranks(values: Sequence[float | None]) -> list[int | None]:
    """Ranks of the values, highest first: equals share a rank and the next is skipped; a missing value has none."""
    levelled = level(values)
    places: dict[float, int] = {}
    for place, value in enumerate(sorted((value for value in levelled if value is not None), reverse=True), 1):
        places.setdefault(value, place)
    return [None if value is None else places[value] for value in levelled]


def _board(group: pl.DataFrame, task: str | None, guess: float | None, derived: Collection[str]) -> Board:
    superseded = group.filter(pl.col("superseded").is_not_null()).group_by("superseded").len().sort("superseded")
    # A stored NaN is no number to rank by; Polars would put it above every real one.
    current = group.filter(pl.col("superseded").is_null()).with_columns(pl.col("auc", "acc").fill_nan(None))
    seeds = sorted(set(current["seed"]))
    rows = current.filter(pl.col("seed") == seeds[0])
    first: dict[str, Any] = rows.row(0, named=True)
    environments = environments_of(rows)
    independent = task is not None and not is_multi_label(task)
    entries = entries_of(rows, environments, independent)
    versions = rows.select("subset", "fingerprints").explode("subset", "fingerprints").unique().sort(pl.all())
    try:
        choice, no_choice = choose(rows), None
    except FuseboardError as error:
        choice, no_choice = None, str(error)
    pool = _pool(rows, group.filter(pl.col("superseded") == OTHER_VERSION))
    possible = 2 ** len(pool) - 1 + len(versions) - len(pool)
    selection_quality, no_selection_quality = (
        selection_quality_of(rows, len(entries), possible) if choice else (None, no_choice)
    )
    contributions, no_contributions = contributions_of(rows, pool, guess)
    return Board(
        **{name: first[name] for name in ("dataset", "protocol", "protocol_digest", "classifier", "source_md5")},
        selection=tuple(first["selection"]),
        task=task,
        seed=seeds[0],
        other_seeds=tuple(seeds[1:]),
        versions=tuple(Version(backbone=name, fingerprint=version) for name, version in versions.iter_rows()),
        environments=environments,
        entries=entries,
        singles=_singles([entry for entry in entries if entry.subset[0] not in derived]),
        roles=_roles(rows, entries, choice, pool) if choice else (),
        no_choice=no_choice,
        ties=choice.ties if choice else (),
        pool=pool,
        measured=len(entries),
        possible=possible,
        correlation=_correlation(rows),
        selection_quality=selection_quality,
        no_selection_quality=no_selection_quality,
        contributions=contributions,
        no_contributions=no_contributions,
        superseded=tuple(Superseded(reason=reason, rows=count) for reason, count in superseded.iter_rows()),
    )


def _pool(rows: pl.DataFrame, old: pl.DataFrame) -> Subset:
    """Return what the search chooses among.

    Backbones that were only ever measured alone are no part of it: to call a search of nine incomplete because of fifty
    others would hide that it is exhaustive. One whose joined subsets are of another version still is.
    """
    present = set(rows["subset"].explode())
    both = pl.concat([rows["subset"], old["subset"]])
    joined = set(both.filter(both.list.len() > 1).explode())
    learned = {name for name in present if random_weights.trained(name) is None}
    return tuple(sorted(present & joined or learned or present))


def _singles(entries: Sequence[Entry]) -> tuple[Single, ...]:
    alone = [entry for entry in entries if len(entry.subset) == 1]
    ranks = competition_ranks([entry.test.auc for entry in alone])
    singles = [Single(rank=rank, entry=entry) for rank, entry in zip(ranks, alone, strict=True)]
    return tuple(sorted(singles, key=lambda single: (single.rank or len(alone) + 1, single.entry.subset)))


def _roles(rows: pl.DataFrame, entries: Sequence[Entry], choice: Choice, pool: Subset) -> tuple[Role, ...]:
    by_subset = {entry.subset: entry for entry in entries}
    chosen = by_subset[choice.chosen]
    try:
        single, no_single = by_subset[choose(rows.filter(pl.col("subset").list.len() == 1)).chosen], None
    except FuseboardError:
        single, no_single = None, "no backbone was measured alone where the protocol chooses"
    all_backbones = by_subset.get(choice.all_backbones) or by_subset.get(pool)
    why_not_all = None if all_backbones else f"the subset of all {len(pool)} backbones was not measured"
    on_test = {name: best_on_test(rows, metric) for name, metric in BEST_ON_TEST.items()}
    return (
        _role("chosen", chosen, None, chosen),
        _role("all backbones", all_backbones, why_not_all, chosen),
        _role("best single", single, no_single, chosen),
        *(_role(name, by_subset.get(subset), reason, chosen) for name, (subset, reason) in on_test.items()),
    )


def _role(name: Any, entry: Entry | None, reason: str | None, chosen: Entry) -> Role:
    return Role(
        name=name,
        entry=entry,
        reason=reason,
        auc_minus_chosen=_difference(entry.test.auc if entry else None, chosen.test.auc),
        acc_minus_chosen=_difference(entry.test.acc if entry else None, chosen.test.acc),
    )


def _difference(value: float | None, reference: float | None) -> float | None:
    return None if value is None or reference is None else value - reference


def _correlation(rows: pl.DataFrame) -> Correlation:
    auc, acc = spearman(rows, "auc"), spearman(rows, "acc")
    reason = "fewer than three subsets, or all of them score the same" if auc is None or acc is None else None
    return Correlation(auc=auc, acc=acc, reason=reason)
