"""Robustness boards show what corrupted test images do to classifiers that learned from clean ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.robustness.subset_errors import SubsetErrors, subset_errors
from fuseboard.leaderboard.rows.current import ROWS_ALONE, mark
from fuseboard.store.embeddings.current import Current
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.results.corruption_errors import CLEAN, EVALUATIONS, learned_from
from fuseboard.store.results.evaluations import CORRUPTION, CORRUPTION_ONE_LOADER
from fuseboard.store.statistics import alexnet_reference
from fuseboard.store.statistics.corruption_error import Reference
from fuseboard.store.statistics.ties import level

SHADES = 10
"""Shades of a cell of a heat map; heatmap.css has a class for each, and one for none."""
CLASSIFIER = ["subset", "seed", "fusion", "classifier", "source_md5", "metric_set"]
"""Columns in which all rows of one classifier agree."""
NEEDED = ["key", "split", "fingerprints", "protocol_digest", "created", *CLASSIFIER]


@dataclass(frozen=True)
class CorruptionBoard:
    """It holds all subsets of one corrupted dataset under one protocol and one evaluation."""

    dataset: str
    clean: str
    """The dataset whose test images were corrupted."""
    protocol: str
    evaluation: str
    corruptions: tuple[str, ...]
    reference: Reference | None
    """AlexNet's errors; null where none were published."""
    guessing: float
    """Balanced error of a guess."""
    rows: tuple[SubsetErrors, ...]
    """Least mean error first; those without one last."""
    left_out: int
    """Result rows that are superseded, or that no current clean row belongs to."""
    titles: Mapping[str, str]
    """Role that a row plays on the clean images -> what a reader calls it."""

    @property
    def has_one_loader(self) -> bool:
        """Whether all backbones got the corrupted images through one loader, and not through their own."""
        return self.evaluation == CORRUPTION_ONE_LOADER.name

    @property
    def smaller(self) -> bool:
        """Tell whether the reference saw larger images than these."""
        return self.reference is not None and "-" in self.clean

    @property
    def shown(self) -> SubsetErrors | None:
        """Return whose heat map is shown: the chosen subset, else the first; null where none has errors."""
        able = [row for row in self.rows if row.errors]
        return next((row for row in able if row.role == "chosen"), able[0] if able else None)

    def shade(self, error: float) -> int:
        """Return 0 for no error to 10 for that of a guess or a larger one."""
        return min(SHADES, round(SHADES * error / self.guessing))


def corruption_boards(
    rows: pl.DataFrame,
    balanced_errors: Mapping[str, float | str],
    boards: Sequence[Board],
    classes: Mapping[str, int],
    says: Current = ROWS_ALONE,
) -> tuple[CorruptionBoard, ...]:
    """Return one per corrupted dataset, protocol and evaluation, those with every backbone's own preprocessing first.

    Args:
        rows: of the store.
        exposures: key -> balanced error, or why there is none.
        boards: of the searches on clean images.
        classes: dataset -> how many answers there are to choose from; 2 where it is missing.
        says: what is current in the store.
    """
    own = rows.filter(pl.col("evaluation").is_in(EVALUATIONS))
    made = []
    for group in own.partition_by("dataset", "protocol", "evaluation", maintain_order=True):
        clean = group["dataset"][0].removesuffix(CORRUPTED)
        board = next((b for b in boards if (b.dataset, b.protocol) == (clean, group["protocol"][0])), None)
        made.append(_corruption_board(group, clean, balanced_errors, board, classes.get(clean, 2), says))
    return tuple(sorted(made, key=lambda c: (c.dataset, c.protocol, EVALUATIONS.index(c.evaluation))))


def _corruption_board(
    rows: pl.DataFrame,
    clean: str,
    balanced_errors: Mapping[str, float | str],
    board: Board | None,
    classes: int,
    says: Current,
) -> CorruptionBoard:
    dataset, protocol, evaluation = rows.select("dataset", "protocol", "evaluation").row(0)
    roles = {role.entry.subset: role.name for role in reversed(board.roles if board else ()) if role.entry}
    reference = alexnet_reference.reference(clean)
    is_clean = pl.col("split") == CLEAN
    by_classifier: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows.filter(~is_clean).select(NEEDED).iter_rows(named=True):
        by_classifier.setdefault(_classifier(row), []).append(row)
    # What corrupted rows learned from decides whether they are current, and only the clean row says it in plain words;
    # clean rows are alike in all evaluations, so they are marked as those of the plain one.
    plain = rows.filter(is_clean).drop("superseded", strict=False).with_columns(evaluation=pl.lit(CORRUPTION.name))
    current = mark(plain, says)
    found, used = [], 0
    for row in current.filter(pl.col("superseded").is_null()).select(NEEDED).iter_rows(named=True):
        own = {CLEAN: row, **_learned_by(row, by_classifier.get(_classifier(row), []), says)}
        used += len(own)
        found.append(subset_errors(own, balanced_errors, reference, roles.get(tuple(row["subset"]))))
    order = sorted(
        zip(level([errors.mean for errors in found]), found, strict=True),
        key=lambda pair: (pair[0] is None, pair[0] or 0.0, len(pair[1].subset), pair[1].subset, pair[1].seed),
    )
    return CorruptionBoard(
        dataset=dataset,
        clean=clean,
        protocol=protocol,
        evaluation=evaluation,
        corruptions=tuple(sorted({split.rpartition("-")[0] for split in rows.filter(~is_clean)["split"]})),
        reference=reference,
        guessing=1 - 1 / max(2, classes),
        rows=tuple(errors for _, errors in order),
        left_out=len(rows) - used,
        titles={name: board.title(name) for name in roles.values()} if board else {},
    )


def _classifier(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(tuple(row[name]) if name == "subset" else row[name] for name in CLASSIFIER)


def _learned_by(
    clean: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], says: Current
) -> dict[str, Mapping[str, Any]]:
    """Map each split to the row of the classifier that the clean row is of; of several embeddings of the images,
    the current ones."""
    digest, fingerprints = clean["protocol_digest"], clean["fingerprints"]
    elsewhere = learned_from(digest, fingerprints)
    own = [
        row
        for row in rows
        if row["protocol_digest"] == elsewhere
        or (row["protocol_digest"], row["fingerprints"]) == (digest, fingerprints)
    ]

    def precedence(row: Mapping[str, Any]) -> tuple[Any, ...]:
        versions = zip(row["subset"], row["fingerprints"], strict=True)
        return [says.precedence(*version) for version in versions], row["created"], row["fingerprints"]

    meant = max(own, key=precedence, default=None)
    return {row["split"]: row for row in own if meant and row["fingerprints"] == meant["fingerprints"]}
