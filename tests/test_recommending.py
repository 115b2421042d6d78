"""`fuseboard recommend`: what may be used, what is refused, and what the page about it says."""

import json
import re
from pathlib import Path

import pytest

from fuseboard import cli, recommending
from fuseboard.harness.backbones import registry
from fuseboard.leaderboard.recommending.recommendation import recommend
from fuseboard.leaderboard.recommending.rules import About
from fuseboard.leaderboard.recommending.score_table import KINDS, published

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "recommend.md"


@pytest.fixture(autouse=True)
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Path) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path))


def asked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[list[dict[str, object]], str]:
    assert cli.run(["recommend", *options, "--json"]) == 0
    told = capsys.readouterr()
    return json.loads(told.out), told.err


def test_it_recommends_with_its_regret_and_says_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    rows, notes = asked(capsys)
    regrets = [row["auc_regret"] for row in rows]
    assert regrets == sorted(regrets)
    subset = str(rows[0]["subset"])
    assert subset in notes
    assert f"--backbones {subset.replace('+', ',')}" in notes


def test_limits_leave_backbones_out_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--commercial"], ["--open"], ["--max-vram", "4"], ["--commercial", "--open", "--max-vram", "4"]):
        rows, notes = asked(capsys, *options)
        (told,) = [line for line in notes.splitlines() if line.startswith("not taken")]
        for row in rows:
            for name in str(row["subset"]).split("+"):
                assert f" {name} (" not in told
                card = registry.get(name)
                assert "--open" not in options or not card.gated
                assert "--commercial" not in options or card.licence in {"MIT", "Apache-2.0"}


def test_an_unverified_or_unknown_licence_is_not_commercial(capsys: pytest.CaptureFixture[str]) -> None:
    _, notes = asked(capsys, "--commercial")
    assert "pubmedclip (licence: MIT (unverified))" in notes
    assert "chexagent (licence: not stated)" in notes


def test_a_known_dataset_recommends_nothing_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    rows, notes = asked(capsys, "breastmnist-64", "--images", "780")
    assert any("kind" in str(row["rule"]) for row in rows)
    assert "breastmnist's own published scores recommended nothing" in notes
    assert "78 images to choose by" in notes


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["brestmnist"], 2, "unknown dataset 'brestmnist'; did you mean breastmnist"),
        (["--modality", "xray"], 2, "unknown modality 'xray'"),
        (["--max-vram", "0.1"], 1, "none of the backbones with published searches may be used"),
        (["--images", "0"], 2, "--images"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    options: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["recommend", *options]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert message in told.err


def test_the_kinds_are_those_of_the_table() -> None:
    assert set(recommending.KINDS) == set(KINDS.values())


def test_the_figures_of_the_page_are_those_measured_now() -> None:
    """Its first table, row by row: rule, regret, at worst, over search, over all, over single, regret in accuracy."""
    found = {rule.name: rule.row for rule in recommend(published(), About("radiology", 1_000)).rules}
    table = re.findall(r"^\| ([a-z][\w ]+) \| ([-+.\d |]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert {name for name, _ in table} == set(found)
    columns = ("auc_regret", "auc_worst", "auc_over_search", "auc_over_all", "auc_over_single", "acc_regret")
    for name, cells in table:
        assert [float(cell) for cell in cells.split("|")] == [found[name][column] for column in columns], name
