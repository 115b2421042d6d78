"""A protocol of one's own: named by its digest, known wherever protocols are, and refused with every error at once."""

import json
import shutil
from pathlib import Path

import pytest

from fuseboard.cli import run
from fuseboard.harness.protocols import own, protocol, reading
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

DATA = "digits-first120"
MY = """\
name = "mine"
version = 1
title = "Mine"
description = '''
seed = 3
'''
fusion = "concat"
classifier = "xgboost"
seed = 42
[params]
n_estimators = 4
learning_rate = 0.3
max_depth = 2
[selection]
metric = "auc"
tie_break = ["backbones", "name"]
"""
CV = "[selection.cv]\nfolds = 2\nrepeats = 1\n"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "my.toml"
    path.write_text(MY)
    return path


def names(root: Path) -> set[str]:
    return set(Store(root).rows()["protocol"])


def test_the_digest_names_it_and_an_edit_that_is_reverted_finds_the_name_again(mine: Path, tmp_path: Path) -> None:
    first = own.get(str(mine), tmp_path)
    assert first.name == f"mine-{reading.read(mine).digest[:8]}"
    mine.write_text(MY + CV)
    second = own.get(str(mine), tmp_path)
    assert second.selection.cv is not None
    assert second.name.startswith("mine-")
    assert second.name != first.name
    mine.write_text(MY)
    assert own.get(str(mine), tmp_path) == first


def test_it_works_from_the_search_to_the_check(
    small_store: Path, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(shutil.copytree(small_store, tmp_path / "store"))
    more = ("--protocol", str(mine), "--store", str(root), "--device", "cpu")
    assert run(["search", DATA, *more]) == 0
    assert run(["search", DATA, "--strategy", "all", "--protocol", "starter", "--store", str(root)]) == 0
    assert run(["strategies", DATA, *more]) == 0
    assert run(["evaluate", "knn", DATA, *more, "--jobs", "2"]) == 0
    rules = own.get(str(mine), root)
    assert names(root) == {rules.name, "starter"}
    assert list(own.known(root)) == [rules]
    capsys.readouterr()
    assert run(["protocols", "list", "--store", str(root), "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)][-1] == rules.name
    assert run(["protocols", "show", str(mine), "--store", str(root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["digest"] == rules.digest
    mine.unlink()
    capsys.readouterr()
    assert run(["search", DATA, "--protocol", rules.name, "--store", str(root)]) == 0, "as the page's command says"
    assert "0 fits" in capsys.readouterr().err
    reference = str(tmp_path / "reference")
    assert run(["leaderboard", "accept", "--store", str(root), "--reference", reference]) == 0
    assert run(["leaderboard", "check", "--store", str(root), "--reference", reference]) == 0, capsys.readouterr()
    site = tmp_path / "site"
    assert run(["leaderboard", "build", "--store", str(root), "--out", str(site)]) == 0
    pages = {path.name: path.read_text() for path in site.rglob("*.html")}
    assert any(rules.name in text for text in pages.values())
    assert "This project has no protocol of this name" not in "".join(pages.values())


def test_folds_and_metric_are_reached(small_store: Path, mine: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(small_store, tmp_path / "store"))
    mine.write_text(MY + CV)
    assert run(["search", DATA, "--backbones", "hog", "--protocol", str(mine), "--store", str(root)]) == 0
    rows = Store(root).rows()
    assert set(rows["split"]) == {"cv", "val", "test"}
    assert rows["selection"][0].to_list() == ["cv-auc", "backbones", "name"]


def test_every_error_is_told_at_once_with_its_line(mine: Path) -> None:
    wrong = MY.replace('metric = "auc"', 'metric = "f1"').replace("max_depth = 2", "max_dept = 2")
    mine.write_text(wrong.replace("seed = 42", "seed = -1") + "[selection.cv]\nfolds = 1\n")
    with pytest.raises(UsageError) as refused:
        reading.read(mine)
    said = str(refused.value)
    assert said.startswith(f"{mine}: line 9: seed: ")
    for part in (
        "line 10: params.max_depth is missing",
        "line 13: params.max_dept: unknown key 'max_dept', did you mean max_depth",
        "line 15: selection.metric: ",
        "line 18: selection.cv.folds: ",
        "line 17: selection.cv.repeats is missing",
    ):
        assert part in said.replace("; did", ", did"), part
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MY.replace('"xgboost"', '"xgbost"'), "line 8: classifier: unknown classifier 'xgbost'"),
        (MY.replace('classifier = "xgboost"\n', ""), "classifier is missing"),
        (MY.replace("[params]", "params = 3\n[other]"), "line 10: params: is a table"),
        ("name = ", "not a TOML file"),
    ],
)
def test_other_files_are_one_line(text: str, line: str, mine: Path) -> None:
    mine.write_text(text)
    with pytest.raises(UsageError) as refused:
        reading.read(mine)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        own.get(str(tmp_path / "none.toml"), tmp_path)


def test_a_definition_that_was_changed_in_the_store_is_refused(mine: Path, tmp_path: Path) -> None:
    rules = own.get(str(mine), tmp_path)
    own.remember(tmp_path, rules)
    (path,) = (tmp_path / "protocols").iterdir()
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "seed": 1}))
    with pytest.raises(FuseboardError, match="not the protocol of that name"):
        own.get(rules.name, tmp_path)


def test_a_shipped_protocol_is_kept_nowhere(tmp_path: Path) -> None:
    own.remember(tmp_path, protocol.get("starter"))
    assert not (tmp_path / "protocols").exists()
