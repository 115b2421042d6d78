"""A store of commit 7046aa5 opens with the present code: the same rows and numbers, and nothing is computed again.

`data/store-7046aa5.tar.xz` holds a store of two backbones, 60 images of each split of digits, a search and four
evaluations under `starter`; a reference that `leaderboard accept` wrote; and in `expected/` what that commit answered.
The test speaks to the command line, in the words of that time, so commands renamed since must still answer to them.
"""

import contextlib
import csv
import hashlib
import io
import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fuseboard import cli

ARCHIVE = Path(__file__).parent / "data" / "store-7046aa5.tar.xz"
DATA = "digits-first60"
EVALUATIONS = ("singles", "knn", "late", "linear-probe")


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("xgboost")
    folder = tmp_path_factory.mktemp("older")
    shutil.unpack_archive(ARCHIVE, folder)
    return folder


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    stdout: str
    stderr: str


def run(folder: Path, *arguments: str) -> Answer:
    """Runs a command over the store from the folder around it."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("FUSEBOARD_STORE", str(folder / "store"))
        patch.chdir(folder)
        code = cli.run(arguments)
    assert code == 0, err.getvalue()
    return Answer(out.getvalue(), err.getvalue())


def expected(folder: Path, name: str) -> Any:
    return json.loads((folder / "expected" / f"{name}.json").read_text())


def hashes(folder: Path) -> dict[str, str]:
    """Of everything that was computed; the texts beside it are written as this release writes them."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("embeddings", "results", "similarity")
        for path in sorted((folder / "store" / part).rglob("*"))
        if path.is_file() and path.name not in ("README.md", "card.toml")
    }


def numbers(value: Any) -> Iterator[float]:
    """Every number of a JSON answer, in order, whatever the keys are called."""
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


RENAMED = {
    "oracle (best on test)": "best test ACC",
    "best single": "best single on validation",
    "all": "all of the pool",
}
"""Roles that were called otherwise: what is best is named by what it is best in, as boards name it."""


def told_of(now: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[float]:
    """The numbers of the roles that were told before; others came later."""
    roles = {RENAMED.get(role, role) for role in (row.get("role") for row in before)}
    return list(numbers([row for row in now if row.get("role") in roles]))


def figures(path: Path, without: Collection[str] = ()) -> list[Counter[str]]:
    """The cells of each row of a CSV that are numbers, as they are written, but for some columns."""

    def is_number(cell: str) -> bool:
        try:
            float(cell)
        except ValueError:
            return False
        return True

    with path.open(newline="") as file:
        return [
            Counter(cell for name, cell in row.items() if name not in without and is_number(cell))
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("view", ["versions", "shards", "results"])
def test_every_row_is_read_as_it_was(older: Path, view: str) -> None:
    before = expected(older, view)
    now = json.loads(run(older, "store", "sql", f"SELECT * FROM {view}", "--json").stdout)
    assert len(before) > 1

    def canonical(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(json.dumps({name: row[name] for name in before[0]}, sort_keys=True) for row in rows)

    assert canonical(now) == canonical(before)


def test_every_byte_is_verified(older: Path) -> None:
    assert json.loads(run(older, "store", "verify", "--json").stdout) == expected(older, "verify")


def test_the_check_says_what_it_said(older: Path) -> None:
    """Metrics from predictions, rows against the reference, and two subsets fitted anew."""
    now = run(older, "leaderboard", "check", "--reference", "reference").stdout
    assert now == (older / "expected" / "check.txt").read_text()


def test_nothing_is_computed_again(older: Path) -> None:
    before = hashes(older)
    run(older, "extract", "hog", "pixels", "-d", "digits-first60")
    searched = run(older, "search", DATA, "--protocol", "starter", "--json")
    assert "0 fits" in searched.stderr
    assert told_of(json.loads(searched.stdout), expected(older, "search")) == list(numbers(expected(older, "search")))
    for name in EVALUATIONS:
        now = run(older, "evaluate", name, DATA, "--protocol", "starter", "--json").stdout
        assert told_of(json.loads(now), expected(older, name)) == list(numbers(expected(older, name))), name
    similar = run(older, "similarity", DATA, "--json")
    assert list(numbers(json.loads(similar.stdout))) == list(numbers(expected(older, "similarity")))
    assert hashes(older) == before


MEAN_SPEED = ("images_per_s", "s_per_image")
"""By now a speed is the median over splits."""
MOVED = {
    "scores-of-singles-starter.csv": "demo-starter.csv",
    "scores-of-fusion-starter.csv": "demo-methods-starter.csv",
}
"""The store holds digits, which have a board of their own by now."""
OF_MEDICAL_SETS = {
    "contribution-starter.csv",
    "efficiency-starter.csv",
    "fusion-starter.csv",
    "singles-starter.csv",
}
"""Tables of ranks and means, which only medical sets are in."""


def test_the_boards_show_the_same_numbers(older: Path) -> None:
    intervals = older / "store" / "intervals" / f"{DATA}.parquet"
    kept = pl.read_parquet(intervals)
    run(older, "leaderboard", "build", "--out", "site")
    assert pl.read_parquet(intervals).equals(kept)
    tables = sorted((older / "expected").glob("*.csv"))
    assert len(tables) > 10
    for table in tables:
        if table.name in OF_MEDICAL_SETS:
            continue
        before, now = figures(table, MEAN_SPEED), figures(older / "site" / "data" / MOVED.get(table.name, table.name))
        assert len(now) >= len(before), table.name
        for row in before:
            assert any(row <= there for there in now), f"{table.name}: no row has {row} any longer"
