"""This plots whether more backbones score more, and what the protocol would choose of each size."""

from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.output.plain import score
from fuseboard.leaderboard.plots import subset_roles
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import SHARE, axis, frame, layer, room

HEIGHT = 250
STROKE = {
    "type": "tick",
    "orient": "horizontal",
    "size": 16,
    "thickness": 1,
    "color": "var(--soft)",
    "fillOpacity": 0.5,
}
LINE = {"type": "line", "color": "var(--plot-chosen)", "strokeWidth": 1.5}
BEST = {**subset_roles.CHOSEN, "size": 49, "fill": "var(--raised)", "stroke": "var(--plot-chosen)", "strokeWidth": 1.5}


def size(board: Board) -> Markup | None:
    """Draw the number of backbones across and test AUC up, the best of each size on validation joined by a line.

    None for fewer than three subsets, or where all of them are of one size.
    """
    points: dict[Subset, dict[str, Any]] = {}
    best: dict[int, dict[str, Any]] = {}
    for entry in board.entries:  # best on validation first
        size, auc = len(entry.subset), entry.test.auc
        if auc is not None:
            points[entry.subset] = {"x": size, "y": auc, "description": f"{entry.name}: test AUC {score(auc)}"}
    for entry in board.entries if board.roles else ():
        if getattr(entry.val, board.criterion.column) is not None:
            best.setdefault(len(entry.subset), points.get(entry.subset, {}))
    sizes = [point["x"] for point in points.values()]
    if len(points) < 3 or len(set(sizes)) < 2:
        return None
    ticks = list(range(min(sizes), max(sizes) + 1))
    x = axis(
        "x",
        "backbones in the subset",
        (ticks[0] - 0.5, ticks[-1] + 0.5),
        values=ticks,
        tickCount=len(ticks),
        grid=False,
        format="d",
    )
    y = axis("y", "test AUC", room([point["y"] for point in points.values()]), **SHARE)
    line = [point for _, point in sorted(best.items()) if point]
    layers = [
        layer(STROKE, [{"x": point["x"], "y": point["y"]} for point in points.values()], x=x, y=y),
        layer(LINE, [{"x": point["x"], "y": point["y"]} for point in line], x=x, y=y),
        layer(BEST, line, x=x, y=y),
    ]
    played = subset_roles.played(board, points, "AUC")
    played.pop("all backbones", None)
    layers += [layer(mark, [points[subset]], x=x, y=y) for mark, subset in played.values()]
    where = "on validation" if board.criterion.split == "val" else "in cross-validation"
    keys = {f"best of its size {where}": BEST, **{name: mark for name, (mark, _) in played.items()}} if line else {}
    description = (
        f"Test AUC of {len(points)} subsets of {ticks[0]} to {ticks[-1]} backbones on {board.dataset}, "
        f"protocol {board.protocol}, with the best of each size on validation"
    )
    return svg(frame(layers, HEIGHT, {**keys, "a subset": STROKE}), description)
