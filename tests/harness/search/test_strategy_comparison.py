"""What strategies cost and lose, told from the rows."""

from pathlib import Path

import polars as pl
import pytest

from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.harness.search.strategy_comparison import prices
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK


def test_prices_are_read_from_the_rows(store: Path) -> None:
    search = Search(Store(store), DATA, STARTER)
    found = {price.strategy: price for price in prices(search, list(strategies.STRATEGIES))}
    rows = results.read(store, "fusion", DATA).filter(pl.col("split") == "val")
    best = rows["acc"].max()
    acc, fit_s = ({tuple(r["subset"]): r[name] for r in rows.to_dicts()} for name in ("acc", "fit_s"))
    assert found["exhaustive"].fits == 3
    assert found["exhaustive"].regret == 0
    assert found["exhaustive"].seconds == pytest.approx(sum(fit_s.values()), abs=0.05)
    assert found["all"].seconds == pytest.approx(fit_s["hog", "pixels"], abs=0.05)
    assert found["all"].regret == pytest.approx(best - acc["hog", "pixels"])  # type: ignore[operator]
    singles = max(acc["hog",], acc["pixels",])
    assert found["singles"].regret == pytest.approx(best - singles)  # type: ignore[operator]
    assert (found["late"].fits, found["late"].fusion, found["late"].regret) == (2, "soft-vote", None)
    assert found["late"].seconds == pytest.approx(fit_s["hog",] + fit_s["pixels",], abs=0.05)
    assert found["halving"].fits <= 3
    assert search.fits == 3 + found["halving"].probes, "only probes are fitted after the exhaustive search"
