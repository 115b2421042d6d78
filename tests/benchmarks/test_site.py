"""A board of 60 backbones, 12 datasets, 6 evaluations and 511 subsets each: built, built again, and its weight."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.leaderboard.large import fill

HOME_KB = 300
"""Of the front page with everything it loads."""
UNCHANGED = 0.1
"""Of the time of a build, for one that finds nothing changed."""
PAGE_KB, PAGE_WORDS = 400, 8_000
"""Of any page."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store, whose intervals are computed by a first build."""
    folder = tmp_path_factory.mktemp("large")
    fill(folder / "store")
    _build(folder / "store", folder / "first")
    return folder


def test_building(root: Path) -> None:
    whole = _build(root / "store", root / "site")
    again = _build(root / "store", root / "site")
    pages = sum(1 for _ in (root / "site").rglob("*.html"))
    weight = sum(path.stat().st_size for path in (root / "site").rglob("*.html"))
    print(f"\nwhole {whole:.1f} s ({pages} pages, {weight / 1e6:.1f} MB), unchanged {again:.2f} s: {again / whole:.3f}")
    assert again / whole < UNCHANGED


def test_the_same_bytes(root: Path) -> None:
    _build(root / "store", root / "other")
    one, other = (_files(root / name) for name in ("site", "other"))
    assert one == other


def test_the_front_page_is_light(root: Path) -> None:
    home = (root / "site" / "index.html").read_text()
    loaded = [path for path in (root / "site" / "static").iterdir() if f"static/{path.name}" in home]
    weight = len(home.encode()) + sum(path.stat().st_size for path in loaded if path.suffix != ".png")
    print(f"\n{weight / 1000:.0f} kB with {len(loaded)} files")
    assert weight < 1000 * HOME_KB


def test_no_page_is_too_long(root: Path) -> None:
    for path in (root / "site").rglob("*.html"):
        text = path.read_text()
        assert len(text.encode()) < 1000 * PAGE_KB, path
        drawn = re.sub(r"<(svg|script)\b.*?</\1>", " ", text, flags=re.DOTALL)
        assert len(re.sub(r"<[^>]*>", " ", drawn).split()) < PAGE_WORDS, path


def _build(store: Path, out: Path) -> float:
    """Seconds of the command, the start of Python included."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "fuseboard", "leaderboard", "build", "--store", str(store), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
