"""Answers hold what the rows of a store answer, dataset by dataset and over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fuseboard.leaderboard.answers.choices import DatasetChoices, dataset_choices
from fuseboard.leaderboard.answers.fusion_verdict import FusionVerdict
from fuseboard.leaderboard.answers.needs import Needs, needs
from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.few_labels import DatasetCurves, few_label_tables
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.costs.costs import Extraction
from fuseboard.leaderboard.rankings.counting import one_size
from fuseboard.leaderboard.rankings.singles import columns
from fuseboard.store.embeddings import random_weights


@dataclass(frozen=True)
class Answers:
    """Each part is computed once, when it is asked for."""

    snapshot: Snapshot
    protocols: Sequence[str]
    """Those with a board, that of the most datasets first."""
    extractions: Sequence[Extraction]

    @cached_property
    def few_labels(self) -> tuple[DatasetCurves, ...]:
        """Return the datasets whose few-label curves were measured."""
        return few_label_tables(self.snapshot)

    @cached_property
    def needs(self) -> Mapping[str, Needs]:
        """Map every backbone with embeddings to what it needs and allows."""
        return needs(self.snapshot, self.extractions)

    @cached_property
    def choices(self) -> Mapping[str, DatasetChoices]:
        """Map each dataset of the boards, in the order of columns, to its answers under the first protocol that has
        any: protocols are never mixed in an answer, and the one with the most datasets speaks first."""
        curves = {(one.dataset, one.protocol): one for one in self.few_labels}
        found: dict[str, DatasetChoices] = {}
        for protocol in self.protocols:
            for board in columns(self.snapshot, protocol):
                key = board.dataset, protocol
                own = None if board.dataset in found else self._choices(board, curves.get(key))
                if own is not None:
                    found[board.dataset] = own
        return {dataset: found[dataset] for dataset in self.snapshot.domains.in_order(found)}

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """Return the datasets of `choices` that are of different images: of several sizes the one that the boards
        count, which most backbones have."""
        having = {dataset: len(own.answer.singles) for dataset, own in self.choices.items()}
        boards = {board.dataset: board for board in self.snapshot.boards}
        return self.snapshot.domains.in_order(one_size(having, boards, self.snapshot.domains)[0])

    @cached_property
    def models(self) -> frozenset[str]:
        """Return the backbones that were measured alone on a medical dataset, under any protocol; untrained copies and
        smaller vectors are none."""
        boards = [board for protocol in self.protocols for board in columns(self.snapshot, protocol)]
        names = {one.entry.subset[0] for board in boards for one in board.singles if one.entry.test.auc is not None}
        return frozenset(name for name in names if random_weights.trained(name) is None)

    @cached_property
    def verdict(self) -> FusionVerdict:
        """Return on how many datasets of different images fusing helps."""
        return FusionVerdict(tuple(self.choices[dataset].answer for dataset in self.distinct))

    def _choices(self, board: Board, curves: DatasetCurves | None) -> DatasetChoices | None:
        uncertainty = self.snapshot.board_uncertainties[board.dataset, board.protocol]
        return dataset_choices(board, uncertainty, self.needs, curves, self.snapshot.domains)
