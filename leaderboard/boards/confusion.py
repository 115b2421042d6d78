"""A confusion matrix counts what the chosen subset answered on test, class by class, against the true labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.boards.uncertainty import NOT_KEPT
from fuseboard.store.arrays import BINARY, Labels
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.evaluations import FUSION
from fuseboard.store.statistics import one_vs_rest
from fuseboard.store.store import Store

MAX_CLASSES = 40
"""Classes that still make a table."""
AGREE = 1e-6
"""How far the accuracy of the table may be from the row's own."""


@dataclass(frozen=True)
class Confusion:
    """It holds the confusion matrix of one row."""

    subset: Subset
    key: str
    """It names the result row."""
    several: bool
    """Whether an image may have several labels; then there is a table of four counts for each label."""
    classes: tuple[str, ...]
    """Names of the classes, or of the labels."""
    counts: tuple[tuple[int, ...], ...]
    """Images: a row per true class and a column per answer; for several labels a row per label with those that have it
    and were said to, have it and were said not to, lack it and were said to, lack it and were said not to."""

    def share(self, row: int, column: int) -> float | None:
        """Return the share of a true class, or of images that have (or lack) a label, with this answer, from 0 to 1.

        None where there is no such image.
        """
        own = self.counts[row]
        group = own[2 * (column // 2) : 2 * (column // 2) + 2] if self.several else own
        return own[column] / total if (total := sum(group)) else None


Confusions = Mapping[tuple[str, str], Confusion | str]
"""(dataset, protocol) -> that of the chosen subset, or why there is none."""


def confusions(store: Store, rows: pl.DataFrame, boards: Iterable[Board]) -> dict[tuple[str, str], Confusion | str]:
    """Return the confusion of the chosen subset of every board, from its kept predictions and the images' labels.

    Args:
        store: which has the predictions and the labels.
        rows: all of it.
        boards: made of these rows.
    """
    found: dict[tuple[str, str], Confusion | str] = {}
    for board in boards:
        try:
            found[board.dataset, board.protocol] = _of(store, rows, board)
        except FuseboardError as error:
            found[board.dataset, board.protocol] = str(error)
    return found


def count(task: str, labels: Labels, scores: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Count (C, C) images by true class and answer, or (L, 4) for L labels; answers by the rules of
    `medmnist.Evaluator`.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: (N, C) probabilities; for binary tasks the last column counts.

    Raises:
        FuseboardError: the predictions cannot be about these labels.
    """
    one_vs_rest.check(task, labels, {"chosen": scores})
    if labels.ndim == 2:
        has, predicted = labels > 0, scores > 0.5
        return np.stack(
            [
                (has & predicted).sum(0),
                (has & ~predicted).sum(0),
                (~has & predicted).sum(0),
                (~has & ~predicted).sum(0),
            ],
            1,
        )
    binary = task == BINARY
    classes = 2 if binary else scores.shape[1]
    answers = (scores[:, -1] > 0.5) if binary else scores.argmax(axis=1)
    pairs = labels.astype(np.intp) * classes + answers
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _of(store: Store, rows: pl.DataFrame, board: Board) -> Confusion:
    chosen = board.role("chosen")
    if chosen is None or chosen.entry is None:
        raise FuseboardError(f"nothing was chosen: {board.no_choice}")
    own = rows.filter(pl.col("key").is_in(list(chosen.entry.keys)), pl.col("split") == "test").to_dicts()
    scores = store.predictions(FUSION.name, board.dataset, own[0]["key"]) if own else None
    if scores is None:
        raise FuseboardError(NOT_KEPT)
    task, labels = store.truth(own[0])
    counts = count(task, labels, scores)
    if len(counts) > MAX_CLASSES:
        raise FuseboardError(f"{len(counts)} classes are too many for a table")
    found = Confusion(
        chosen.entry.subset,
        own[0]["key"],
        labels.ndim == 2,
        _names(board, [version.manifest for version in store.versions], len(counts)),
        tuple(tuple(int(n) for n in line) for line in counts),
    )
    n_correct = counts[:, [0, 3]].sum() if found.several else np.trace(counts)
    if own[0]["acc"] is not None and abs(n_correct / counts.sum() - own[0]["acc"]) > AGREE:
        raise FuseboardError(
            f"its predictions give an ACC of {n_correct / counts.sum():.6f}, the row says {own[0]['acc']:.6f}; "
            "`fuseboard leaderboard check` names such rows"
        )
    return found


def _names(board: Board, manifests: Iterable[Manifest], classes: int) -> tuple[str, ...]:
    """Return the classes as a manifest of these images names them, or numbered where none does."""
    entries = [entry for manifest in manifests if (entry := manifest.datasets.get(board.dataset)) is not None]
    fitting = [e for e in entries if e.source_md5 == board.source_md5 and len(e.label_names) == classes]
    return fitting[-1].label_names if fitting else tuple(f"class {number}" for number in range(classes))
