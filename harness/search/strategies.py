"""Strategies: which subsets to fit, and in what order.

A strategy is a generator. It yields a list of subsets, is sent their validation scores once all are fitted, and may
then yield more; so a greedy one and an exhaustive one are written alike.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import combinations

from harness.fusion import Subset
from store.errors import unknown

Strategy = Callable[[Sequence[str]], Generator[list[Subset], Mapping[Subset, float | None], None]]


def exhaustive(backbones: Sequence[str]) -> Generator[list[Subset], Mapping[Subset, float | None], None]:
    """All 2^K - 1 subsets."""
    pool = sorted(backbones)
    yield [subset for size in range(1, len(pool) + 1) for subset in combinations(pool, size)]


def singles(backbones: Sequence[str]) -> Generator[list[Subset], Mapping[Subset, float | None], None]:
    """Each backbone alone."""
    yield [(backbone,) for backbone in sorted(backbones)]


def everything(backbones: Sequence[str]) -> Generator[list[Subset], Mapping[Subset, float | None], None]:
    """All backbones together: one fit."""
    yield [tuple(sorted(backbones))]


STRATEGIES: dict[str, Strategy] = {"exhaustive": exhaustive, "singles": singles, "all": everything}


def get(name: str) -> Strategy:
    """A strategy by name."""
    if name not in STRATEGIES:
        raise unknown("strategy", name, STRATEGIES)
    return STRATEGIES[name]
