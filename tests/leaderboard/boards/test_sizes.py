"""The board of sizes says of derived versions what `evaluate sizes` says."""

from typing import get_args

import pytest

from fuseboard.cli import run
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.derived.derive import derive
from fuseboard.harness.evaluations import by_name
from fuseboard.harness.extraction.extract import extract
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.pages.backbone import ORIGIN, PUT
from fuseboard.store.embeddings import history
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.store import Store

DIGITS = "digits-first120"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("sizes") / "store"
    for name in ("hog", "pixels"):
        extract(registry.get(name), datasets.get(DIGITS), Store(root))
    for recipe in (Recipe(8), Recipe(None, "int8")):
        derive(Store(root), "hog", DIGITS, recipe)
    return root


def test_the_board_is_what_the_command_prints(root, tmp_path, capsys):
    assert take(Store(root)).sizes == ()
    report = by_name.evaluate("sizes", DIGITS, ["hog"], store=root)
    by_name.evaluate("knn", DIGITS, ["pixels"], store=root)
    [table] = take(Store(root)).sizes
    assert (table.dataset, table.protocol) == (DIGITS, "biofuse-2026")
    assert [dict(line) for line in table.lines] == list(report.table)
    assert table.sources == {"hog": "hog", "hog-int8": "hog", "hog-pca8": "hog"}
    command = ["leaderboard", "build", "--store", str(root), "--out", str(tmp_path / "site"), "-d", DIGITS]
    assert run(command) == 0
    page = (tmp_path / "site" / "boards" / "sizes.html").read_text()
    assert "hog-pca8" in page
    assert "pixels" not in page[page.index("<table") : page.rindex("</table")]
    assert "derived from hog@" in (tmp_path / "site" / "backbones" / "hog-pca8.html").read_text()


def test_pages_have_words_for_everything_that_happens_to_a_version():
    assert {**ORIGIN, **PUT}.keys() >= set(get_args(history.Kind))
