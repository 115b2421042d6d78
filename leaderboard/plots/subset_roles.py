"""The roles of subsets are marked by shape and by colour."""

from collections.abc import Container
from typing import Any

from fuseboard.leaderboard.boards.board import Board, Subset

Mark = dict[str, Any]


def _point(shape: str, size: int, colour: str) -> Mark:
    """Return a filled mark; `size` is the area of its square, in the drawing's units."""
    return {
        "type": "point",
        "shape": shape,
        "size": size,
        "filled": True,
        "fill": f"var(--{colour})",
        "stroke": "var(--raised)",
        "strokeWidth": 1,
    }


SUBSET: Mark = {
    "type": "point",
    "shape": "circle",
    "size": 25,
    "filled": True,
    "fill": "var(--soft)",
    "fillOpacity": 0.6,
}
SINGLE = _point("triangle-up", 81, "plot-single")
ALL = _point("square", 100, "plot-all")
CHOSEN = _point("diamond", 100, "plot-chosen")
BEST_ON_TEST: Mark = {
    "type": "point",
    "shape": "circle",
    "size": 196,
    "filled": False,
    "stroke": "var(--plot-oracle)",
    "strokeWidth": 2,
}


def played(board: Board, drawn: Container[Subset], metric: str) -> dict[str, tuple[Mark, Subset]]:
    """Map each role to its mark and subset, of the roles that a board has among the subsets drawn.

    Args:
        board: whose roles are meant.
        drawn: subsets that are drawn.
        metric: that is drawn, such as `AUC`; the best on test is the best in it. Its ring comes last, because another
            role can lie inside it.
    """
    marks = {"all backbones": ALL, "chosen": CHOSEN, f"best test {metric}": BEST_ON_TEST}
    found = {name: (mark, board.role(name)) for name, mark in marks.items()}
    return {
        name: (mark, role.entry.subset)
        for name, (mark, role) in found.items()
        if role and role.entry and role.entry.subset in drawn
    }
