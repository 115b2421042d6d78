"""An answer says, for one dataset, which backbones are best alone, which of them is cheapest, and what fusing gains."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fuseboard.leaderboard.answers.needs import Needs
from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.boards.board_uncertainty import BoardUncertainty
from fuseboard.leaderboard.rankings.aggregate import Cell
from fuseboard.leaderboard.rankings.cells import held_against, of_entry
from fuseboard.leaderboard.rankings.table import Score
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.leaderboard.statistics.tiers import told_from
from fuseboard.store.embeddings import random_weights
from fuseboard.store.statistics.estimates import Difference

Outcome = Literal["helps", "hurts", "open", "single", "unknown"]
"""What the interval of a fusion's gain says; `single` where validation chooses one backbone, and `unknown` where there
is no interval."""


@dataclass(frozen=True)
class Fused:
    """It is what validation chooses among all subsets, held against what it chooses among single backbones."""

    subset: Subset
    score: Score
    single: str
    gain: Difference
    """Test AUC of the subset less that of the single backbone."""

    @property
    def outcome(self) -> Outcome:
        """Return whether fusing pays, as far as these test images tell."""
        if len(self.subset) == 1:
            return "single"
        if self.gain.low is None or self.gain.high is None:
            return "unknown"
        return "helps" if self.gain.low > 0 else "hurts" if self.gain.high < 0 else "open"


@dataclass(frozen=True)
class Answer:
    """It is about one dataset under one protocol, of some of its backbones."""

    dataset: str
    modality: str
    protocol: str
    images: int | None
    """On test."""
    singles: tuple[tuple[str, Score], ...]
    """Backbones alone, the best test AUC first."""
    tied: tuple[str, ...]
    """Those that cannot be told from the best one, itself first; empty where nothing was resampled."""
    cheapest: str | None
    """That of them with the fewest parameters; None where none is tied or any does not state them."""
    parameters: int | None
    """Of the cheapest."""
    fused: Fused | None
    """None where no subset was chosen on validation."""

    @property
    def best(self) -> tuple[str, Score]:
        """Return the backbone with the best test AUC alone."""
        return self.singles[0]


def answer(
    board: Board,
    uncertainty: BoardUncertainty,
    needs: Mapping[str, Needs],
    allowed: Collection[str],
    domains: Domains,
) -> Answer | None:
    """Return the answer of one board; None where no allowed backbone has a test AUC alone.

    Untrained copies of backbones are no answer, so they are left out.

    Args:
        board: of the dataset.
        uncertainty: of the board.
        needs: of its backbones.
        allowed: backbones that may be used.
        domains: of the store.
    """
    usable = {name for name in allowed if random_weights.trained(name) is None}
    cells = {
        one.entry.subset[0]: of_entry(board, one.entry, uncertainty)
        for one in board.singles
        if one.entry.subset[0] in usable and one.entry.test.auc is not None
    }
    if not cells:
        return None
    order = sorted(cells, key=lambda name: (-(cells[name].score.auc or 0), name))
    tied = _tied(order, cells)
    known = [(n.parameters, name) for name in tied if (n := needs.get(name)) and n.parameters is not None]
    cheapest = min(known, default=None) if len(known) == len(tied) else None
    return Answer(
        dataset=board.dataset,
        modality=domains.modality(board.dataset),
        protocol=board.protocol,
        images=next((one.entry.test.images for one in board.singles if one.entry.subset[0] == order[0]), None),
        singles=tuple((name, cells[name].score) for name in order),
        tied=tied,
        cheapest=cheapest[1] if cheapest else None,
        parameters=cheapest[0] if cheapest else None,
        fused=_fused(board, uncertainty, usable),
    )


def _tied(order: Sequence[str], cells: Mapping[str, Cell]) -> tuple[str, ...]:
    """Return the backbones that are not worse than the first one at 5 %, among those that were resampled alike."""
    leader = cells[order[0]].draws
    if leader is None or leader.auc.reason or not leader.auc.resampled.size:
        return ()
    drawn = {
        name: own.auc
        for name in order
        if (own := cells[name].draws) is not None and not own.auc.reason and own.auc.digest == leader.auc.digest
    }
    values, resampled = [float(one.value or 0) for one in drawn.values()], [one.resampled for one in drawn.values()]
    told = [False, *told_from(values, np.stack(resampled))]
    return tuple(name for name, is_worse in zip(drawn, told, strict=True) if not is_worse)


def _fused(board: Board, uncertainty: BoardUncertainty, usable: Collection[str]) -> Fused | None:
    """Return what validation chooses among the subsets of usable backbones: the entries stand in its order."""
    own = [entry for entry in board.entries if set(entry.subset) <= set(usable) and board.is_judged(entry)]
    single = next((entry for entry in own if len(entry.subset) == 1), None)
    if single is None:
        return None
    chosen = of_entry(board, own[0], uncertainty)
    held = held_against(chosen, of_entry(board, single, uncertainty))
    if held.score.difference is None or held.score.auc is None or single.test.auc is None:
        return None
    return Fused(own[0].subset, held.score, single.subset[0], held.score.difference)
