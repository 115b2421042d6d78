import shutil
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest
from typer.testing import CliRunner

from fuseboard.leaderboard.cli import commands
from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.output.server import open_server
from fuseboard.leaderboard.regression import reference
from fuseboard.leaderboard.rows import shipped_rows
from fuseboard.leaderboard.site.build import build
from fuseboard.store.errors import FuseboardError, UsageError


def no_fit(*_):
    raise UsageError("nothing is fitted here")


def run(*arguments, when_empty=lambda store: None):
    return CliRunner().invoke(commands(when_empty, no_fit, no_providers()), [str(argument) for argument in arguments])


def test_build_prints_the_front_page_after_asking_for_a_starter(store, tmp_path):
    asked = []

    def when_empty(opened):
        asked.append(opened.root)
        store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5))

    out = tmp_path / "site"
    result = run("build", "--store", store.root, "--out", out, when_empty=when_empty)
    assert (result.exit_code, result.stdout) == (0, f"{out / 'index.html'}\n")
    assert asked == [store.root]
    assert (out / "datasets/tiny.html").is_file()


def test_check_says_how_many_rows_it_checked(searched, shipped):
    result = run("check", "--store", searched.root)
    assert result.exit_code == 0
    assert "0 rows recomputed from their predictions; 14 kept none" in result.stdout
    assert "breastmnist-28: in the reference, but this store has nothing of it, so it was not checked" in result.stdout


def test_check_fails_on_a_wrong_number(store):
    store.embed("alpha")
    store.measure(("alpha",), (0.5, 0.123), (0.5, 0.123), scores=[[1.0, 0.0, 0.0]] * 12)
    result = run("check", "--store", store.root)
    assert result.exit_code == 1
    assert "0.123" in result.stdout
    assert "2 rows recomputed from their predictions" in result.stdout


def test_accept_names_its_files_and_check_finds_them_in_order(store, tmp_path):
    store.embed("alpha")
    store.measure(("alpha",), (0.5, 1 / 3), (0.5, 1 / 3), scores=[[1.0, 0.0, 0.0]] * 12)
    result = run("accept", "--store", store.root, "--reference", tmp_path / "mine", "-d", "tiny")
    assert (result.exit_code, result.stdout.split()) == (
        0,
        [str(path) for path in accepted(tmp_path / "mine")],
    )
    result = run("check", "--store", store.root, "--reference", tmp_path / "mine")
    assert "2 rows held against the reference in mine" in result.stdout
    assert "nothing is fitted here" in result.stdout


def accepted(folder):
    """The files of a reference of one row, in the order in which they are written."""
    labels = [folder / f"labels/tiny/{split}.parquet" for split in ("train", "val", "test")]
    manifest = next(folder.glob("embeddings/alpha/*/manifest.json"))
    return [*labels, manifest, folder / "results/fusion/tiny/rows.parquet", folder / "verdicts.csv"]


def installed(shipped, tmp_path, monkeypatch):
    """A copy of the shipped reference in place of it, and a working directory that is no checkout; gives the copy."""
    copy = shutil.copytree(shipped, tmp_path / "site-packages" / "reference")
    monkeypatch.setattr(shipped_rows, "SHIPPED", copy)
    monkeypatch.chdir(tmp_path)
    return copy


def test_accept_writes_beside_the_store_and_nothing_into_the_package(shipped, store, tmp_path, monkeypatch):
    shipped = installed(shipped, tmp_path, monkeypatch)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in shipped.rglob("*") if path.is_file()}
    store.embed("alpha")
    store.measure(("alpha",), (0.5, 1 / 3), (0.5, 1 / 3), scores=[[1.0, 0.0, 0.0]] * 12)
    assert "breastmnist-28: in the reference" in run("check", "--store", store.root).stdout
    result = run("accept", "--store", store.root)
    own = store.root / "reference"
    assert result.stdout.split() == [str(path) for path in accepted(own)]
    assert result.stderr.count(str(own)) == 1
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in shipped.rglob("*") if path.is_file()
    } == before
    held = run("check", "--store", store.root).stdout
    assert "2 rows held against the reference" in held
    assert "breastmnist" not in held


@pytest.mark.parametrize(
    ("project", "place"),
    [
        ('[project]\nname = "fuseboard"', "leaderboard/reference"),
        ('[project]\nname = "else"', "store/reference"),
        ("project = 1", "store/reference"),
        ("no TOML", "store/reference"),
    ],
)
def test_accept_writes_into_a_checkout_of_this_project_only(store, tmp_path, project, place):
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / "leaderboard" / "reference").mkdir(parents=True)
    assert reference.folder_to_write(store.opened, tmp_path) == tmp_path / place


def test_serve_without_a_site_is_wrong_usage(tmp_path):
    result = run("serve", "--out", tmp_path / "nowhere")
    assert isinstance(result.exception, UsageError)
    assert "leaderboard build" in str(result.exception)


def test_a_taken_port_is_named(store, tmp_path):
    build(store.opened, tmp_path / "site")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FuseboardError, match=f"port {port} .* is in use"):
            open_server(tmp_path / "site", port)


def test_the_server_shows_the_site_to_this_machine_only(searched, tmp_path):
    index = build(searched.opened, tmp_path / "site")
    with open_server(tmp_path / "site", 0) as server:
        assert server.server_address[0] == "127.0.0.1"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            assert answer.read() == index.read_bytes()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["release", "2026.12", "--doi", "12"], "'12' is no DOI"),
        (["release", "2026.12", "--concept-doi", "zenodo"], "'zenodo' is no DOI"),
        (["release", "A/b"], "'A/b' cannot name a release"),
        (["build", "--releases", "nowhere"], "nowhere: there is no such folder"),
        (["export", "--benchmark", "name"], "'name' is no repository of the Hub"),
    ],
)
def test_what_cannot_be_meant_writes_nothing(searched, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    answer = run(*arguments, "--store", searched.root)
    assert isinstance(answer.exception, UsageError)
    assert told in str(answer.exception)
    assert set(tmp_path.iterdir()) == before


def test_a_release_says_where_it_is_and_what_cannot_be_added_later(searched, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run("release", "2026.12", "--store", searched.root)
    assert answer.stdout.split() == ["releases/2026.12.zip"]
    assert "it names no DOI" in answer.stderr
    assert "it names no address" in answer.stderr
    for_ever = ["--doi", "https://doi.org/10.5281/zenodo.1", "--url", "https://example.org/board"]
    answer = run("release", "2027.01", "--store", searched.root, *for_ever)
    assert "it names no" not in answer.stderr


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        (
            "fuseboard.leaderboard.cli",
            {"torch", "xgboost", "sklearn", "fuseboard.harness", "polars", "jinja2", "duckdb"},
        ),
        (
            "fuseboard.leaderboard.site.build",
            {"torch", "xgboost", "sklearn", "fuseboard.harness", "timm", "open_clip", "transformers"},
        ),
        (
            "fuseboard.leaderboard.regression.check",
            {"torch", "xgboost", "sklearn", "fuseboard.harness", "timm", "open_clip", "transformers"},
        ),
    ],
)
def test_imports_stay_light(module, absent):
    code = f"import sys, {module}; print(*sorted({absent!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_light_installation_checks_a_store_that_holds_rows(searched, tmp_path):
    heavy = ("joblib", "sklearn", "scipy", "torch", "xgboost", "medmnist", "PIL")
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({heavy}))\n"
        "from fuseboard import cli\nsys.exit(cli.run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "leaderboard", "check", "--store", str(searched.root)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 findings" in done.stdout
