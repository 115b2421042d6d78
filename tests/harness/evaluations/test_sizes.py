"""What size buys what: each derived version beside its source, on the same test images."""

import json

import pytest

from fuseboard.cli import run
from fuseboard.harness.derived.derive import derive
from fuseboard.harness.evaluations import by_name
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

DIGITS = "digits-first120"


def test_a_loss_is_the_sources_score_less_the_derived_ones(store, capsys):
    opened = Store(store)
    for recipe in (Recipe(8), Recipe(None, "binary")):
        derive(opened, "hog", DIGITS, recipe)
    report = by_name.evaluate("sizes", DIGITS, ["hog"], store=store)
    table = {line["backbone"]: line for line in report.table}
    assert list(table) == ["hog", "hog-binary", "hog-pca8"], "the source, then by bytes"
    assert [line["bytes"] for line in table.values()] == [4 * 900, 113, 32]
    assert table["hog"]["linear_loss"] is None
    for evaluation, column in (("linear-probe", "linear"), ("knn", "knn")):
        by_name.evaluate(evaluation, DIGITS, ["hog"], store=store)
        small = by_name.evaluate(evaluation, DIGITS, ["hog-pca8"], store=store).rows.filter(split="test")
        assert table["hog-pca8"][f"{column}_auc"] == pytest.approx(small["auc"][0])
        for metric, loss in (("auc", "loss"), ("acc", "acc_loss")):
            difference = table["hog"][f"{column}_{metric}"] - table["hog-pca8"][f"{column}_{metric}"]
            assert table["hog-pca8"][f"{column}_{loss}"] == pytest.approx(difference)
    line = table["hog-pca8"]
    assert line["linear_loss_low"] <= line["linear_loss"] <= line["linear_loss_high"]
    before = Store(store).rows("knn").height
    assert run(["evaluate", "sizes", DIGITS, "--backbones", "hog-pca8", "--store", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == list(report.table)
    assert Store(store).rows("knn").height == before, "nothing is measured twice"


def test_without_derived_versions_it_says_how_to_make_some(store):
    with pytest.raises(UsageError, match=r"nothing was derived of hog, pixels .* store derive hog -d"):
        by_name.evaluate("sizes", DIGITS, store=store)
