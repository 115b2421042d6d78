"""This plots validation against test, which shows the selection optimism at a glance."""

from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.output.plain import score
from fuseboard.leaderboard.plots import subset_roles
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import SHARE, axis, frame, layer, room

HEIGHT = 250


def validation(board: Board) -> Markup | None:
    """Draw the selection metric of every subset, validation across and test up; None for fewer than three subsets."""
    metric = board.criterion.column
    name = "log-loss" if metric == "log_loss" else metric.upper()
    split = "validation" if board.criterion.split == "val" else "cross-validated"
    points: dict[Subset, dict[str, Any]] = {}
    for entry in board.entries:
        across, up = getattr(entry.val, metric), getattr(entry.test, metric)
        if across is not None and up is not None:
            description = f"{entry.name}: {score(across)} {split}, {score(up)} test"
            points[entry.subset] = {"x": across, "y": up, "description": description}
    if len(points) < 3:
        return None
    share = {} if metric == "log_loss" else SHARE
    x = axis("x", f"{split} {name}", room([point["x"] for point in points.values()]), **share)
    y = axis("y", f"test {name}", room([point["y"] for point in points.values()]), **share)
    singles = [point for subset, point in points.items() if len(subset) == 1]
    others = [{"x": point["x"], "y": point["y"]} for subset, point in points.items() if len(subset) > 1]
    layers = [layer(subset_roles.SUBSET, others, x=x, y=y), layer(subset_roles.SINGLE, singles, x=x, y=y)]
    played = subset_roles.played(board, points, name)
    layers += [layer(mark, [points[subset]], x=x, y=y) for mark, subset in played.values()]
    keys = {
        **{board.title(role): mark for role, (mark, _) in played.items()},
        "single": subset_roles.SINGLE,
        "other subset": subset_roles.SUBSET,
    }
    description = (
        f"Test {name} against {split} {name} of {len(points)} subsets on {board.dataset}, protocol {board.protocol}"
    )
    return svg(frame(layers, HEIGHT, keys), description)
