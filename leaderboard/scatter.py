"""The scatter of validation against test, which shows at a glance what choosing on validation is worth."""

from dataclasses import dataclass

from leaderboard.boards.board import Board, Entry

WIDTH, HEIGHT = 360, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 10, 40
ROLES = {"all": "all backbones", "chosen": "chosen", "oracle": "oracle"}
"""Kind of dot -> the role it marks; the oracle's ring comes last, because another role can lie inside it."""


@dataclass(frozen=True)
class Dot:
    """One subset, in the coordinates of the drawing."""

    x: float
    y: float
    kind: str
    label: str


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Scatter:
    """A drawing that needs no script: dots and ticks with their coordinates computed."""

    metric: str
    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def scatter(board: Board) -> Scatter | None:
    """The selection metric of every subset, validation across and test up; None for fewer than three subsets."""
    metric = board.criterion.column
    found = [(e, getattr(e.val, metric), getattr(e.test, metric)) for e in board.entries]
    points: list[tuple[Entry, float, float]] = [p for p in found if p[1] is not None and p[2] is not None]
    if len(points) < 3:
        return None
    x_low, x_high = _range([x for _, x, _ in points])
    y_low, y_high = _range([y for _, _, y in points])

    def across(value: float) -> float:
        return round(LEFT + (value - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT), 1)

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM), 1)

    def dot(kind: str, entry: Entry, x: float, y: float) -> Dot:
        return Dot(across(x), up(y), kind, f"{entry.name}: {x:.4f}, {y:.4f}")

    roles = {kind: board.role(name) for kind, name in ROLES.items()}
    subsets = {kind: role.entry.subset for kind, role in roles.items() if role and role.entry}
    plain = [dot("single" if len(entry.subset) == 1 else "subset", entry, x, y) for entry, x, y in points]
    marked = [dot(kind, e, x, y) for kind, subset in subsets.items() for e, x, y in points if e.subset == subset]
    return Scatter(
        metric=metric,
        dots=(*plain, *marked),
        x_ticks=tuple(Tick(across(value), f"{value:.3f}") for value in _thirds(x_low, x_high)),
        y_ticks=tuple(Tick(up(value), f"{value:.3f}") for value in _thirds(y_low, y_high)),
    )


def _range(values: list[float]) -> tuple[float, float]:
    """The values' range with a margin, so that no dot lies on the frame and equal values still have a width."""
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or 0.005
    return low - margin, high + margin


def _thirds(low: float, high: float) -> list[float]:
    return [low + (high - low) * share for share in (0.1, 0.5, 0.9)]
