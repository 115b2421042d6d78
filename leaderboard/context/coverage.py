"""Coverage says which backbone was measured on which dataset, and what has a card or is known and was not."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rows.domains import Domains, medmnist
from fuseboard.store.embeddings import random_weights

State = Literal["measured", "embedded", "missing"]


@dataclass(frozen=True)
class CoverageCell:
    """It is one backbone on one dataset."""

    protocols: tuple[str, ...]
    """Those under which it has a test AUC alone."""
    embedded: bool
    """Whether the store holds its embeddings."""

    @property
    def state(self) -> State:
        """Return whether it was measured, could be, or has nothing here."""
        return "measured" if self.protocols else "embedded" if self.embedded else "missing"


@dataclass(frozen=True)
class Coverage:
    """It is of all backbones and datasets that the store has anything of, and of those that only have a card."""

    cells: Mapping[str, Mapping[str, CoverageCell]]
    """Backbone -> dataset -> cell; datasets stand in the order of columns."""
    cards: tuple[str, ...]
    """Backbones with a card and nothing in the store, by name."""
    sources: tuple[str, ...]
    """Sets of MedMNIST of which nothing was measured at any size."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """Return the columns."""
        return tuple(next(iter(self.cells.values()), {}))

    def count(self, state: State) -> int:
        """Return how many cells are in a state."""
        return sum(cell.state == state for own in self.cells.values() for cell in own.values())

    def lacking(self, dataset: str, state: State) -> list[str]:
        """Return the backbones whose cell of a dataset is in a state."""
        return [name for name, own in self.cells.items() if own[dataset].state == state]

    @property
    def sentence(self) -> str:
        """Say how many cells are filled, and what is to be done for the others."""
        size = len(self.cells) * len(self.datasets)
        if not size:
            return "No backbone has embeddings or rows of a medical dataset yet."
        said = [f"{self.count('measured'):,} of {size:,} cells are measured: {_times(len(self.cells), 'backbone')} on"]
        said.append(_times(len(self.datasets), "dataset"))
        open_ones = [
            f"{count:,} {words}"
            for state, words in (("embedded", "embedded and not measured"), ("missing", "not embedded"))
            if (count := self.count(state))  # type: ignore[arg-type]
        ]
        rest = f"; {' and '.join(open_ones)}" if open_ones else ""
        return f"{' '.join(said)}{rest}."


def coverage(snapshot: Snapshot, cards: Iterable[str]) -> Coverage:
    """Return what was measured of everything that could be.

    Random weights and derived versions are no backbones that anybody misses; corrupted sets and sets that are not
    declared to be medical have pages of their own.

    Args:
        snapshot: the store.
        cards: backbones that have a card; one whose weights are not pinned is there with random weights alone.
    """
    measured: dict[tuple[str, str], list[str]] = {}
    for board in snapshot.boards:
        for one in board.singles:
            if one.entry.test.auc is not None:
                measured.setdefault((one.entry.subset[0], board.dataset), []).append(board.protocol)
    embedded = {(manifest.backbone, dataset) for manifest in snapshot.manifests for dataset in manifest.datasets}
    searched = {(version.backbone, board.dataset) for board in snapshot.boards for version in board.versions}
    there = {
        (name, dataset)
        for name, dataset in (*measured, *embedded, *searched)
        if snapshot.domains.is_ranked(dataset) and name not in snapshot.derived
    }
    names = sorted({name for name, _ in there if random_weights.trained(name) is None})
    datasets = snapshot.domains.in_order(dataset for _, dataset in there)
    return Coverage(
        cells={
            name: {d: CoverageCell(tuple(measured.get((name, d), ())), (name, d) in embedded) for d in datasets}
            for name in names
        },
        cards=tuple(sorted({random_weights.trained(name) or name for name in cards} - set(names))),
        sources=_without((dataset for _, dataset in measured), snapshot.domains),
    )


def _without(datasets: Iterable[str], domains: Domains) -> tuple[str, ...]:
    have: Collection[str] = {domains.source(dataset, "") for dataset in datasets}
    return tuple(name for name in medmnist() if name not in have)


def _times(count: int, word: str) -> str:
    return f"{count:,} {word}{'s'[: count != 1]}"
