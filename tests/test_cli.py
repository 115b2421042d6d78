"""The command line as people type it: one end-to-end run, and errors of one line."""

import contextlib
import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import fuseboard
from fuseboard import cli
from fuseboard.harness import quickstart
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.terminal.extras import EXTRAS
from fuseboard.store import installation
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

REPOSITORY = Path(__file__).parents[1]


def run(*arguments: str, cwd: Path = REPOSITORY, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fuseboard", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@dataclass(frozen=True)
class Answer:
    """What a command that ran in the tests' own process said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Here:
    """Runs commands in the tests' own process, which need not import torch again for each."""

    capfd: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Answer:
        self.capfd.readouterr()
        return Answer(cli.run(arguments), *self.capfd.readouterr())


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(capfd)


def test_the_whole_line(tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    site = tmp_path / "site"
    extracted = here.run("extract", "hog", "pixels", "-d", "digits", "--limit", "100")
    assert extracted.returncode == 0, extracted.stderr
    assert len(extracted.stdout.splitlines()) == 2
    searched = here.run("search", "digits-sample100", "--protocol", "starter", "--json")
    assert searched.returncode == 0, searched.stderr
    assert [row["role"] for row in json.loads(searched.stdout)] == [
        "chosen",
        "best single on validation",
        "all of the pool",
        "best test AUC",
        "best test ACC",
    ]
    assert "3 fits" in searched.stderr
    assert "0 fits" in here.run("search", "digits-sample100", "--protocol", "starter").stderr
    assert here.run("store", "verify").returncode == 0
    built = here.run("leaderboard", "build", "--out", str(site))
    assert built.returncode == 0, built.stderr
    assert "fits" not in built.stderr, "a store that holds something is taken as it is"
    page = site / "datasets" / "digits-sample100.html"
    assert "digits-sample100" in page.read_text(), "digits are not medical, so it is not the front page that shows them"
    checked = here.run("leaderboard", "check")
    assert checked.returncode == 0, checked.stderr
    assert "0 findings" in checked.stdout


def test_the_starter_runs_only_where_nothing_is_or_where_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def embed(card: Card, *_: object) -> None:
        done.append(card.id)
        (tmp_path / "results" / "fusion" / "digits").mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / "fusion" / "digits" / "x.parquet").touch()
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("fuseboard.harness.extraction.extract.extract", embed)
    monkeypatch.setattr("fuseboard.harness.search.search.Search.run", lambda *_: done.append("search"))
    monkeypatch.setattr("fuseboard.harness.evaluations.get", lambda name: lambda _: done.append(name))
    with pytest.raises(KeyboardInterrupt):
        quickstart.run_if_empty(Store(tmp_path))
    quickstart.run_if_empty(Store(tmp_path))
    whole = [*registry.OFFLINE, "search", *quickstart.EVALUATIONS]
    assert done == [*registry.OFFLINE[:2], *whole], "an interrupted starter is finished"
    quickstart.run_if_empty(Store(tmp_path))
    assert len(done) == 2 + len(whole), "a store that holds something is left alone"


def test_a_starter_that_cannot_begin_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(FuseboardError) as caught:
        quickstart.run_if_empty(Store(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert f"needs torch, which is not installed; run: {installation.command('harness')};" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_invoke_takes_two_words(tmp_path: Path) -> None:
    invoke = shutil.which("invoke", path=str(Path(sys.executable).parent)) or "invoke"
    answer = subprocess.run(
        [invoke, "leaderboard", "chekc"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "error: No such command 'chekc'" in answer.stderr


def test_the_version_is_the_installed_one() -> None:
    answer = run("--version")
    assert (answer.returncode, answer.stdout) == (0, f"fuseboard {fuseboard.__version__}\n")
    assert importlib.metadata.version("fuseboard") == fuseboard.__version__


def test_words_are_completed_and_nothing_is_written_for_it(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "FUSEBOARD_STORE": str(tmp_path / "store")}
    asked = {"_FUSEBOARD_COMPLETE": "complete_bash", "COMP_WORDS": "fuseboard store l", "COMP_CWORD": "2"}
    completed = run(**home, **asked)
    assert (completed.returncode, completed.stdout.split()) == (0, ["list"])
    shown = run("--show-completion", "bash", SHELL="/bin/bash", **home)
    assert shown.returncode == 0
    assert "_FUSEBOARD_COMPLETE=complete_bash" in shown.stdout
    assert run(**home).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_no_command_shows_the_help_and_no_empty_error() -> None:
    answer = run()
    assert "leaderboard" in answer.stdout
    assert answer.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["extrat"], 2, "No such command 'extrat'"),
        (["extract", "hgo", "-d", "digits"], 2, "unknown backbone 'hgo'; did you mean hog?"),
        (["extract", "hog", "-d", "digit"], 2, "unknown dataset 'digit'; did you mean digits"),
        (["extract", "hog"], 2, "Missing option '--dataset'"),
        (["extract", "hog", "-d", "digits", "--limit", "0"], 2, "--limit"),
        (["extract", "hog", "-d", "digits", "--precision", "fp8"], 2, "unknown precision 'fp8'"),
        (["extract", "hog", "-d", "digits", "--device", "tpu"], 2, "unknown device 'tpu'"),
        (["search", "digits", "--protocol", "biofuse"], 2, "did you mean biofuse-2026"),
        (["search", "digits", "--strategy", "exhaustiv"], 2, "did you mean exhaustive"),
        (["search", "digits"], 1, "holds no embeddings of digits; run `fuseboard extract"),
        (["search", "digits", "--backbones", "hog"], 2, "unknown backbone 'hog'"),
        (["evaluate", "soft-vot", "digits"], 2, "did you mean soft-vote"),
        (["backbones", "show", "pixel"], 2, "did you mean pixels"),
        (["store", "sql", "DROP TABLE x"], 2, "one SELECT statement is expected"),
        (["leaderboard", "serve", "--out", "/nonexistent"], 2, "/nonexistent"),
    ],
)
def test_bad_usage_is_one_line_and_an_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    assert cli.run(arguments) == code
    told = capfd.readouterr()
    assert message in told.err
    assert told.err.startswith("error: ")
    assert len(told.err.splitlines()) == 1
    assert told.out == ""
    assert not (tmp_path / "store").exists(), "nothing is written for a command that cannot be meant"


def test_a_missing_extra_is_answered_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    assert cli.run(["extract", "hog", "-d", "digits", "--store", str(tmp_path)]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == "error: this needs skimage, which is not installed; run: " + installation.command("harness")
    assert set(EXTRAS.values()) == {"harness", "cluster", "corruptions", "gpu", "trees", "audit", "explain"}


def test_a_light_installation_knows_the_digests_that_a_board_is_built_by() -> None:
    code = """if True:
        import sys
        from fuseboard.harness.terminal.extras import EXTRAS
        sys.modules.update(dict.fromkeys(EXTRAS))
        from fuseboard.harness.evaluations.digests import digests
        print(len(digests("linear-2026")))
    """
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(answer.stdout) > 10


def test_datasets_are_listed_without_what_embeds_and_trains() -> None:
    code = """if True:
        import sys
        from fuseboard.cli import run
        assert run(["datasets", "list"]) == 0
        heavy = {"torch", "timm", "sklearn", "pandas", "medmnist", "polars", "pyarrow", "duckdb", "huggingface_hub"}
        print(sorted(heavy & set(sys.modules)))
    """
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"
    assert "imagenet" in answer.stdout


def test_datasets_are_listed_where_a_package_of_theirs_is_missing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    from fuseboard.harness.datasets import medmnist

    def missing() -> None:
        raise ModuleNotFoundError("No module named 'medmnist'", name="medmnist")

    monkeypatch.setattr(medmnist, "_table", missing)
    answer = here.run("datasets", "list", "--json")
    assert answer.returncode == 0
    rows = {row["name"]: row for row in json.loads(answer.stdout)}
    assert (rows["digits"]["classes"], rows["breastmnist"]["task"]) == (10, None)
    assert answer.stderr.count(installation.command("harness")) == 1


@pytest.mark.parametrize("command", [["-h"], ["search", "-h"], ["store", "pull", "-h"]])
def test_h_is_help(command: list[str], here: Here) -> None:
    answer = here.run(*command)
    assert answer.returncode == 0
    assert "Usage:" in answer.stdout


def test_a_store_is_named_once_for_every_command(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "other"))
    answer = here.run("--store", str(tmp_path / "mine"), "extract", "pixels", "-d", "digits-first10")
    assert answer.returncode == 0
    assert f"a new store is made at {tmp_path / 'mine'}" in answer.stderr
    assert os.environ["FUSEBOARD_STORE"] == str(tmp_path / "other")
    again = here.run("--store", str(tmp_path / "mine"), "extract", "pixels", "-d", "digits-first10")
    assert "a new store" not in again.stderr
    assert "pixels" in here.run("--store", str(tmp_path / "mine"), "store", "list").stdout
    assert "pixels" not in here.run("store", "list").stdout


def test_an_option_that_names_nothing_is_not_all(here: Here) -> None:
    answer = here.run("search", "digits", "--backbones", "")
    assert answer.returncode == 2
    assert "'' names nothing" in answer.stderr


def test_ctrl_c_is_one_line_and_what_is_done_stays(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fuseboard", "extract", "efficientnet-lite0", "-d", "digits", "--store", str(tmp_path)],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "locks").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("error: interrupted; what was finished is kept")
    assert not list(tmp_path.rglob(".tmp-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    answer = run("extract", "pixels", "-d", "digits", "--store", str(tmp_path / "store"))
    assert answer.returncode == 1
    assert "Permission denied" in answer.stderr


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    tiny_disk: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tiny_disk / "store"))
    answer = here.run("extract", "hog", "-d", "digits")
    assert answer.returncode == 1
    assert "error: no space left on the disk while writing" in answer.stderr.splitlines()[-1]
    assert not list(tiny_disk.rglob("*.parquet"))
    assert here.run("extract", "pixels", "-d", "digits").returncode == 0
    filler = tiny_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    for arguments in (
        ["search", "digits", "--protocol", "starter"],
        ["leaderboard", "build", "--out", str(tiny_disk / "site")],
    ):
        answer = here.run(*arguments)
        assert answer.returncode == 1
        assert "error: no space left on the disk while writing" in answer.stderr.splitlines()[-1]
    assert not (tiny_disk / "site").exists()
    assert not list(tiny_disk.glob("store/results/**/*.parquet"))
    assert not list(tiny_disk.rglob(".*"))
    filler.unlink()
    assert here.run("search", "digits", "--protocol", "starter").returncode == 0
