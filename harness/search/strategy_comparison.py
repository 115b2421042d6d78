"""The price: what every strategy costs, and what its choice loses against the exhaustive search."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.search import strategies
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.search import Search
from fuseboard.harness.search.strategies.strategy import FULL, Ask, Plan, SearchView, Strategy
from fuseboard.store.errors import UsageError
from fuseboard.store.results.selection import Choice
from fuseboard.store.statistics.ties import level_matrix


@dataclass(frozen=True)
class Price:
    """What one strategy costs on one dataset, and what its choice scores; one that cannot choose has only a reason."""

    strategy: str
    fits: int | None = None
    """At full fidelity."""
    probes: int | None = None
    """At less."""
    seconds: float | None = None
    """Sum of what each fit took, and the strategy's own thinking in processor seconds."""
    subset: str | None = None
    fusion: str | None = None
    regret: float | None = None
    """The exhaustive choice's score by the protocol's criterion less this one's; None for another fusion."""
    test_auc: float | None = None
    test_acc: float | None = None
    """Test accuracy of the subset that it chose."""
    reason: str | None = None
    """Why a score is missing, or the strategy cannot choose under this protocol; None where it is whole."""


def prices(search: Search, names: Sequence[str]) -> list[Price]:
    """Runs strategies one after another; after an exhaustive search only their probes have to be fitted.

    Args:
        search: of one dataset under one protocol.
        names: of strategies; what is lost is counted against `exhaustive`, which is run first.
    """
    best = _score(search, search.run(strategies.get("exhaustive")))
    return [_price_or_reason(search, name, best) for name in names]


def _price_or_reason(search: Search, name: str, best: float) -> Price:
    """A strategy that cannot choose under this protocol must not cost the others their rows."""
    try:
        return _price(search, name, best)
    except UsageError as error:
        return Price(name, reason=str(error))


def _price(search: Search, name: str, best: float) -> Price:
    asks: list[Ask] = []
    thinking: list[float] = []
    choice = search.run(_watched(strategies.get(name), asks, thinking))
    costs: dict[Recipe, set[fusion.Subset]] = {}
    for ask in asks:
        votes = ask.fusion != fusion.CONCAT  # they cost the fits of the single backbones
        recipe = Recipe(search.protocol, ask.fidelity)
        fitted = [(name,) for name in search.pool.versions] if votes else ask.subsets
        costs.setdefault(recipe, set()).update(fitted)
    test = search.rows([choice.chosen]).filter(pl.col("split") == "test").row(0, named=True)
    own = search.recipe.fusion
    return Price(
        strategy=name,
        fits=sum(len(subsets) for recipe, subsets in costs.items() if recipe.fidelity == FULL),
        probes=sum(len(subsets) for recipe, subsets in costs.items() if recipe.fidelity != FULL),
        seconds=sum(thinking) + sum(_fit_s(search, recipe, list(subsets)) for recipe, subsets in costs.items()),
        subset="+".join(choice.chosen),
        fusion=own,
        regret=_regret(best, _score(search, choice)) if own == fusion.CONCAT else None,
        test_auc=test["auc"],
        test_acc=test["acc"],
        reason=test["reason"],
    )


def _regret(best: float, own: float) -> float:
    """What is lost; scores that tie lose nothing."""
    exhaustive, reached = level_matrix(np.array([best, own]))
    return float(exhaustive - reached)


def _watched(strategy: Strategy, asks: list[Ask], thinking: list[float]) -> Strategy:
    """Returns the same strategy, whose asks and own processor seconds are written down."""

    def plan(view: SearchView) -> Plan:
        began = time.process_time()
        inner = strategy(view)
        ask = next(inner, None)
        while ask:
            thinking.append(time.process_time() - began)
            asks.append(ask)
            scores = yield ask
            began = time.process_time()
            try:
                ask = inner.send(scores)
            except StopIteration:
                return

    return plan


def _score(search: Search, choice: Choice) -> float:
    by = search.recipe.criterion
    rows = search.rows([choice.chosen]).filter(pl.col("split") == by.split)
    return float(rows.select(by.score).item())


def _fit_s(search: Search, recipe: Recipe, subsets: list[fusion.Subset]) -> float:
    """Returns every fit once, though it has a row per split."""
    rows = search.rows(subsets, recipe=recipe)
    # In order: a floating-point sum depends on it.
    return float(rows.unique("subset", keep="first", maintain_order=True).select(pl.col("fit_s").sum()).item())
