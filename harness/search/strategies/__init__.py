"""Strategies: which subsets to fit, and in what order. One file each: `top_k.py` is the strategy `top-k`."""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from fuseboard.store.errors import unknown

if TYPE_CHECKING:  # the command line lists the names and must start light
    from fuseboard.harness.search.strategies.strategy import Strategy


def names() -> list[str]:
    """Every strategy."""
    return sorted(found.name.replace("_", "-") for found in iter_modules(__path__) if found.name != "strategy")


def get(name: str) -> "Strategy":
    """A strategy by name: the `plan` of the module of that name."""
    if name not in names():
        raise unknown("strategy", name, names())
    strategy: Strategy = import_module(f"{__name__}.{name.replace('-', '_')}").plan
    return strategy
