"""Releases of a board: what is frozen, how it stands on the site, and that nothing changes it."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import polars as pl
import pytest
import yaml

from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.releases import archive
from fuseboard.leaderboard.site import build as site
from fuseboard.leaderboard.site.release import freeze
from fuseboard.store.errors import FuseboardError, UsageError
from tests.leaderboard.conftest import TinyStore
from tests.leaderboard.page import Page
from tests.leaderboard.site.test_build import HOSTILE, files, read

DAY = datetime(2026, 9, 1, 12, tzinfo=UTC)
URL = "https://example.org/board/"


@pytest.fixture(scope="module")
def first_once(searched_once, tmp_path_factory):
    """A store and the archive of its first release; nobody writes to either."""
    place = tmp_path_factory.mktemp("released")
    store = TinyStore(shutil.copytree(searched_once.root, place / "store"))
    doi = {"doi": "10.5281/zenodo.12", "concept_doi": "10.5281/zenodo.11"}
    return freeze(store.opened, "2026.09", place / "releases", url=URL, now=lambda: DAY, **doi)


@pytest.fixture
def released(searched, first_once, tmp_path):
    """A store with its first release in `kept`, and no site yet."""
    searched.kept, searched.out = tmp_path / "releases", tmp_path / "site"
    shutil.copytree(first_once.parent, searched.kept)

    def again(kept=searched.kept, **more):
        searched.message = []
        site.build(searched.opened, searched.out, kept=kept, report=searched.message.append, **more)
        return read(searched.out)

    searched.again = again
    return searched


@pytest.fixture(scope="module")
def frozen(first_once, tmp_path_factory):
    """The folder of an unpacked release."""
    folder = tmp_path_factory.mktemp("frozen") / "releases" / "2026.09"
    archive.read(first_once).unpack(folder)
    return folder


def test_a_release_says_what_it_is(frozen):
    record = json.loads((frozen / archive.RECORD).read_text())
    assert (record["name"], record["frozen"]) == ("2026.09", "2026-09-01T12:00:00Z")
    assert (record["doi"], record["concept_doi"]) == ("10.5281/zenodo.12", "10.5281/zenodo.11")
    assert (record["url"], record["previous"]) == (f"{URL}releases/2026.09/", None)
    assert (record["rows"], record["backbones"], record["datasets"]) == (14, ["alpha", "beta", "gamma"], ["tiny"])
    assert record["builder"].startswith("fuseboard")
    words = Page(frozen / "releases.html").words
    assert "2026-09-01 12:00 UTC" in words
    assert "10.5281/zenodo.12" in words
    cited = yaml.safe_load((frozen / "CITATION.cff").read_text())
    assert (cited["version"], cited["doi"]) == ("2026.09", "10.5281/zenodo.12")
    assert cited["date-released"] == "2026-09-01"
    for page in ("releases.html", "method.html"):
        assert "doi = {10.5281/zenodo.12}" in Page(frozen / page).words


def test_rows_keep_every_digit(frozen, searched_site):
    name = "data/results.parquet"
    assert (frozen / name).read_bytes() == (searched_site / name).read_bytes()
    assert len(pl.read_parquet(frozen / name)) == 14


def test_it_holds_all_pages_and_each_names_it(frozen, searched_site):
    pages = read(frozen)
    assert set(pages) == set(read(searched_site))
    for name, page in pages.items():
        assert "Release 2026.09, frozen 2026-09-01." in page.words, name


def test_every_link_of_it_leads_somewhere(frozen):
    (frozen.parents[1] / "index.html").touch()
    (frozen.parents[1] / "releases.html").touch()
    for name, page in read(frozen).items():
        loaded = [a for tag in ("a", "link", "img", "script") for a in page.all(tag)]
        for href in filter(None, (a.get("href") or a.get("src") for a in loaded)):
            if not href.startswith(("https://", "#")):
                assert ((frozen / name).parent / urlsplit(href).path).is_file(), f"{name}: {href}"


def test_it_comes_without_what_goes_on_and_without_what_is_there_twice(frozen):
    names = {path.relative_to(frozen).as_posix() for path in frozen.rglob("*") if path.is_file()}
    assert not names & {"feed.xml", "sitemap.xml", "robots.txt", "data/results.csv", "data/results.json"}
    assert not [name for name in names if name.startswith("static/sql/")]
    tables = {name.removesuffix(".parquet") for name in names if name.endswith(".parquet")}
    assert tables
    assert not names & {f"{table}.{kind}" for table in tables for kind in ("csv", "json")}


def test_the_site_shows_it_and_what_changed_since(released):
    pages = released.again()
    words = pages["releases.html"].words
    assert "No row, rank or choice is another one than in 2026.09." in words
    assert archive.read(released.kept / "2026.09.zip").sha256 in words
    released.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=1)
    words = released.again()["releases.html"].words
    assert "The living board since 2026.09 1 row moved" in words
    assert "+14.0" in words


def test_no_build_changes_a_release(released):
    released.again()
    before = files(released.out / "releases")
    assert before
    released.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=1)
    released.again()
    assert files(released.out / "releases") == before
    shutil.rmtree(released.kept)  # the one on the site is enough
    released.embed("delta")
    released.again(kept=None)
    assert files(released.out / "releases") == before
    released.again(kept=None)
    assert released.message == ["nothing changed since the last build"]


def test_a_new_release_is_seen_by_the_next_build_and_says_what_changed(released):
    released.again()
    released.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=1)
    freeze(released.opened, "2026.12", released.kept, now=lambda: DAY + timedelta(days=90))
    pages = released.again()
    assert [page for page in pages if page.startswith("releases/2026.12/")]
    changes = pages["releases/2026.12/changes.html"].words
    assert "Changes since 2026.09" in changes
    assert "+14.0" in changes
    assert "This is the first release" in pages["releases/2026.09/changes.html"].words
    words = pages["releases.html"].words
    assert words.index("2026.12") < words.index("2026.09")  # the newest first
    assert "what changed since 2026.09" in words


def test_a_release_in_which_nothing_moved_says_so(released):
    path = freeze(released.opened, "b", released.kept, now=lambda: DAY + timedelta(days=1))
    archive.read(path).unpack(released.out)
    words = Page(released.out / "changes.html").words
    assert "No row, rank or choice is another one than in 2026.09." in words


def test_a_name_is_taken_once(released):
    before = files(released.kept)
    with pytest.raises(FuseboardError, match="never written again"):
        freeze(released.opened, "2026.09", released.kept)
    with pytest.raises(UsageError, match="cannot name a release"):
        freeze(released.opened, "../2026.10", released.kept)
    assert files(released.kept) == before


def test_another_release_of_the_same_name_is_refused(released):
    released.again()
    before = files(released.out)
    (released.kept / "2026.09.zip").unlink()
    freeze(released.opened, "2026.09", released.kept)
    with pytest.raises(FuseboardError, match=r"is not the release 2026\.09 that stands on the site"):
        released.again()
    assert files(released.out) == before


def test_damage_is_named_and_the_copy_on_the_site_is_put_right(released):
    released.again()
    whole = files(released.out / "releases")
    (released.out / "releases" / "2026.09.zip").write_bytes(b"PK")
    (released.out / "releases" / "2026.09" / "index.html").write_text("other")
    released.again()
    assert files(released.out / "releases") == whole
    (released.kept / "2026.09.zip").write_bytes(b"PK")
    with pytest.raises(FuseboardError, match=r"2026.09.zip: is no whole release"):
        released.again()
    assert files(released.out / "releases") == whole


def test_images_of_ones_own_stay_off_with_every_release_that_has_them(released):
    hides = Providers(dict, lambda _: {}, hides=lambda name: name == "tiny")
    pages = released.again(sources=hides)
    assert not [page for page in pages if page.startswith("releases/")]
    assert any("2026.09" in line and "images of your own" in line for line in released.message)
    released.again()
    shutil.rmtree(released.kept)
    before = files(released.out)
    with pytest.raises(FuseboardError, match=r"tells of images of your own .* stands nowhere else"):
        released.again(kept=None, sources=hides)
    assert files(released.out) == before


def test_text_of_strangers_is_escaped_in_a_release_too(store, tmp_path):
    store.embed("alpha", title=HOSTILE)
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), dataset=f'a "\n{HOSTILE}', protocol=HOSTILE)
    path = freeze(store.opened, "x", tmp_path / "releases")
    archive.read(path).unpack(tmp_path / "out")
    for name, page in read(tmp_path / "out").items():
        assert all(set(script) <= {"src", "defer"} for script in page.all("script")), name
