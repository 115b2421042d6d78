"""Counting says which datasets the means of a table are over: those that the rows share, in one size each."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.rows.domains import Domains, size

MAX_SETS = 2_000
"""Sets of datasets that are weighed up; more than any board of a dozen datasets has."""


@dataclass(frozen=True)
class Counted:
    """It holds the datasets that means, ranks and tiers are over, and why the other columns are not among them."""

    datasets: tuple[str, ...]
    why_not: Mapping[str, str]
    """Column that does not count -> why, to follow `because`."""


def counted(
    boards: Sequence[Board],
    columns: Sequence[str],
    rows: Mapping[str, Collection[str]],
    domains: Domains,
    same_pool: bool = False,
) -> Counted:
    """Choose the datasets that count: no row is to lose its place for want of one dataset that few rows have.

    Of several sizes of the same images the one counts that most rows have, of equals the largest. Of the sets of
    datasets that are left, the one with the largest product of its datasets and the rows that have them all counts:
    one more dataset must be worth the rows that it costs. Of equals it is the one of more datasets.

    Args:
        boards: of the columns.
        columns: datasets, in order.
        rows: row -> the datasets where it has a test AUC, of the rows that are to be ranked.
        domains: of the store.
        same_pool: whether rows are ways to use a whole pool, whose scores from pools of other backbones have no mean.
    """
    own = {board.dataset: board for board in boards}
    having = {dataset: sum(dataset in there for there in rows.values()) for dataset in columns}
    why_not = {dataset: "no row that is ranked has a test AUC there" for dataset in columns if not having[dataset]}
    kept, sizes = one_size({name: count for name, count in having.items() if count}, own, domains)
    why_not |= sizes
    pools = {dataset: own[dataset].pool if same_pool else () for dataset in kept}
    chosen = _largest([frozenset(there) for there in rows.values()], pools)
    for dataset in kept:
        if dataset not in chosen:
            why_not[dataset] = _why(dataset, chosen, pools, having[dataset], len(rows))
    return Counted(
        tuple(dataset for dataset in columns if dataset in chosen),
        {dataset: why_not[dataset] for dataset in columns if dataset in why_not},
    )


def one_size(
    having: Mapping[str, int], boards: Mapping[str, Board], domains: Domains
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return of each set of images the size that most rows have, of equals the largest, and why others do not count.

    Args:
        having: dataset -> rows that have it.
        boards: dataset -> its board.
        domains: of the store.
    """
    sizes: dict[str, list[str]] = {}
    for dataset in having:
        sizes.setdefault(domains.source(dataset, boards[dataset].source_md5), []).append(dataset)
    kept = [max(same, key=lambda one: (having[one], size(one))) for same in sizes.values()]
    why_not = {}
    for best, same in zip(kept, sizes.values(), strict=True):
        for dataset in same:
            if dataset != best:
                more = "which was measured for more rows" if having[best] > having[dataset] else "which is larger"
                why_not[dataset] = f"it is another size of the images of {best}, {more}"
    return tuple(kept), why_not


def _largest(rows: Sequence[frozenset[str]], pools: Mapping[str, Subset]) -> frozenset[str]:
    """Return the set of datasets of one pool with the largest product; rows are the datasets that each of them has."""
    alike = Counter(rows)
    found: dict[frozenset[str], tuple[int, int, int]] = {}
    for pool in dict.fromkeys(pools.values()):
        of_pool = frozenset(dataset for dataset, its in pools.items() if its == pool)
        for datasets in _intersections([row & of_pool for row in alike]):
            having = sum(count for row, count in alike.items() if datasets <= row)
            found[datasets] = (len(datasets) * having, len(datasets), len(pool))
    order = list(pools)
    return max(found, key=lambda one: (found[one], [dataset in one for dataset in order]), default=frozenset())


def _intersections(rows: Sequence[frozenset[str]]) -> set[frozenset[str]]:
    """Return the sets that several rows share: the best one is among them, because it has every dataset that its rows
    share. The largest are kept where there are too many to look at."""
    found: set[frozenset[str]] = set()
    for row in dict.fromkeys(rows):
        found |= {row} | {row & other for other in found}
        if len(found) > MAX_SETS:
            found = set(sorted(found, key=lambda one: (-len(one), sorted(one)))[:MAX_SETS])
    return {one for one in found if one}


def _why(dataset: str, chosen: Collection[str], pools: Mapping[str, Subset], having: int, rows: int) -> str:
    if chosen and pools[dataset] != pools[next(iter(chosen))]:
        return (
            f"its pool is another one, of {len(pools[dataset])} backbones, and scores of different pools have no mean"
        )
    return f"only {having} of {rows} rows {'has' if having == 1 else 'have'} a test AUC there"
