"""Gaps: what is not on the boards, why, and how to mend it."""

from collections.abc import Iterator
from dataclasses import dataclass

from leaderboard.boards.board import Board
from leaderboard.boards.snapshot import Snapshot


@dataclass(frozen=True)
class Gap:
    """One thing that a reader would otherwise have to notice alone."""

    where: str
    what: str
    mend: str | None


def gaps(snapshot: Snapshot) -> list[Gap]:
    """Everything the boards leave out, by dataset."""
    found = [gap for board in snapshot.boards for gap in _of_board(board)]
    searched: dict[str, set[str]] = {}
    for board in snapshot.boards:
        searched.setdefault(board.dataset, set()).update(version.backbone for version in board.versions)
    embedded: dict[str, set[str]] = {}
    for manifest in snapshot.manifests:
        for dataset in manifest.datasets:
            embedded.setdefault(dataset, set()).add(manifest.backbone)
    for dataset, backbones in sorted(embedded.items()):
        if unused := sorted(backbones - searched.get(dataset, set())):
            found.append(Gap(dataset, f"embedded but not searched: {', '.join(unused)}", f"fuseboard search {dataset}"))
    return sorted(found, key=lambda gap: gap.where)


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
