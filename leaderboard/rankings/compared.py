"""Compared rows are whatever can be held against each other: backbones alone, subsets of them, and methods."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.boards.board_uncertainty import BoardUncertainty
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.boards.uncertainty import NOT_KEPT
from fuseboard.leaderboard.rankings.fusions import named_methods
from fuseboard.leaderboard.rankings.singles import columns
from fuseboard.leaderboard.rows.domains import is_corrupted
from fuseboard.store.results.roles import BEST_ON_TEST, title
from fuseboard.store.statistics.estimates import Replicates
from fuseboard.store.statistics.test_metrics import Measured, mean

Kind = Literal["backbone", "subset", "method"]
Name = TypeVar("Name", str, Subset)


@dataclass(frozen=True)
class Held:
    """It is the test AUC of one row on one dataset."""

    subset: Subset
    auc: float | None
    replicates: Replicates | None
    """Its value on each resample; None where it was not resampled."""
    reason: str | None
    """Why there is no AUC, or no resamples of it; None where there are both."""
    key: str | None
    """It names the result row; the first one of a mean over seeds."""
    pool: Subset = ()
    """The backbones that a method could use; scores from pools of other backbones have no mean."""


@dataclass(frozen=True)
class ComparedRow:
    """It is one row over the datasets of a protocol."""

    kind: Kind
    name: str
    title: str
    """This is what a reader calls it."""
    protocol: str
    held: Mapping[str, Held]
    """Dataset -> what it scores there; a dataset where it was not measured is left out."""

    @property
    def subset(self) -> Subset | None:
        """Return its backbones; None where they are others on other datasets."""
        found = {held.subset for held in self.held.values() if held.subset}
        return found.pop() if len(found) == 1 else None


def compared_rows(snapshot: Snapshot, protocol: str) -> Iterator[ComparedRow]:
    """Yield every row of a protocol: first the backbones by name, then the methods, then the subsets."""
    boards = columns(snapshot, protocol, lambda dataset: not is_corrupted(dataset))
    uncertainties = [snapshot.board_uncertainties[board.dataset, protocol] for board in boards]
    subsets = _by_name(boards, uncertainties, _entries)
    singles = sorted(subset for subset in subsets if len(subset) == 1 and subset[0] not in snapshot.derived)
    for alone in singles:
        yield ComparedRow("backbone", alone[0], alone[0], protocol, subsets[alone])
    for name, held in _by_name(boards, uncertainties, _methods).items():
        own = [board for board in boards if board.dataset in held]
        called = title(name, own[0].criterion, [board.pool for board in own])
        yield ComparedRow("method", name, called, protocol, held)
    for subset, held in subsets.items():
        if len(subset) > 1:
            name = " + ".join(subset)
            yield ComparedRow("subset", name, name, protocol, held)


def _by_name(
    boards: Sequence[Board],
    uncertainties: Sequence[BoardUncertainty],
    rows: Callable[[Board, BoardUncertainty], Iterator[tuple[Name, Held]]],
) -> dict[Name, dict[str, Held]]:
    found: dict[Name, dict[str, Held]] = {}
    for board, uncertainty in zip(boards, uncertainties, strict=True):
        for name, held in rows(board, uncertainty):
            found.setdefault(name, {})[board.dataset] = held
    return found


def _entries(board: Board, uncertainty: BoardUncertainty) -> Iterator[tuple[Subset, Held]]:
    for entry in board.entries:
        yield entry.subset, _held(entry.subset, entry.test.auc, entry.test.reason, [entry.test_key], uncertainty)


def _methods(board: Board, uncertainty: BoardUncertainty) -> Iterator[tuple[str, Held]]:
    """Yield the roles of the search, but for those that nobody can choose, and the other methods."""
    for role in board.roles:
        if role.entry and role.name not in BEST_ON_TEST:
            entry = role.entry
            held = _held(entry.subset, entry.test.auc, entry.test.reason, [entry.test_key], uncertainty)
            yield role.name, replace(held, pool=board.pool)
    for name, method in named_methods(board, uncertainty):
        if method.protocol == board.protocol:
            held = _held(method.subset, method.auc, method.reason, method.keys, uncertainty)
            yield name, replace(held, pool=board.pool)


def _held(
    subset: Subset, auc: float | None, reason: str | None, keys: Sequence[str | None], uncertainty: BoardUncertainty
) -> Held:
    known = [key for key in keys if key]
    first = known[0] if known else None
    if auc is None:
        return Held(subset, None, None, reason, first)
    found = [uncertainty.measured.get(key, NOT_KEPT) for key in known]
    refused = next((one for one in found if isinstance(one, str)), None if found else NOT_KEPT)
    if refused is not None:
        return Held(subset, auc, None, refused, first)
    own = mean([one for one in found if isinstance(one, Measured)]).auc
    return Held(subset, auc, own if own.resampled.size else None, own.reason, first)
