"""`fuseboard submission rank`: from a folder to a table, without images and without effect on the store."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fuseboard.harness.backbones import loaders
from fuseboard.harness.datasets.digits import Digits
from fuseboard.harness.search import search
from fuseboard.harness.submissions import loadable
from fuseboard.harness.submissions.cli import cli
from tests.harness.submissions.field import DATA, tree
from tests.harness.submissions.stranger import Stranger


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


def rank(stranger: Stranger, *more: str) -> Result:
    where = ["--store", str(stranger.root), "--device", "cpu"]
    return CliRunner().invoke(cli, ["rank", str(stranger.folder), "--protocol", "starter", *where, *more])


def test_a_table_a_comment_and_json(stranger: Stranger, tmp_path: Path) -> None:
    before = tree(stranger.root)
    told = rank(stranger, "--markdown", str(tmp_path / "rank.md"))
    assert told.exit_code == 0, told.output
    assert "soft vote, chosen on validation" in told.stdout
    assert "mean rank by AUC" in told.stderr
    comment = (tmp_path / "rank.md").read_text()
    assert comment.startswith("## HOG descriptor (hog)\n")
    rows = json.loads(rank(stranger, "--json", "--dataset", DATA).stdout)
    assert rows[0]["auc_rank"] in (1, 2)
    assert f"{rows[0]['auc']:.3f}" in comment
    assert tree(stranger.root) == before


def test_images_and_weights_are_not_needed(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OSError("no images here")

    def unloadable(*_: object) -> None:
        pytest.fail("a model was loaded")

    plain = json.loads(rank(stranger, "--json").stdout)
    monkeypatch.setattr(loadable, "refusal", lambda _: "its weights are gated")
    shutil.rmtree(stranger.root / "submitted")
    monkeypatch.setattr(loaders, "load", unloadable)
    monkeypatch.setattr(Digits, "images", gone)
    told = rank(stranger, "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == plain


def test_a_broken_rule_is_told_and_nothing_is_fitted(
    stranger: Stranger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "fit", lambda *_: pytest.fail("a fit was run"))
    vectors = stranger.vectors("test")
    vectors[7, 3] = float("nan")
    stranger.embed("test", vectors)
    told = rank(stranger, "--markdown", str(tmp_path / "rank.md"))
    assert told.exit_code == 1
    assert "wrong" in told.stdout
    comment = (tmp_path / "rank.md").read_text()
    assert comment.startswith("## Check of hog\n")
    assert "| wrong |" in comment
    assert len(comment) < 5_000


def test_a_withdrawn_submission_is_not_ranked(stranger: Stranger) -> None:
    said = stranger.folder / "submission.toml"
    said.write_text(said.read_text().replace('"active"', '"withdrawn"\nreason = "a mistake"'))
    told = rank(stranger)
    assert told.exit_code == 1
    assert "AUC" not in told.stdout


def test_it_starts_light() -> None:
    heavy = ("torch", "polars", "xgboost")
    code = f"import sys, fuseboard.harness.submissions.cli; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
