"""The regression check tells whether every number is still what it was, and still what it is made from."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fuseboard.leaderboard.published.verdicts import csv_file as verdict_file
from fuseboard.leaderboard.published.verdicts.regressions import verdict_regressions
from fuseboard.leaderboard.published.verdicts.verdicts import WORDS, judge
from fuseboard.leaderboard.regression import reference
from fuseboard.leaderboard.regression.changes import StoredRows, compare, score_changes
from fuseboard.leaderboard.regression.finding import Finding
from fuseboard.leaderboard.regression.recompute import about, recompute
from fuseboard.leaderboard.regression.reference import Row
from fuseboard.leaderboard.rows import shipped_rows
from fuseboard.leaderboard.rows.changed_inputs import changed_inputs, row_inputs
from fuseboard.leaderboard.rows.current import mark
from fuseboard.store import installation
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.evaluations import FUSION
from fuseboard.store.results.selection import choose
from fuseboard.store.store import Store

SMALL = 2_000
"""Training images up to which a dataset is fitted anew."""

Metrics = Mapping[str, float | None]
Refit = Callable[[Store, str, str, tuple[str, ...]], Mapping[str, Metrics]]
"""Fits (store, dataset, protocol, subset) from the store's embeddings, keeps nothing, and says AUC and ACC per
split."""


@dataclass(frozen=True)
class Report:
    """It says what was checked and what was found."""

    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    """What was looked at and what could not be, one line each."""


def check(store: Store, folder: Path, refit: Refit, whole: bool = True) -> Report:
    """Holds a store's rows against their own predictions, against the reference, and against published figures.

    Args:
        store: with nothing read yet.
        folder: of the reference.
        refit: what fits small datasets anew.
        whole: the store once had every row of the reference that its embeddings allow. Else only those are looked for
            that a search or evaluation of this store measured.

    Raises:
        FuseboardError: the store or the reference cannot be read.
    """
    rows = store.rows(scores=True)
    recomputed = recompute(store, rows)
    present = StoredRows(mark(rows.drop("scores", "right"), store.current), store.versions)
    committed = reference.read(folder)
    known = [row for row in committed if present.holds(row.dataset)]
    found = present.like(known)
    # What ships was measured with more backbones than most stores have; only what could be here can be gone.
    possible = [row for row in known if row.identity in found or present.can_measure(row)]
    held = [row for row in possible if whole or row.identity in found or present.measured_with(row)]
    elsewhere, never = len(known) - len(possible), len(possible) - len(held)
    moved = score_changes(held, found, present)
    try:
        again, fits = _refit(store, [row for row in held if row.identity in found], found, present, refit)
        fitted = f"{fits} subsets fitted anew"
    except ModuleNotFoundError as error:  # the leaderboard alone is light; what it can check it does
        mend = installation.command("harness")
        again, fitted = [], f"nothing fitted anew: {error.name} is not installed (`{mend}`)"
    said = [v for v in verdict_file.read(folder / reference.VERDICTS) if present.holds(v.dataset)]
    now = judge(present.rows, store.current)
    fallen = [
        Finding(
            "verdict",
            f"{change.before.dataset} {change.before.split}, {change.before.subject} ({change.before.file})",
            change.before.metric,
            change.before.verdict,
            change.now.verdict if change.now else None,
            change.what,
        )
        for change in verdict_regressions(said, now)
    ]
    missing = sorted({row.dataset for row in committed if not present.holds(row.dataset)})
    is_shipped = folder.resolve() == shipped_rows.SHIPPED.resolve()
    of_whom = "the reference that ships" if is_shipped else f"the reference in {folder.name}"
    words = Counter(verdict.verdict for verdict in now)
    remarks = [
        f"{recomputed.rows} rows recomputed from their predictions; {len(rows) - recomputed.rows} kept none",
        f"{len(held)} rows held against {of_whom}",
        *(
            [f"{elsewhere} more rows of the reference are of backbones that this store has no embeddings of"]
            if elsewhere
            else []
        ),
        *([f"{never} more rows of the reference were never measured in this store"] if never else []),
        *(f"{name}: in the reference, but this store has nothing of it, so it was not checked" for name in missing),
        fitted,
        "published figures: " + ", ".join(f"{words[word]:,} {word}" for word in WORDS),
    ]
    return Report((*recomputed.findings, *moved, *again, *fallen), tuple(remarks))


def _refit(
    store: Store,
    held: Sequence[Row],
    rows: Mapping[tuple[Any, ...], Mapping[str, Any]],
    present: StoredRows,
    refit: Refit,
) -> tuple[list[Finding], int]:
    """Fits the single backbones and the chosen subset of small datasets anew; says also how many fits that were."""
    fused = [row for row in held if row.evaluation == FUSION.name and _is_small(row, present)]
    findings: list[Finding] = []
    fits = 0
    for dataset, protocol in dict.fromkeys((row.dataset, row.protocol) for row in fused):
        own = [row for row in fused if (row.dataset, row.protocol) == (dataset, protocol)]
        chosen = _chosen(present, dataset, protocol)
        for subset in sorted({row.subset for row in own if len(row.subset) == 1 or row.subset == chosen}):
            of_subset = [row for row in own if row.subset == subset]
            try:
                metrics = refit(store, dataset, protocol, subset)
            except FuseboardError as error:
                findings.append(Finding("fitted anew", about(vars(of_subset[0])), "row", None, None, str(error)))
                continue
            fits += 1
            for row in of_subset:
                if row.split in metrics:
                    why = changed_inputs(row.inputs, row_inputs(rows[row.identity], present.vectors))
                    findings += compare("fitted anew", row, metrics[row.split], *why)
    return findings, fits


def _is_small(row: Row, present: StoredRows) -> bool:
    entries = [v.manifest.datasets[row.dataset] for v in present.versions if row.dataset in v.manifest.datasets]
    return any(entry.splits["train"].rows <= SMALL for entry in entries if "train" in entry.splits)


def _chosen(present: StoredRows, dataset: str, protocol: str) -> tuple[str, ...]:
    """Return what the store's rows choose; nothing where they cannot."""
    fused = present.rows.filter(
        pl.col("evaluation") == FUSION.name, pl.col("dataset") == dataset, pl.col("protocol") == protocol
    )
    try:
        return choose(fused.filter(pl.col("superseded").is_null())).chosen
    except FuseboardError:
        return ()
