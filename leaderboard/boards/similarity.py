"""The similarity of the backbones of a dataset is a table with a row and a column for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.rows.current import ROWS_ALONE
from fuseboard.store.embeddings.current import Current
from fuseboard.store.results.similarity_rows import Similarity

STEPS = 10
"""Shades of a cell; style.css has a class for each."""


@dataclass(frozen=True)
class Cell:
    """A cell holds what was measured of two backbones, or why nothing was."""

    cka: float | None
    shade: int | None = None
    """0 to 10 for a CKA of 0 or less to 1; null on the diagonal and where there is none."""


@dataclass(frozen=True)
class Grid:
    """The grid holds all pairs of one dataset, each in the version that the page is about."""

    dataset: str
    images: int
    backbones: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    """A row per backbone; 1 on the diagonal, which is so by definition."""
    most: Similarity | None
    """Null where no pair has a number."""
    least: Similarity | None
    alarms: tuple[str, ...]
    """A line for every pair that may be one backbone under two names."""
    reasons: tuple[str, ...]
    """Why measured pairs have no number."""
    reason_without_mean: tuple[str, ...]
    """Backbones of the boards with pairs that nobody measured."""


def grid(dataset: str, rows: Iterable[Similarity], boards: Sequence[Board], says: Current = ROWS_ALONE) -> Grid | None:
    """Return the table of a dataset, or None where no pair of it was measured.

    A board says which version of a backbone, and which source images, are meant; for a backbone on no board, and a
    dataset without one, the store does. Rows of others exist and are in the export.

    Args:
        dataset: the page's.
        rows: of any dataset.
        boards: of this dataset.
        says: what is current in the store.
    """
    own = sorted((row for row in rows if row.dataset == dataset), key=lambda row: (row.created, row.key))
    if not own:
        return None
    source = boards[0].source_md5 if boards else says.source_md5(dataset, [row.source_md5 for row in own])
    own = [row for row in own if row.source_md5 == source]
    compared: dict[str, list[str]] = {}
    for row in own:
        compared.setdefault(row.backbone, []).append(row.fingerprint)
        compared.setdefault(row.other, []).append(row.other_fingerprint)
    meant = {name: says.fingerprint(name, oldest_first) for name, oldest_first in compared.items()}
    ranked = {version.backbone: version.fingerprint for board in boards for version in board.versions}
    meant |= ranked
    pairs = {
        (row.backbone, row.other): row
        for row in own
        if (meant[row.backbone], meant[row.other]) == (row.fingerprint, row.other_fingerprint)
    }
    if not pairs:
        return None
    names = sorted({name for pair in pairs for name in pair} | set(ranked))
    numbers = sorted((row for row in pairs.values() if row.cka is not None), key=lambda row: (row.cka, row.key))
    return Grid(
        dataset=dataset,
        images=next(iter(pairs.values())).images,
        backbones=tuple(names),
        cells=tuple(tuple(_cell(pairs, one, other) for other in names) for one in names),
        most=numbers[-1] if numbers else None,
        least=numbers[0] if numbers else None,
        alarms=tuple(row.alarm for row in sorted(pairs.values(), key=lambda row: row.key) if row.alarm),
        reasons=tuple(sorted({row.reason for row in pairs.values() if row.reason})),
        reason_without_mean=tuple(
            name for name in names if any(_of(pairs, name, other) is None for other in names if other != name)
        ),
    )


def _of(pairs: dict[tuple[str, str], Similarity], one: str, other: str) -> Similarity | None:
    return pairs.get((min(one, other), max(one, other)))


def _cell(pairs: dict[tuple[str, str], Similarity], one: str, other: str) -> Cell:
    if one == other:
        return Cell(1.0)
    row = _of(pairs, one, other)
    if row is None or row.cka is None:
        return Cell(None)
    return Cell(row.cka, round(STEPS * max(0.0, row.cka)))
