"""Contributions say what each backbone adds to the pool, over all datasets of a protocol."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import fmean

from fuseboard.leaderboard.boards.board import Board, Contribution, Pair, Subset
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rankings.aggregate import shortened_list
from fuseboard.leaderboard.rankings.column_groups import ColumnGroup, column_groups
from fuseboard.leaderboard.rankings.counting import one_size
from fuseboard.leaderboard.rankings.singles import columns
from fuseboard.leaderboard.rows.domains import by_modality
from fuseboard.store.statistics.ties import level


@dataclass(frozen=True)
class BackboneContribution:
    """It holds one backbone's Shapley values. Means are over the counted datasets."""

    backbone: str
    own: Mapping[str, Contribution]
    """Dataset -> its value there."""
    auc: float | None
    acc: float | None
    partner: Pair | None
    """It is most redundant with this one: the mean interaction is the lowest."""
    reason: str | None
    """Why there is no mean."""

    @property
    def aucs(self) -> Mapping[str, float | None]:
        """Map each dataset to its value; None where it is not in the pool."""
        return defaultdict(lambda: None, {dataset: one.auc for dataset, one in self.own.items()})


@dataclass(frozen=True)
class ContributionTable:
    """It holds the contributions under one protocol."""

    protocol: str
    datasets: tuple[str, ...]
    """Columns: those with values."""
    counted: tuple[str, ...]
    """Those whose values are of `pool`, one size of the same images each."""
    why_not: Mapping[str, str]
    """Dataset with values that is not among these -> why, to follow `because`."""
    pool: Subset
    rows: tuple[BackboneContribution, ...]
    """Largest mean first."""
    totals: Mapping[str, float]
    """Dataset -> what the values add up to: the AUC of the whole pool less 0.5."""
    without: Mapping[str, str]
    """Dataset that has no values -> why."""
    modalities: Mapping[str, str]
    """Column -> what its images are called."""

    @property
    def mean_total(self) -> float:
        """Return what the means of the pool add up to."""
        return fmean(self.totals[dataset] for dataset in self.counted)

    @property
    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the columns by modality."""
        return by_modality(self.datasets, self.modalities.__getitem__)

    @property
    def column_groups(self) -> tuple[ColumnGroup, ...]:
        """Return the columns by modality, folded where they are many."""
        return column_groups(self.groups, self.counted)


def contribution_table(snapshot: Snapshot, protocol: str) -> ContributionTable:
    """Return the contributions of every backbone that is in a pool under a protocol.

    Values of different pools are shares of different sums among different many. So the means are over the datasets of
    one pool: that of most datasets, and of equals the larger one. Of two sizes of the same images the larger counts.
    """
    boards = {board.dataset: board for board in columns(snapshot, protocol)}
    known = {dataset: board for dataset, board in boards.items() if board.contributions}
    datasets = snapshot.domains.in_order(known)
    of_pools: dict[Subset, list[str]] = {}
    for dataset in datasets:
        of_pools.setdefault(known[dataset].pool, []).append(dataset)
    sizes = {pool: one_size(dict.fromkeys(own, len(pool)), known, snapshot.domains) for pool, own in of_pools.items()}
    pool = max(sizes, key=lambda pool: (len(sizes[pool][0]), len(pool), pool), default=())
    kept, other_sizes = sizes.get(pool, ((), {}))
    counted = tuple(dataset for dataset in datasets if dataset in kept)
    why_not = other_sizes | {
        dataset: f"its values are shares among another pool, {' + '.join(known[dataset].pool)}"
        for dataset in datasets
        if known[dataset].pool != pool
    }
    names = sorted({one.backbone for board in known.values() for one in board.contributions})
    rows = [_backbone_contribution(name, known, counted, pool) for name in names]
    levelled = dict(zip(names, level([row.auc for row in rows]), strict=True))
    return ContributionTable(
        protocol=protocol,
        datasets=datasets,
        counted=counted,
        why_not=why_not,
        pool=pool,
        rows=tuple(sorted(rows, key=lambda row: (row.auc is None, -(levelled[row.backbone] or 0), row.backbone))),
        totals={dataset: fsum(one.auc for one in known[dataset].contributions) for dataset in datasets},
        without={d: str(boards[d].no_contributions) for d in snapshot.domains.in_order(boards) if d not in known},
        modalities={dataset: snapshot.domains.modality(dataset) for dataset in datasets},
    )


def _backbone_contribution(
    name: str, boards: Mapping[str, Board], counted: Sequence[str], pool: Subset
) -> BackboneContribution:
    own = {d: one for d, board in boards.items() for one in board.contributions if one.backbone == name}
    if name not in pool:
        return BackboneContribution(name, own, None, None, None, f"not in the pool of {shortened_list(counted)}")
    accs = [acc for dataset in counted if (acc := own[dataset].acc) is not None]
    met: dict[str, list[float]] = {}
    for pair in (pair for dataset in counted for pair in own[dataset].pairs):
        met.setdefault(pair.other, []).append(pair.auc)
    pairs = [Pair(other=other, auc=fmean(values)) for other, values in met.items()]
    return BackboneContribution(
        backbone=name,
        own=own,
        auc=fmean(own[dataset].auc for dataset in counted),
        acc=fmean(accs) if len(accs) == len(counted) else None,
        partner=_lowest(pairs),
        reason=None,
    )


def _lowest(pairs: Sequence[Pair]) -> Pair | None:
    """Return the pair with the lowest interaction, of equals the first by name; None of no pairs."""
    levelled = zip(level([pair.auc for pair in pairs]), pairs, strict=True)
    return min(levelled, key=lambda one: (one[0] or 0, one[1].other), default=(None, None))[1]
