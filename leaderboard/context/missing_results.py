"""Missing results are what is not on the boards, with the reason and the fix."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.context.coverage import Coverage
from fuseboard.store.embeddings.labels import CORRUPTED

KEYS = 5
"""Named of those that stand twice."""
BAD_ROW = "delete the file that it came in and run the same search again"
UNKNOWN = "install the version of fuseboard that measured these rows"


@dataclass(frozen=True)
class MissingResult:
    """It names one thing that is left out, which a reader would otherwise have to notice alone."""

    where: str
    what: str
    fix: str | None


def missing_results(snapshot: Snapshot, unknown: Mapping[str, str], coverage: Coverage) -> list[MissingResult]:
    """Return everything that the boards leave out, by dataset.

    Args:
        snapshot: the store.
        unknown: protocol -> what is not known of it.
        coverage: of the store, whose empty cells are gaps.
    """
    found = [missing_result for board in snapshot.boards for missing_result in _of_board(board)]
    found += [missing_result for board in snapshot.boards for missing_result in _of_cards(board, snapshot)]
    found += _of_files(snapshot)
    found += _of_coverage(coverage)
    found += [MissingResult(f"protocol {name}", f"unknown protocol: {why}", UNKNOWN) for name, why in unknown.items()]
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
            fix = f"fuseboard {'evaluate corruption' if corrupted else 'search'} {dataset.removesuffix(CORRUPTED)}"
            words = "embedded but not evaluated" if corrupted else "embedded but not searched"
            found.append(MissingResult(dataset, f"{words}: {', '.join(unused)}", fix))
    return sorted(found, key=lambda missing_result: missing_result.where)


def _of_coverage(coverage: Coverage) -> Iterator[MissingResult]:
    """Yield the backbones that have nothing on a dataset, and the cards and datasets that nothing was measured of."""
    for dataset in coverage.datasets:
        if lacking := coverage.lacking(dataset, "missing"):
            what = f"not embedded: {', '.join(lacking)}"
            yield MissingResult(dataset, what, f"fuseboard extract {' '.join(lacking)} --dataset {dataset}")
    if coverage.cards:
        what = f"{len(coverage.cards):,} with a card and nothing in this store: {', '.join(coverage.cards)}"
        yield MissingResult("backbones", what, "fuseboard extract NAME --dataset DATASET")
    if coverage.sources:
        what = f"{len(coverage.sources)} sets of MedMNIST on which nothing was measured: {', '.join(coverage.sources)}"
        yield MissingResult("datasets", what, "fuseboard search DATASET")


def _of_files(snapshot: Snapshot) -> Iterator[MissingResult]:
    for file, what, mend in snapshot.damaged:
        yield MissingResult(file, f"the file is left out: {what}", mend)
    for one in snapshot.invalid_rows:
        count = f"{one.rows:,} row{'s'[: one.rows - 1]}"
        yield MissingResult(one.dataset, f"{count} of {one.evaluation} left out: {one.reason}", BAD_ROW)
    if snapshot.disputed:
        shown = ", ".join(snapshot.disputed[:KEYS]) + (" ..." if len(snapshot.disputed) > KEYS else "")
        what = f"{len(snapshot.disputed):,} keys stand in the store twice with different metrics: {shown}"
        yield MissingResult("results", f"{what}; the copy of the first file is shown", "fuseboard leaderboard check")


def _of_cards(board: Board, snapshot: Snapshot) -> Iterator[MissingResult]:
    """Yield the backbones that are ranked in another version than that of their present card, which has no rows."""
    embedded = {
        (manifest.backbone, manifest.fingerprint)
        for manifest in snapshot.manifests
        if board.dataset in manifest.datasets
    }
    for version in board.versions:
        card = snapshot.says.card(version.backbone)
        if card is not None and card != version.fingerprint:
            what = (
                f"protocol {board.protocol}: {version.backbone} is ranked in its version {version.fingerprint[:12]}, "
                f"because that of its present card, {card[:12]}, has no rows here"
            )
            search = f"fuseboard search {board.dataset} --protocol {board.protocol}"
            extract = f"fuseboard extract {version.backbone} --dataset {board.dataset}"
            yield MissingResult(board.dataset, what, search if (version.backbone, card) in embedded else extract)


def _of_board(board: Board) -> Iterator[MissingResult]:
    where, again = board.dataset, f"fuseboard search {board.dataset} --protocol {board.protocol}"
    prefix = f"protocol {board.protocol}: "
    if board.measured < board.possible:
        yield MissingResult(where, f"{prefix}{board.measured} of {board.possible} subsets were measured", again)
    if board.no_choice:
        yield MissingResult(where, f"{prefix}nothing was chosen: {board.no_choice}", again)
    for role in board.roles:
        if role.reason:
            yield MissingResult(where, f"{prefix}{role.name} is missing: {role.reason}", again)
    incomplete: dict[str, int] = {}
    for entry in board.entries:
        for reason in {score.reason for score in (entry.val, entry.test) if score.reason}:
            incomplete[reason] = incomplete.get(reason, 0) + 1
    for reason, count in sorted(incomplete.items()):
        yield MissingResult(where, f"{prefix}no metric for {count} of {board.measured} subsets: {reason}", None)
    for superseded in board.superseded:
        yield MissingResult(
            where, f"{prefix}not ranked, because superseded: {superseded.rows} rows of {superseded.reason}", None
        )
    if board.other_seeds:
        seeds = ", ".join(str(seed) for seed in board.other_seeds)
        yield MissingResult(
            where, f"{prefix}shown for seed {board.seed}; rows of seed {seeds} exist and are not shown", None
        )
