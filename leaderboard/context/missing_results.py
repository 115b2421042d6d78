"""Gaps: what is not on the boards, why, and how to mend it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.results.schema import MEND

KEYS = 5
"""Named of those that stand twice."""
BAD_ROW = "delete the file that it came in and run the same search again"
UNKNOWN = "install the version of fuseboard that measured these rows"


@dataclass(frozen=True)
class Gap:
    """One thing that a reader would otherwise have to notice alone."""

    where: str
    what: str
    mend: str | None


def gaps(snapshot: Snapshot, unknown: Mapping[str, str]) -> list[Gap]:
    """Everything the boards leave out, by dataset.

    Args:
        snapshot: the store.
        unknown: protocol -> what is not known of it.
    """
    found = [gap for board in snapshot.boards for gap in _of_board(board)]
    found += _of_files(snapshot)
    found += [Gap(f"protocol {name}", f"unknown protocol: {why}", UNKNOWN) for name, why in unknown.items()]
    searched: dict[str, set[str]] = {}
    for board in snapshot.boards:
        searched.setdefault(board.dataset, set()).update(version.backbone for version in board.versions)
    # Corrupted images and everyday ones are evaluated, not searched.
    for dataset, name in snapshot.rows.select("dataset", "subset").explode("subset").unique().iter_rows():
        if dataset not in snapshot.datasets:
            searched.setdefault(dataset, set()).add(name)
    embedded: dict[str, set[str]] = {}
    for manifest in snapshot.manifests:
        for dataset in manifest.datasets:
            embedded.setdefault(dataset, set()).add(manifest.backbone)
    for dataset, backbones in sorted(embedded.items()):
        if unused := sorted(backbones - searched.get(dataset, set())):
            corrupted = dataset.endswith(CORRUPTED)
            mend = f"fuseboard {'evaluate corruption' if corrupted else 'search'} {dataset.removesuffix(CORRUPTED)}"
            words = "embedded but not evaluated" if corrupted else "embedded but not searched"
            found.append(Gap(dataset, f"{words}: {', '.join(unused)}", mend))
    return sorted(found, key=lambda gap: gap.where)


def _of_files(snapshot: Snapshot) -> Iterator[Gap]:
    for file, what in snapshot.refused:
        yield Gap(file, f"a file of another schema is left out: {what}", MEND)
    for one in snapshot.unsound:
        count = f"{one.rows:,} row{'s'[: one.rows - 1]}"
        yield Gap(one.dataset, f"{count} of {one.evaluation} left out: {one.reason}", BAD_ROW)
    if snapshot.disputed:
        shown = ", ".join(snapshot.disputed[:KEYS]) + (" ..." if len(snapshot.disputed) > KEYS else "")
        what = f"{len(snapshot.disputed):,} keys stand in the store twice with different metrics: {shown}"
        yield Gap("results", f"{what}; the copy of the first file is shown", "fuseboard leaderboard check")


def _of_board(board: Board) -> Iterator[Gap]:
    where, again = board.dataset, f"fuseboard search {board.dataset} --protocol {board.protocol}"
    prefix = f"protocol {board.protocol}: "
    if board.measured < board.possible:
        yield Gap(where, f"{prefix}{board.measured} of {board.possible} subsets were measured", again)
    if board.no_choice:
        yield Gap(where, f"{prefix}nothing was chosen: {board.no_choice}", again)
    for role in board.roles:
        if role.reason:
            yield Gap(where, f"{prefix}{role.name} is missing: {role.reason}", again)
    incomplete: dict[str, int] = {}
    for entry in board.entries:
        for reason in {score.reason for score in (entry.val, entry.test) if score.reason}:
            incomplete[reason] = incomplete.get(reason, 0) + 1
    for reason, count in sorted(incomplete.items()):
        yield Gap(where, f"{prefix}no metric for {count} of {board.measured} subsets: {reason}", None)
    for superseded in board.superseded:
        yield Gap(where, f"{prefix}not ranked, because superseded: {superseded.rows} rows of {superseded.reason}", None)
    if board.other_seeds:
        seeds = ", ".join(str(seed) for seed in board.other_seeds)
        yield Gap(where, f"{prefix}shown for seed {board.seed}; rows of seed {seeds} exist and are not shown", None)
