"""A bad manifest or results file costs its own rows only, and is named once, whatever is asked of the store."""

import json
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fuseboard import cli
from fuseboard.store.embeddings import history, manifest
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.store import Store
from tests.leaderboard.conftest import TinyStore

LABELS = np.arange(12, dtype=np.uint16) % 3
BACKBONES = ("alpha", "beta", "gamma")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def of_another_schema(path: Path) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps({**json.loads(path.read_text()), "dim": "many"}))
    else:
        pl.DataFrame({"key": ["x"], "auc": [0.5]}).write_parquet(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def not_allowed(path: Path) -> None:
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads everything")


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


# A version whose manifest is a link to nothing has none, and is no version; so that kind comes last.
KINDS = [cut, empty, of_another_schema, a_folder, not_allowed, a_link_to_nothing]
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three backbones and the rows of each alone, a file each."""
    store = TinyStore(tmp_path_factory.mktemp("whole") / "store")
    for name in BACKBONES:
        store.embed(name, labels=LABELS)
    for draw, name in enumerate(BACKBONES):
        scores = np.random.default_rng(draw).random((12, 3)).astype(np.float32)
        store.measure((name,), (0.5, 0.5 + draw / 100), (0.5, 0.5), scores=scores.tolist())
    return store.root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "store"))


def manifest_of(root: Path, name: str = "beta") -> Path:
    (found,) = root.glob(f"embeddings/{name}/*/{manifest.FILE}")
    return found


def results_of(root: Path, name: str = "beta") -> list[Path]:
    found = sorted((root / "results" / "fusion" / "tiny").glob("*.parquet"))
    return [path for path in found if [name] in pl.read_parquet(path)["subset"].to_list()]


def told(err: str, path: Path) -> list[str]:
    return [line for line in err.splitlines() if str(path) in line]


@pytest.fixture
def run(root: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.run([*words, "--store", str(root)])
        return code, *capfd.readouterr()

    return run


@pytest.mark.parametrize("damage", KINDS[:-1])
def test_a_manifest_costs_its_own_version(root, run, tmp_path, damage: Damage) -> None:
    path = manifest_of(root)
    damage(path)
    code, out, err = run("store", "list", "--json")
    assert (code, [one["backbone"] for one in json.loads(out)], len(told(err, path))) == (0, ["alpha", "gamma"], 1)
    code, out, err = run("store", "sql", "SELECT DISTINCT backbone FROM versions ORDER BY 1", "--csv")
    assert (code, out.split(), len(told(err, path))) == (0, ["backbone", "alpha", "gamma"], 1)
    code, out, err = run("store", "sql", "SELECT count(*) AS n FROM results", "--csv")
    assert (code, out.split()) == (0, ["n", "6"]), "the rows that were measured on it are rows still"
    code, out, err = run("store", "verify", "--json")
    findings = json.loads(out)["findings"]
    assert (code, [one["version"].partition("@")[0] for one in findings]) == (1, ["beta"])
    assert str(path) in findings[0]["problem"]
    code, out, err = run("leaderboard", "build", "--out", str(tmp_path / "site"))
    assert (code, len(told(err, path))) == (0, 1), err
    with pytest.warns(DamagedFileWarning, match="beta"):
        assert sorted(Store(root).versions_of("tiny")) == ["alpha", "gamma"]


@pytest.mark.parametrize("damage", KINDS)
def test_a_results_file_costs_its_own_rows(root, run, tmp_path, damage: Damage) -> None:
    path, *_ = results_of(root)
    lost = len(pl.read_parquet(path))
    damage(path)
    code, out, err = run("store", "sql", "SELECT count(*) AS n FROM results", "--csv")
    assert (code, out.split(), len(told(err, path))) == (0, ["n", str(6 - lost)], 1)
    assert "delete it and run the same search again" in err
    code, out, err = run("store", "list", "--json")
    assert (code, len(json.loads(out))) == (0, 3)
    code, out, err = run("store", "verify", "--json")
    findings = json.loads(out)["findings"]
    assert (code, [one["file"] for one in findings]) == (1, [path.relative_to(root).as_posix()])
    code, out, err = run("leaderboard", "build", "--out", str(tmp_path / "site"))
    assert (code, len(told(err, path))) == (0, 1), err
    with pytest.warns(DamagedFileWarning, match="results"):
        assert len(Store(root).rows()) == 6 - lost


@pytest.mark.parametrize("damage", KINDS[:-1])
def test_a_search_refuses_only_what_it_needs(root, run, damage: Damage) -> None:
    path, (rows, *_) = manifest_of(root), results_of(root, "gamma")
    damage(path)
    damage(rows)
    code, out, err = run("search", "tiny", "--protocol", "starter", "--backbones", "beta,gamma", "--json")
    assert (code, len(told(err, path)), out) == (1, 1, "")
    code, out, err = run("search", "tiny", "--protocol", "starter", "--json")
    assert (code, len(told(err, path)), len(told(err, rows))) == (0, 1, 1), err
    assert {row["subset"] for row in json.loads(out)} <= {"alpha", "gamma", "alpha+gamma"}
    code, out, err = run("search", "tiny", "--protocol", "starter", "--backbones", "alpha", "--json")
    assert (code, {row["subset"] for row in json.loads(out)}) == (0, {"alpha"})


@pytest.mark.parametrize("damage", [cut, empty, of_another_schema, a_folder])
def test_a_history_costs_the_word_where_a_version_came_from(root, run, damage: Damage) -> None:
    version = Store(root).version("beta")
    history.add(version.folder, "pulled", "org/beta", history.splits_of(version.manifest))
    path = version.folder / history.FILE
    damage(path)
    code, out, err = run("store", "list", "--json")
    assert (code, [one["origins"] for one in json.loads(out)], len(told(err, path))) == (0, [[], [], []], 1)


def test_a_removal_wants_to_read_all_that_it_looks_through(root, run) -> None:
    empty(manifest_of(root))
    assert run("store", "remove", "--dataset", "tiny", "--yes")[0] == 1
    (rows, *_) = results_of(root)
    empty(rows)
    code, _, err = run("store", "remove", "alpha", "--yes")
    assert (code, len(told(err, rows))) == (1, 1)
    assert manifest_of(root, "alpha").is_file()


def test_another_version_that_cannot_be_read_is_in_nobodys_way(root) -> None:
    own = manifest_of(root)
    other = own.parent.with_name("0" * 32)
    shutil.copytree(own.parent, other)
    empty(other / manifest.FILE)
    spec = f"beta@{own.parent.name[:12]}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Store(root).version(spec).folder == own.parent
        said = Store(root, lambda: {"beta": own.parent.name})
        assert said.version("beta").folder == own.parent, "its card says which one is meant"
        with pytest.raises(FuseboardError, match="0" * 32):
            Store(root).version("beta")
