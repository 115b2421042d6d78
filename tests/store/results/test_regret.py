import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from fuseboard.store.results.regret import Gap, gap, regret, spearman


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


def test_gaps_of_a_choice():
    found = regret(rows(TABLE))
    assert found.choice.chosen == ("a",)
    assert found.choice.oracle == ("b",)
    assert found.everything == Gap(*(pytest.approx(x) for x in (-0.4, 0.1, 0.1, 0.3)))
    assert found.oracle == Gap(*(pytest.approx(x) for x in (-0.1, 0.0, 0.2)), None)
    assert found.acc_spearman == pytest.approx(-0.5)
    assert found.auc_spearman is None, "two subsets have both"
    assert regret(rows({"a": TABLE["a"]})).everything == Gap(0, 0, 0, 0)
    assert regret(rows({"a": TABLE["a"], "b": TABLE["b"]})).everything is None


def test_regret_of_a_strategy():
    assert gap(rows(TABLE), ("a", "b"), ("b",)).test_acc == pytest.approx(-0.1)
    assert gap(rows(TABLE), ("c",), ("b",)) == Gap(None, None, None, None)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20))
def test_rank_correlation_with_ties(pairs):
    table = {chr(97 + i): (v / 10, 0.5, t / 10, 0.5) for i, (v, t) in enumerate(pairs)}
    val, test = zip(*pairs, strict=True)
    found = spearman(rows(table), "acc")
    if len(set(val)) == 1 or len(set(test)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(val, test).statistic, abs=1e-12)
