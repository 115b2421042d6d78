"""Findings say in a sentence what a board shows, in plain text, so that its answer stands before its table."""

from collections.abc import Sequence

from fuseboard.leaderboard.answers.sentences import few_labels
from fuseboard.leaderboard.boards.few_labels import DatasetCurves
from fuseboard.leaderboard.boards.groups import GroupTable
from fuseboard.leaderboard.boards.sizes import SizeTable
from fuseboard.leaderboard.boards.transfer import Transfer
from fuseboard.leaderboard.costs.totals import Total
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.rankings.classifiers import DatasetClassifiers
from fuseboard.leaderboard.rankings.contributions import ContributionTable
from fuseboard.leaderboard.rankings.efficiency import Efficiency
from fuseboard.leaderboard.robustness.robustness import CorruptionBoard

Names = tuple[str, ...]
"""Backbones of a subset."""


def efficiency(board: Efficiency) -> str:
    """Say which backbones are on the front of parameters, the best first; empty where no backbone has a mean AUC."""
    front = {
        row.ranked_row.name: (row.ranked_row.mean_auc, row.costs["parameters"])
        for row in board.rows
        if "parameters" in row.fronts and row.ranked_row.mean_auc is not None
    }
    if not front:
        return ""
    ordered = sorted(front.items(), key=lambda one: (-(one[1][0] or 0), one[0]))
    said = [f"{name} ({plain.score(auc)} with {plain.count(of or 0)})" for name, (auc, of) in ordered]
    return f"No backbone has both a higher mean test AUC and fewer parameters than {plain.listed(said)}."


def contribution(table: ContributionTable) -> str:
    """Say which backbone adds most to the others; empty where there are no two with a mean."""
    able = [row for row in table.rows if row.auc is not None]
    if len(able) < 2:
        return ""
    first = able[0]
    where = f"on {table.counted[0]}" if len(table.counted) == 1 else f"on average over {plain.listed(table.counted)}"
    partner = f" It is most redundant with {first.partner.other}." if first.partner else ""
    return f"{first.backbone} adds most: {plain.points(first.auc)} points of test AUC {where}.{partner}"


def robustness(board: CorruptionBoard) -> str:
    """Say which subset errs least on corrupted images; empty where none was measured under all of them."""
    able = [row for row in board.rows if row.errors]
    if not able or able[0].errors is None:
        return ""
    errors, several = able[0].errors, len(able[0].subset) > 1
    which = "the smallest" if len(able) > 1 else "an"
    return (
        f"{plain.listed(able[0].subset)}{' fused have' if several else ' has'} {which} error on corrupted images, "
        f"{plain.score(errors.mean)} in the mean; on clean images it is {plain.score(errors.clean)}."
    )


def groups(table: GroupTable) -> str:
    """Say which method is best in its worst group; empty where no group has an AUC."""
    first = table.scores[0]
    if first.worst is None:
        return ""
    whole = first.known.auc.value
    over = f", {plain.score(whole)} on all of them" if whole is not None else ""
    others = f" No other method has a better worst {table.column}." if len(table.scores) > 1 else ""
    return (
        f"{_fused(first.subset)} lowest on {table.column} {first.worst.group}: AUC "
        f"{plain.score(first.worst.auc.value)} on its test images{over}.{others}"
    )


def sizes(table: SizeTable) -> str:
    """Say how small a vector may be without a loss that can be told; empty where no smaller one was measured."""
    derived = [
        line
        for line in table.lines
        if table.sources[line["backbone"]] != line["backbone"] and line["linear_loss"] is not None
    ]
    if not derived:
        return ""
    whole = {line["backbone"]: line["bytes"] for line in table.lines}
    kept = [line for line in derived if line["linear_loss_low"] is not None and line["linear_loss_low"] <= 0]
    if kept:
        least = min(kept, key=lambda line: (line["bytes"], line["backbone"]))
        told = "no loss can be told"
    else:
        least = min(derived, key=lambda line: (line["linear_loss"], line["backbone"]))
        told = f"it loses {plain.score(least['linear_loss'])}"
    source = table.sources[least["backbone"]]
    return (
        f"{least['backbone']} takes {plain.count(least['bytes'])} bytes per image where {source} takes "
        f"{plain.count(whole[source])}: with a linear probe it scores {plain.score(least['linear_auc'])}, and {told}."
    )


def transfer(board: Transfer) -> str:
    """Say what classifies best; empty where nothing has a score on test."""
    first = board.rows[0] if board.rows else None
    if first is None or first.test_top1 is None:
        return ""
    return (
        f"{plain.listed(first.subset)} with {first.classifier} {'have' if len(first.subset) > 1 else 'has'} the "
        f"highest top-1 on test, {plain.score(first.test_top1)}."
    )


def classifiers(table: DatasetClassifiers) -> str:
    """Say which classifier is best with all backbones; empty where none was measured with them."""
    best = [row for row in table.rows if row.title in table.best]
    cell = best[0].cells["all backbones"] if best else None
    if cell is None:
        return ""
    names = plain.listed([row.title for row in best])
    pool = f"all {len(table.pool)} backbones of the pool" if len(table.pool) > 1 else table.pool[0]
    return f"With {pool} the highest test AUC, {plain.score(cell.auc)}, is that of {names}."


def label_curves(curves: DatasetCurves) -> list[str]:
    """Say what the fewest labelled images are enough for, and what all of them are."""
    return [few_labels(curves, images) for images in dict.fromkeys((curves.images[0], curves.images[-1]))]


def speed(totals: Sequence[Total]) -> str:
    """Say which backbones embed most and fewest images in a second, of the device and precision that ran most of them;
    empty where fewer than two can be compared."""
    places: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for one in totals:
        if one.images_per_s is not None and not one.unsteady:
            places.setdefault((one.device, one.precision), []).append((one.images_per_s, one.backbone))
    (device, precision), found = max(places.items(), key=lambda one: (len(one[1]), one[0]), default=(("", ""), []))
    if len(found) < 2:
        return ""
    (least, slowest), (most, fastest) = min(found), max(found)
    said = f"{fastest} embeds fastest, {most:,.1f} images/s, and {slowest} slowest, {least:,.1f}"
    return f"{said}: in {precision} on {device}."


def _fused(subset: Names) -> str:
    return f"{plain.listed(subset)} fused score" if len(subset) > 1 else f"{subset[0]} scores"
