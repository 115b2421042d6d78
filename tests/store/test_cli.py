import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from fuseboard.store.cli import commands
from fuseboard.store.embeddings import history, manifest
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.files.location import store_root


def no_dataset(name):
    raise UsageError(f"unknown dataset {name!r}")


cli = commands(no_dataset, dict, lambda name: "known", lambda name: None)


def run(*args, root=None):
    asked = [*map(str, args), *(["--store", str(root)] if root else [])]
    return CliRunner().invoke(cli, asked)


def test_an_empty_store_says_how_to_fill_it(root):
    done = run("list", root=root)
    assert done.exit_code == 0
    assert "is empty: fill it with `fuseboard extract`" in done.stderr
    assert json.loads(run("list", "--json", root=root).stdout) == []


def test_list_shows_versions_and_what_is_broken(make_version, root):
    version = make_version(root)
    make_version(root, dataset="breastmnist", splits=("val",))
    [fact] = json.loads(run("list", "--json", root=root).stdout)
    assert fact["datasets"] == {"digits": {"train": 20, "val": 20, "test": 20}, "breastmnist": {"val": 20}}
    assert (fact["rows"], fact["dim"], fact["licence"]) == (80, 4, "Apache-2.0")
    assert (fact["origins"], fact["published"], fact["unknown_order"]) == ([], [], [])
    history.add(version.folder, "pulled", "org/alpha", history.splits_of(version.manifest))
    history.add(version.folder, "published", "7", history.splits_of(version.manifest), doi="10.5281/zenodo.7")
    [fact] = json.loads(run("list", "--json", root=root).stdout)
    assert (fact["origins"], fact["published"]) == (["pulled from org/alpha"], ["10.5281/zenodo.7"])
    assert "pulled from" in run("list", "--wide", root=root).stdout
    (make_version(root, "beta").folder / manifest.FILE).write_text("{")
    with pytest.warns(DamagedFileWarning, match="beta"):
        done = run("list", root=root)
    assert done.exit_code == 0
    assert version.manifest.fingerprint[:12] in done.stdout


def test_verify_exits_with_1_on_findings(make_version, root):
    version = make_version(root)
    assert run("verify", root=root).exit_code == 0
    (version.folder / "digits" / "val-00000-of-00002.parquet").unlink()
    assert run("verify", "alpha", root=root).exit_code == 1
    report = json.loads(run("verify", "--json", root=root).stdout)
    assert [finding["file"] for finding in report["findings"]] == ["val-00000-of-00002.parquet"]
    assert report["not_compared"] == {"digits": "no dataset of that name is known here"}


def test_sql_in_three_forms(make_version, root):
    make_version(root)
    query = "SELECT id, embedding, 'a,b' AS text FROM embeddings WHERE split = 'val' AND id < 2 ORDER BY id"
    rows = json.loads(run("sql", query, "--json", root=root).stdout)
    assert [row["id"] for row in rows] == [0, 1]
    lines = run("sql", query, "--csv", root=root).stdout.splitlines()
    assert lines[0] == "id,embedding,text"
    assert lines[1].endswith(',"a,b"')
    assert "embedding" in run("sql", query, root=root).stdout
    none = run("sql", f"SELECT * FROM ({query}) WHERE id > 9", root=root)
    assert (none.stdout, none.stderr) == ("", "no row; its columns are id, embedding, text\n")
    assert isinstance(run("sql", query, "--csv", "--json", root=root).exception, UsageError)
    late = run("sql", "SELECT error('no')", root=root)
    assert isinstance(late.exception, UsageError)


def test_json_of_sql_is_json(root):
    query = """SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b, '-inf'::FLOAT AS c, [1.5::DOUBLE, 'nan'::DOUBLE] AS d,
    {'e': 'inf'::DOUBLE, 'f': [NULL]} AS g, MAP {1: 'nan'::DOUBLE} AS h, 'NaN' AS i, TIMESTAMP '2020-01-01' AS j,
    ['inf'::FLOAT, 2]::FLOAT[2] AS k, MAP {DATE '2020-01-01': 1} AS m"""

    def refuse(text):
        raise AssertionError(f"{text} is no JSON")

    [row] = json.loads(run("sql", query, "--json", root=root).stdout, parse_constant=refuse)
    assert row == {
        **{"a": None, "b": None, "c": None, "d": [1.5, None], "g": {"e": None, "f": [None]}, "h": {"1": None}},
        **{"i": "NaN", "j": "2020-01-01 00:00:00", "k": [None, 2.0], "m": {"2020-01-01": 1}},
    }
    line = run("sql", "SELECT [TIMESTAMP '2020-01-01'] AS a, {'b': 'nan'::DOUBLE} AS c", "--csv", root=root).stdout
    assert line.splitlines()[1] == '"[""2020-01-01 00:00:00""]","{""b"": null}"'


def test_json_of_sql_loses_no_column(root):
    twice = run("sql", "SELECT 1 AS a, 2 AS b, 3 AS a", "--json", root=root)
    assert isinstance(twice.exception, UsageError)
    assert "two columns are called 'a'" in str(twice.exception)
    assert run("sql", "SELECT 1 AS a, 2 AS b, 3 AS a", "--csv", root=root).stdout == "a,b,a\n1,2,3\n"
    [row] = json.loads(run("sql", "SELECT 1 AS a, 2 AS A", "--json", root=root).stdout)
    assert row == {"a": 1, "A": 2}


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
def test_push_and_pull(make_version, root, tmp_path, hub_server):
    version = make_version(root)
    pushed = run("push", "alpha", "org/alpha", "--yes", root=root)
    assert pushed.stdout.strip() == f"{hub_server.url}/datasets/org/alpha"
    pulled = run("pull", "org/alpha", "--split", "val", root=tmp_path / "other")
    assert pulled.stdout.startswith(f"{version.spec}: 2 files")
    assert "pulling org/alpha" in pulled.stderr
    assert isinstance(run("pull", "12", "--revision", "x", root=root).exception, UsageError)
    assert isinstance(run("push", "beta", "org/beta", root=root).exception, UsageError)


def test_the_store_is_where_it_was_said(monkeypatch, tmp_path):
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "env"))
    assert store_root() == tmp_path / "env"
    assert store_root(tmp_path / "option") == tmp_path / "option"
    monkeypatch.delenv("FUSEBOARD_STORE")
    assert "fuseboard" in str(store_root())


def test_what_is_no_store_is_refused(make_version, root, tmp_path):
    make_version(root)
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", "/dev/null", root / "embeddings"):
        done = run("list", root=place)
        assert isinstance(done.exception, UsageError)
        assert str(place) in str(done.exception)
    assert run("list", root=tmp_path / "to-be-made").exit_code == 0


def test_nothing_in_the_store_imports_the_model_libraries():
    code = (
        "import sys, importlib, pkgutil\nfrom fuseboard import store\n"
        "for m in pkgutil.walk_packages(store.__path__, 'fuseboard.store.'): importlib.import_module(m.name)\n"
        "heavy = ('torch', 'xgboost', 'transformers', 'timm', 'open_clip', 'fuseboard.harness')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_and_list_load_nothing_heavy(root):
    code = (
        "import sys\nfrom fuseboard.store.cli import commands\n"
        f"try: commands(None, dict, None, None)(['list', '--store', {str(root)!r}])\nexcept SystemExit: pass\n"
        "print([m for m in ('duckdb', 'polars', 'datasets', 'pandas', 'huggingface_hub') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("error", [FuseboardError, UsageError])
def test_every_error_has_its_exit_code(error):
    assert error("x").exit_code == {FuseboardError: 1, UsageError: 2}[error]
