"""The bars of the runtimes: one per board, its phases end to end, all on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard.boards.runtime import Runtime
from leaderboard.scatter import Tick

WIDTH, LEFT, RIGHT, TOP, ROW, AXIS = 480, 10, 10, 8, 38, 36


@dataclass(frozen=True)
class Piece:
    """A phase of one bar."""

    phase: str
    x: float
    width: float
    seconds: float


@dataclass(frozen=True)
class Bar:
    """One dataset under one protocol; `y` is the top of its label."""

    y: float
    label: str
    seconds: float
    lacking: tuple[str, ...]
    """Phases that were not timed, which the bar is too short by."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Bars:
    """A drawing that needs no script; the table of runtimes holds the same numbers."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    height: float
    bottom: float
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP


def bars(found: Sequence[Runtime]) -> Bars | None:
    """Seconds across, boards down; None where nothing was timed."""
    longest = max((runtime.seconds for runtime in found), default=0.0)
    if not longest:
        return None
    several = {r.dataset for r in found if sum(other.dataset == r.dataset for other in found) > 1}

    def across(seconds: float) -> float:
        return round(LEFT + seconds / longest * (WIDTH - LEFT - RIGHT), 1)

    drawn = []
    for number, runtime in enumerate(found):
        pieces, spent = [], 0.0
        for name, phase in runtime.phases.items():
            if phase.seconds:
                start, end = across(spent), across(spent + phase.seconds)
                pieces.append(Piece(name, start, round(end - start, 1), phase.seconds))
                spent += phase.seconds
        label = f"{runtime.dataset}, {runtime.protocol}" if runtime.dataset in several else runtime.dataset
        lacking = tuple(name for name, phase in runtime.phases.items() if phase.seconds is None)
        drawn.append(Bar(TOP + ROW * number, label, runtime.seconds, lacking, tuple(pieces)))
    bottom = TOP + ROW * len(found)
    ticks = tuple(Tick(across(longest * share), f"{longest * share:,.0f}") for share in (0, 0.5, 1))
    return Bars(tuple(drawn), ticks, bottom + AXIS, bottom)
