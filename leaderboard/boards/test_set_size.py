"""Small test sets: this says how much one image weighs, and what that does to a selection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.confusion import Confusion


@dataclass(frozen=True)
class SmallTestSet:
    """It describes the test set of one dataset under one protocol."""

    dataset: str
    protocol: str
    val: int | None
    """Images; null where no row says it."""
    test: int | None
    ties: int
    """Subsets that share the best validation score."""
    measured: int
    standard_error: float | None
    """Binomial, of the chosen subset's test ACC; null for several labels, whose ACC is no share of images."""
    spearman: float | None
    """Validation and test agree so much: the correlation of validation and test ACC over the subsets."""
    no_spearman: str | None
    classes: tuple[tuple[str, int], ...]
    """(class, test images), the rarest first; for several labels those that have it."""
    no_classes: str | None
    """Why there are none."""

    @property
    def rarest(self) -> tuple[str, int] | None:
        """Return the rarest class and the number of its test images."""
        return self.classes[0] if self.classes else None


def small_test_sets(
    boards: Sequence[Board], confusions: Mapping[tuple[str, str], Confusion | str]
) -> tuple[SmallTestSet, ...]:
    """Return one per board, the fewest test images first; boards whose images no row counts come last."""
    found = [
        _small_test_set(board, confusions.get((board.dataset, board.protocol), "not computed")) for board in boards
    ]
    return tuple(sorted(found, key=lambda one: (one.test is None, one.test or 0, one.dataset, one.protocol)))


def _small_test_set(board: Board, confusion: Confusion | str) -> SmallTestSet:
    role = board.role("chosen")
    entry = role.entry if role else None
    test = entry.test if entry else None
    share = test.acc if test and test.acc_interval else None
    missing = confusion if isinstance(confusion, str) else None
    return SmallTestSet(
        dataset=board.dataset,
        protocol=board.protocol,
        val=entry.val.images if entry else None,
        test=test.images if test else None,
        ties=len(board.ties),
        measured=board.measured,
        standard_error=sqrt(share * (1 - share) / test.images) if test and test.images and share is not None else None,
        spearman=board.correlation.acc,
        no_spearman=board.correlation.reason,
        classes=_classes(confusion) if isinstance(confusion, Confusion) else (),
        no_classes=missing,
    )


def _classes(confusion: Confusion) -> tuple[tuple[str, int], ...]:
    own = [counts[:2] if confusion.several else counts for counts in confusion.counts]
    return tuple(sorted(zip(confusion.classes, map(sum, own), strict=True), key=lambda one: (one[1], one[0])))
