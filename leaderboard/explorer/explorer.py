"""The explorer shows every measured subset with its scores and costs, of one dataset or as a mean over several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from fuseboard.leaderboard.boards.board import Board, Entry, Score, Subset
from fuseboard.leaderboard.boards.uncertainty import SubsetUncertainties, Uncertainty
from fuseboard.leaderboard.costs.inference_cost import InferenceCost, InferenceCosts
from fuseboard.store.statistics.ties import level


@dataclass(frozen=True)
class SubsetRow:
    """A row is one subset on one dataset."""

    entry: Entry
    place: int | None
    """This is the rank on validation, ties broken as the protocol does; null without the score that it chooses by."""
    marks: tuple[str, ...]
    """The roles it plays, and `tied` where it shares the best score on validation."""
    keys: Mapping[str, str]
    """Split -> key of the result row."""
    uncertainty: Uncertainty | None
    inference_cost: InferenceCost

    @property
    def subset(self) -> Subset:
        """Return the backbones of the subset."""
        return self.entry.subset


@dataclass(frozen=True)
class MeanRow:
    """A row is one subset over several datasets, which have equal weights."""

    subset: Subset
    place: int
    """This is the rank by `val`, ties broken as the protocol does."""
    val: float
    """It is the mean of the score that the protocol chooses by."""
    auc: float
    """It is the mean on test."""
    acc: float | None
    reason: str | None
    """Why there is no accuracy."""
    features: int
    inference_cost: InferenceCost


def lines(
    board: Board, uncertainty: SubsetUncertainties, splits: Mapping[str, str], inference_costs: InferenceCosts
) -> tuple[SubsetRow, ...]:
    """Return all subsets of a board, best on validation first.

    Args:
        board: of a dataset under a protocol.
        sure: its intervals.
        splits: key of a row -> its split.
        expenses: of its subsets.
    """
    roles: dict[Subset, list[str]] = {}
    for role in board.roles:
        if role.entry:
            roles.setdefault(role.entry.subset, []).append(role.name)
    for tied in board.ties if len(board.ties) > 1 else ():
        roles.setdefault(tied, []).append("tied")
    return tuple(
        SubsetRow(
            entry=entry,
            place=place if board.is_judged(entry) else None,
            marks=tuple(roles.get(entry.subset, ())),
            keys={splits[key]: key for key in entry.keys},
            uncertainty=uncertainty.subsets.get(entry.subset),
            inference_cost=inference_costs.of(entry.subset),
        )
        for place, entry in enumerate(board.entries, 1)
    )


def means(boards: Sequence[Board], inference_costs: InferenceCosts) -> tuple[MeanRow, ...]:
    """Return every subset that has a score on validation and a test AUC on each of some datasets, best on validation
    first.

    Args:
        boards: of different datasets under one protocol.
        expenses: of their subsets.
    """
    metric = boards[0].criterion.column
    by_subset = [{entry.subset: entry for entry in board.entries} for board in boards]
    shared = [s for s in by_subset[0] if all(s in one for one in by_subset)]
    found: list[tuple[Subset, float, float, list[Score], int]] = []
    for subset in shared:
        own = [one[subset] for one in by_subset]
        vals = [score for entry in own if (score := getattr(entry.val, metric)) is not None]
        aucs = [entry.test.auc for entry in own if entry.test.auc is not None]
        if len(vals) == len(aucs) == len(boards):
            found.append((subset, fmean(vals), fmean(aucs), [entry.test for entry in own], own[0].features))
    lower_wins = metric == "log_loss"
    scores = dict(zip((one[0] for one in found), level([one[1] for one in found]), strict=True))
    by = {"backbones": lambda one: len(one[0]), "features": lambda one: one[4], "name": lambda one: "+".join(one[0])}
    for name in reversed(boards[0].selection[1:]):
        found.sort(key=by[name])
    found.sort(key=lambda one: scores[one[0]] or 0, reverse=not lower_wins)
    return tuple(_mean(place, *one, inference_costs) for place, one in enumerate(found, 1))


def _mean(
    place: int,
    subset: Subset,
    val: float,
    auc: float,
    tests: list[Score],
    features: int,
    inference_costs: InferenceCosts,
) -> MeanRow:
    accs = [score.acc for score in tests if score.acc is not None]
    whole = len(accs) == len(tests)
    return MeanRow(
        subset=subset,
        place=place,
        val=val,
        auc=auc,
        acc=fmean(accs) if whole else None,
        reason=None if whole else next(score.reason for score in tests if score.acc is None),
        features=features,
        inference_cost=inference_costs.of(subset),
    )
