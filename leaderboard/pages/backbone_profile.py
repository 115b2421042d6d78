"""The profile of a backbone is everything that the boards say about it, dataset by dataset."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board, Contribution, Subset
from fuseboard.leaderboard.boards.build import competition_ranks
from fuseboard.leaderboard.boards.similarity import Grid
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.published.verdicts.figures import published_figures
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict
from fuseboard.leaderboard.rankings.table import RankedRow, RankingTable, Score
from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.manifest import Manifest

MAX_SIMILAR = 3
"""Others that are named as the most alike."""


@dataclass(frozen=True)
class SingleScore:
    """It is the score of the backbone alone, on one dataset."""

    score: Score
    rank: int | None
    """Among the backbones alone, by test AUC; null without one."""
    of: int
    """Backbones that have a rank."""
    untrained: Score | None
    """The score of the same network with random weights; null where that was not measured here."""


@dataclass(frozen=True)
class Results:
    """They are the backbone's results under one protocol."""

    protocol: str
    ranked_row: RankedRow | None
    """Its row among the backbones alone; null where it was never measured alone."""
    alone: tuple[SingleScore, ...]
    ranked: int
    """Backbones that have a rank over all datasets."""


@dataclass(frozen=True)
class PoolContribution:
    """It says what the backbone adds to the pool of one board, or why that is not known."""

    dataset: str
    protocol: str
    contribution: Contribution | None
    place: int | None
    """It is the rank by AUC among the backbones of the pool, the largest first."""
    pool: int
    reason: str | None
    chosen: Subset | None
    """The chosen subset, where it is in that."""
    selection_frequency: float | None
    """Share of resamples of the validation images in which it is in the chosen subset."""


@dataclass(frozen=True)
class SimilarBackbones:
    """They are the backbones whose embeddings of a dataset are most similar."""

    dataset: str
    others: tuple[tuple[str, float], ...]
    """Name and CKA, most alike first."""


def names(snapshot: Snapshot) -> list[str]:
    """Return every backbone that has embeddings or a result row, by name."""
    measured = snapshot.rows["subset"].explode().drop_nulls().unique()
    return sorted({manifest.backbone for manifest in snapshot.manifests} | set(measured))


def versions(name: str, snapshot: Snapshot) -> list[Manifest]:
    """Return all versions that the store holds, that of the boards first, then by what the store says is current."""
    own = [manifest for manifest in snapshot.manifests if manifest.backbone == name]
    ranked = {one.fingerprint for board in snapshot.boards for one in board.versions if one.backbone == name}
    return sorted(
        own, key=lambda m: (m.fingerprint in ranked, snapshot.says.precedence(name, m.fingerprint)), reverse=True
    )


def results(
    name: str, singles: Iterable[RankingTable], demo: Sequence[RankingTable], boards: Sequence[Board]
) -> Iterator[Results]:
    """Yield one per protocol under which there is a board; sets that are not medical come last and rank nothing.

    Args:
        name: of the backbone.
        singles: the backbones alone, per protocol.
        demo: the same on sets that are not medical.
        boards: of every dataset.
    """
    for table in singles:
        row = _row(table, name)
        found = [
            one
            for own in (table, *(each for each in demo if each.protocol == table.protocol))
            for one in _alone(name, own, boards)
        ]
        yield Results(table.protocol, row, tuple(found), sum(one.rank is not None for one in table.rows))


def _alone(name: str, table: RankingTable, boards: Sequence[Board]) -> Iterator[SingleScore]:
    row, floor = _row(table, name), _row(table, f"{name}{random_weights.STORED}")
    for dataset in table.datasets if row else ():
        assert row is not None
        own = next(b for b in boards if (b.dataset, b.protocol) == (dataset, table.protocol))
        ranks = {one.entry.subset[0]: one.rank for one in own.singles}
        if name in ranks:
            of = sum(rank is not None for rank in ranks.values())
            under = floor.scores[dataset] if floor else None
            untrained = under if under and under.auc is not None else None
            yield SingleScore(row.scores[dataset], ranks[name], of, untrained)


def _row(table: RankingTable, name: str) -> RankedRow | None:
    return next((row for row in table.rows if row.name == name), None)


def pool_contributions(name: str, boards: Iterable[Board]) -> Iterator[PoolContribution]:
    """Yield one per board that it is on."""
    for board in boards:
        if name not in {version.backbone for version in board.versions}:
            continue
        places = competition_ranks([one.auc for one in board.contributions])
        ranked = zip(places, board.contributions, strict=True)
        place, own = next(((place, one) for place, one in ranked if one.backbone == name), (None, None))
        role = board.role("chosen")
        chosen = role.entry.subset if role and role.entry and name in role.entry.subset else None
        outside = "it is outside the pool: it was measured alone only"
        yield PoolContribution(
            dataset=board.dataset,
            protocol=board.protocol,
            contribution=own,
            place=place,
            pool=len(board.contributions),
            reason=None if own else board.no_contributions or outside,
            chosen=chosen,
            selection_frequency=dict(board.selection_quality.backbones).get(name, 0.0)
            if board.selection_quality
            else None,
        )


def similar_backbones(name: str, grids: Mapping[str, Grid]) -> Iterator[SimilarBackbones]:
    """Yield one per dataset on which it was compared with others."""
    for dataset, grid in grids.items():
        if name in grid.backbones:
            row = grid.cells[grid.backbones.index(name)]
            pairs = zip(grid.backbones, row, strict=True)
            found = [(other, cell.cka) for other, cell in pairs if other != name and cell.cka is not None]
            if found:
                yield SimilarBackbones(dataset, tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:MAX_SIMILAR]))


def published(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """Map each backbone to the test figures that others published of it alone, each with what was measured beside it.

    Args:
        verdicts: one per published figure, in the order of `published_figures`.
    """
    found: dict[str, list[Verdict]] = {}
    for cell, verdict in zip(published_figures(), verdicts, strict=True):
        if len(cell.subset) == 1 and verdict.split == "test":
            found.setdefault(cell.subset[0], []).append(verdict)
    return found
