"""A build that would change nothing does nothing; any other does everything."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.output.replace_folder import MARKER
from fuseboard.leaderboard.site import build, staleness
from fuseboard.store.results import profiles
from fuseboard.store.results.similarity_rows import Similarity
from fuseboard.store.results.similarity_rows import keep as keep_similarity
from fuseboard.store.store import Store
from tests.conftest import NOT_CODE
from tests.leaderboard.site.test_build import files

NOTHING = "nothing changed since the last build"
CODE = ("templates/index.html.j2", "sql/dist/sql.js", "__pycache__/site.pyc", "sql/node_modules/x/index.js")
NO_CODE = ("__pycache__", "sql/node_modules")
HEAVY = ("polars", "jinja2", "duckdb", "pyarrow", "numpy", "vl_convert")


@pytest.fixture(scope="module")
def built_once(predicted_once, tmp_path_factory):
    """What `built` is a copy of, which keeps the times of files; nobody writes to it."""
    place = tmp_path_factory.mktemp("built")
    for path in CODE:
        (place / "code" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "code" / path).write_text("one")
    (place / "submissions").mkdir()
    shutil.copytree(predicted_once.root, place / "store")
    with pytest.MonkeyPatch.context() as patch:
        apart(patch, place)
        build.build(Store(place / "store"), place / "site", place / "submissions")
    return place


def apart(patch, place):
    """Code that is edited while the tests run must not fail them: a small folder stands for it."""
    patch.setattr(build, "PAGES", ("home",))
    patch.setattr(staleness, "CODE", (place / "code",))
    patch.setattr(staleness, "NOT_CODE", NOT_CODE)
    patch.setattr(staleness, "builder", lambda: "fuseboard")


@pytest.fixture
def built(built_once, store, tmp_path, monkeypatch):
    """A store with a site of one page, and `again`, which says whether a build did anything."""
    shutil.copytree(built_once, tmp_path, dirs_exist_ok=True)
    apart(monkeypatch, tmp_path)
    store.out, store.submitted = tmp_path / "site", tmp_path / "submissions"

    def again(**changes):
        told = []
        given = {"submitted": store.submitted, "report": told.append, **changes}
        build.build(store.opened, store.out, **given)
        return told != [NOTHING]

    store.again = again
    return store


def seen(folder):
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in [folder, *folder.rglob("*")]}


def test_nothing_changed_leaves_every_file_alone(built):
    before = seen(built.out)
    assert not built.again()
    assert seen(built.out) == before


def test_intervals_that_the_build_itself_kept_are_no_change(built):
    assert list(built.root.glob("intervals/**/*.parquet"))
    assert not built.again()


def test_a_new_row_builds_anew(built):
    built.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), seed=7)
    assert built.again()
    assert not built.again()


@pytest.mark.parametrize(
    "pattern", ["embeddings/*/*/manifest.json", "embeddings/**/*.parquet", "intervals/**/*.parquet"]
)
def test_a_changed_file_of_the_store_builds_anew(built, pattern):
    path = next(built.root.glob(pattern))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert built.again()


def test_new_profiles_build_anew(built):
    facts = {"backbone": "alpha", "weights": "random", "parameters": 9, "pixels": 224, "gflops": 1.5, "device": "GPU"}
    row = profiles.Profile(**facts, precision="bf16", batch_size=1, images_per_s=2.0)
    profiles.keep(built.root, [row])
    assert built.again()


def test_a_new_similarity_builds_anew(built):
    row = Similarity(
        dataset="tiny", split="test", source_md5="0" * 32, images=12, backbone="alpha", fingerprint="0" * 32,
        other="beta", other_fingerprint="1" * 32, cka=0.5, created=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    keep_similarity(built.root, [row])
    assert built.again()


def test_locks_and_files_still_being_written_are_no_change(built):
    (built.root / "locks").mkdir(exist_ok=True)
    (built.root / "locks/new.lock").write_text("")
    (built.root / "results/.tmp-half.parquet").write_text("")
    assert not built.again()


def test_a_submission_that_came_or_changed_builds_anew(built):
    (built.submitted / "theirs").mkdir()
    (built.submitted / "theirs/submission.toml").write_text("broken")
    assert built.again()
    (built.submitted / "theirs/submission.toml").write_text("broken too")
    assert built.again()
    assert not built.again()


def test_another_address_or_version_builds_anew(built, monkeypatch):
    assert built.again(url="https://example.org/")
    assert built.again()
    for name, answer in (("version", "99"), ("builder", "fuseboard 99, commit 0")):
        monkeypatch.setattr(staleness, name, lambda *_, answer=answer: answer)
        assert built.again()
        assert not built.again()


@pytest.mark.parametrize("path", CODE)
def test_changed_code_builds_anew_and_touched_code_does_not(built, tmp_path, path):
    file = tmp_path / "code" / path
    os.utime(file, (1, 1))
    assert not built.again()
    file.write_text("two")
    assert built.again() != path.startswith(NO_CODE)


def test_code_is_templates_static_files_figures_and_what_computes_them():
    found = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}"
        for folder in staleness.CODE
        for path in folder.rglob("*")
    }
    assert {
        "leaderboard/site/build.py",
        "leaderboard/templates/index.html.j2",
        "leaderboard/static/base.css",
        "leaderboard/published/data/yang_2023_medmnist_v2.csv",
        "store/results/rows.py",
    } <= found


def test_images_that_appear_or_change_build_anew(built, tmp_path):
    images = tmp_path / "images.npz"
    sources = Providers(dict, lambda _: {}, lambda: [images])
    assert built.again(sources=sources)
    assert not built.again(sources=sources)
    images.write_bytes(b"x")
    assert built.again(sources=sources)
    assert not built.again(sources=sources)


def flipped(out):
    page = out / "index.html"
    content = bytearray(page.read_bytes())
    content[100] ^= 1
    page.write_bytes(content)


def strange(out):
    (out / "data/extra.html").write_text("x")


def linked(out):
    target = out / "index.html"
    target.rename(out.parent / "moved.html")
    target.symlink_to(out.parent / "moved.html")


@pytest.mark.parametrize("harm", [flipped, strange, linked, lambda out: (out / "index.html").unlink()])
def test_a_damaged_site_is_repaired(built, harm):
    before = files(built.out)
    harm(built.out)
    assert built.again()
    assert files(built.out) == before
    assert not (built.out / "index.html").is_symlink()


@pytest.mark.parametrize(
    "marker", ["A site built by fuseboard. It is replaced as a whole by the next build.\n", "[]", ""]
)
def test_a_site_of_before_there_were_stamps_is_ours(built, marker):
    before = files(built.out)
    (built.out / MARKER).write_text(marker)
    assert built.again()
    assert files(built.out) == before


def test_two_folders_get_the_same_bytes(built, tmp_path):
    build.build(built.opened, tmp_path / "other", built.submitted)
    assert files(tmp_path / "other") == files(built.out)


def test_a_copied_site_is_still_current(built, tmp_path):
    shutil.copytree(built.out, tmp_path / "copy")
    before = seen(tmp_path / "copy")
    build.build(built.opened, tmp_path / "copy", built.submitted)
    assert seen(tmp_path / "copy") == before


def test_a_row_that_comes_while_a_site_is_built_is_found_by_the_next_build(built, monkeypatch):
    def late(folder, inputs):
        built.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), seed=8)
        return made(folder, inputs)

    made = staleness.made
    monkeypatch.setattr(staleness, "made", late)
    (built.out / "index.html").unlink()
    assert built.again()
    monkeypatch.undo()
    assert built.again()
    assert not built.again()


def test_the_marker_says_what_every_file_was(built):
    said = json.loads((built.out / MARKER).read_text())
    assert set(said["files"]) == {path.as_posix() for path in files(built.out)} - {MARKER}


def test_looking_imports_nothing_that_pages_are_made_with(built):
    # `Inputs.of` in between stands for the build that made this site: only the command line hands the sources in.
    script = """
import sys
from fuseboard import cli
from fuseboard.leaderboard.site import build as site; from fuseboard.leaderboard.site import staleness as stamp
from fuseboard.store.store import Store
store, out, submitted = map(__import__("pathlib").Path, sys.argv[1:])
inputs = stamp.Inputs.of(Store(store), submitted, cli.sources, site.URL)
(out / ".fuseboard-site").unlink()
(out / ".fuseboard-site").write_text(stamp.made(out, inputs))
options = {"--store": store, "--out": out, "--submissions": submitted, "--dataset": "tiny"}
code = cli.run(["leaderboard", "build", *(str(part) for option in options.items() for part in option)])
print([name for name in HEAVY if name in sys.modules])
sys.exit(code)
""".replace("HEAVY", repr(HEAVY))
    paths = [str(path) for path in (built.root, built.out, built.submitted)]
    done = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, NOTHING)
    assert done.stdout.splitlines() == [str(built.out / "index.html"), "[]"]
