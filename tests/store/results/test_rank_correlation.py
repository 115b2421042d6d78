import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.results.rank_correlation import spearman

spearmanr = pytest.importorskip("scipy.stats").spearmanr


def test_scores_that_differ_by_rounding_tie():
    near = [("a", 0.3, 0.9), ("b", 0.1 + 0.2, 0.7), ("c", 0.5, 0.8)]
    exact = [(name, round(val, 6), test) for name, val, test in near]
    found, expected = (spearman(rows({n: (v, v, t, t) for n, v, t in each}), "auc") for each in (near, exact))
    assert found == expected
    assert (
        spearman(rows({name: (val, val, 0.3, 0.3) for name, val, _ in near[:2]} | {"c": (0.3, 0.3, 0.1, 0.1)}), "acc")
        is None
    )


def rows(table):
    """Subset -> (val acc, val auc, test acc, test auc)."""
    return pl.DataFrame(
        [
            {
                "dataset": "digits",
                "protocol": "starter",
                "split": split,
                "subset": list(subset),
                "features": len(subset),
                "acc": figures[at],
                "auc": figures[at + 1],
                "selection": ["acc", "backbones", "name"],
            }
            for subset, figures in table.items()
            for split, at in (("val", 0), ("test", 2))
        ],
        schema_overrides={"acc": pl.Float64, "auc": pl.Float64},
    )


TABLE = {"a": (0.9, 0.8, 0.7, 0.6), "b": (0.8, 0.8, 0.9, None), "ab": (0.5, 0.9, 0.8, 0.9)}


def test_subsets_without_both_metrics_do_not_count():
    assert spearman(rows(TABLE), "acc") == pytest.approx(-0.5)
    assert spearman(rows(TABLE), "auc") is None, "two subsets have both"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20))
def test_rank_correlation_with_ties(pairs):
    table = {chr(97 + i): (v / 10, 0.5, t / 10, 0.5) for i, (v, t) in enumerate(pairs)}
    val, test = zip(*pairs, strict=True)
    found = spearman(rows(table), "acc")
    if len(set(val)) == 1 or len(set(test)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(val, test).statistic, abs=1e-12)
