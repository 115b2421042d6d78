"""What is installed: one package with all its files, which imports nothing of the folder that it is used in."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import fuseboard

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("store", "harness", "leaderboard")
BUNDLER = "leaderboard/sql/"
"""What makes the SQL page's bundle with npm; of it, only the bundle is installed, where it was made."""

IN_THE_WAY = (
    *("store.py", "json.py", "typing.py", "pickle.py", "struct.py", "numpy.py", "torch.py"),
    *("store/__init__.py", "harness/__init__.py", "leaderboard/__init__.py"),
)
"""Modules in the folder that it is used in; each leaves a mark when something imports it, and raises."""
MARK = "from pathlib import Path\nPath({mark!r}).write_text('')\nraise SystemExit({mark!r})\n"


def tracked() -> list[str]:
    """The files of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout, so nothing says which files belong to the project")
    return [name for name in listed.stdout.split("\0") if name and os.path.lexists(REPOSITORY / name)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing of an earlier build is in it and nothing is left in the checkout.

    Its links are what git makes of them on Windows: files with the text of where they lead.
    """
    pytest.importorskip("setuptools")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / name).is_symlink():
            (source / name).write_text(os.readlink(REPOSITORY / name))
        else:
            shutil.copy(REPOSITORY / name, source / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(built),
    ]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that has the wheel and sees the libraries of this one, but not the checkout."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, capture_output=True, check=True)
    (packages,) = home.glob("lib/*/site-packages")
    # Files that end in .pth are not looked at there, so an editable installation stays out.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = run(home, str(python), "-c", "import fuseboard; print(fuseboard.__file__)").stdout.strip()
    assert where == str(packages / "fuseboard" / "__init__.py")
    return python


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as a shell in that folder would, without what tests set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    kept["FUSEBOARD_STORE"] = str(folder / "a-store")
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    folder = tmp_path / "hostile"
    for name in IN_THE_WAY:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        mark = tmp_path / f"imported-{name.replace('/', '-')}"
        (folder / name).write_text(MARK.format(mark=str(mark)))
    (folder / "fuseboard.toml").write_text("store = '/nonexistent'\n")
    return folder


def imported_by(done: subprocess.CompletedProcess[str], hostile: Path) -> list[str]:
    """The modules of the folder that were imported; the command must have gone well."""
    marks = sorted(mark.name for mark in hostile.parent.glob("imported-*"))
    assert done.returncode == 0, (marks, done.stderr)
    return marks


def test_the_wheel_holds_one_package_and_every_file_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {f"fuseboard/{name}" for name in tracked() if name.startswith(tuple(f"{one}/" for one in PACKAGES))}
    wanted = {name for name in wanted if not name.startswith(f"fuseboard/{BUNDLER}")}
    wanted |= {name for name in tracked() if name.startswith("fuseboard/") and name.endswith((".py", ".typed"))}
    assert held == wanted


def test_the_version_is_said_once(wheel: Path) -> None:
    assert wheel.name.startswith(f"fuseboard-{fuseboard.__version__}-py3-none-any")


def test_nothing_of_the_folder_is_imported_at_the_start(python: Path, hostile: Path) -> None:
    version = f"fuseboard {fuseboard.__version__}\n"
    script = str(python.with_name("fuseboard"))
    for command in ([script], [str(python), "-m", "fuseboard"]):
        done = run(hostile, *command, "--version")
        assert (imported_by(done, hostile), done.stdout) == ([], version)
        done = run(hostile, *command, "store", "list", "--json")
        assert (imported_by(done, hostile), done.stdout) == ([], "[]\n")
    assert imported_by(run(hostile, str(python), "-c", "import fuseboard"), hostile) == []


def test_nothing_of_the_folder_is_imported_by_the_process_that_draws(python: Path, hostile: Path) -> None:
    pytest.importorskip("xgboost")
    shutil.unpack_archive(REPOSITORY / "tests" / "data" / "store-7046aa5.tar.xz", hostile.parent)
    store, site = str(hostile.parent / "store"), hostile.parent / "site"
    done = run(hostile, str(python), "-m", "fuseboard", "leaderboard", "build", "--store", store, "--out", str(site))
    assert imported_by(done, hostile) == []
    assert any("<svg" in page.read_text() for page in site.glob("datasets/*.html"))


@pytest.mark.parametrize("start", ["script", "-m"])
def test_nothing_of_the_folder_is_imported_by_processes_that_extract(python: Path, hostile: Path, start: str) -> None:
    pytest.importorskip("torch")
    command = [str(python.with_name("fuseboard"))] if start == "script" else [str(python), "-m", "fuseboard"]
    done = run(hostile, *command, "extract", "hog", "pixels", "-d", "digits", "--limit", "20", "--shared-read")
    assert imported_by(done, hostile) == []
    assert len(done.stdout.splitlines()) == 2
