"""The page of submissions: everything a stranger wrote is text on it, and a broken folder breaks nothing."""

import json
import os
from pathlib import Path

import pytest

from fuseboard import cli
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.site import build
from fuseboard.store.errors import UsageError
from fuseboard.store.files.foreign_text import foreign
from tests.leaderboard.page import Page

HOSTILE = "</dd><script>alert(1)</script><img src=x onerror=alert(1)>&\"'{{ 7*7 }}{% raw %} javascript:alert(1)"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = f'[shards]\nhub = "some-one/net"\nrevision = "{COMMIT}"\n'


@pytest.fixture(autouse=True)
def _their_pages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "PAGES", ("submissions", "submission"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "submissions"
    place.mkdir()
    (place / "README.md").write_text("Data only.")
    return place


def submit(store, folder: Path, name: str = "net", said: str = f'status = "active"\n{HUB}', **about) -> Path:
    """A folder with the manifest of a version that the store itself does not hold, unless it is called again there."""
    source = type(store)(folder.parent / "elsewhere")
    version = source.embed(name, **about)
    place = folder / name
    place.mkdir()
    text = (source.root / "embeddings" / name / version / "manifest.json").read_text()
    (place / "manifest.json").write_text(text)
    (place / "submission.toml").write_text(said, encoding="utf-8")
    return place


def shown(store, folder: Path | None) -> Page:
    """The list of them."""
    build.build(store.opened, store.root.parent / "site", folder)
    return Page(store.root.parent / "site" / "submissions.html")


def own(store, folder: Path | None, name: str = "net") -> Page:
    """The page of one."""
    shown(store, folder)
    return Page(store.root.parent / "site" / address.submission(name))


def exported(store) -> list:
    return json.loads((store.root.parent / "site" / "data" / "results.json").read_text())["submissions"]


def test_an_active_submission_is_shown_with_where_it_lies_and_how_to_load_it(store, folder):
    submit(store, folder, title="A net", licence="MIT", overlap=("octmnist",), pretraining=("Kermany",))
    assert "net A net active MIT" in shown(store, folder).words
    page = own(store, folder)
    for words in (
        "A net active",
        "MIT",
        "octmnist",
        "Kermany",
        "tiny train 12, val 12, test 12",
        f"--revision {COMMIT}",
    ):
        assert words in page.words
    assert "This version is not in the store" in page.words
    address = f"https://huggingface.co/datasets/some-one/net/tree/{COMMIT}"
    assert [a["href"] for a in page.all("a") if "rel" in a] == [address]
    [entry] = exported(store)
    assert (entry["name"], entry["status"], entry["datasets"]) == ("net", "active", ["tiny"])


def test_the_page_says_on_which_boards_a_version_is(searched, folder):
    submit(searched, folder, "alpha")
    assert {"href": "datasets/tiny.html"} in shown(searched, folder).all("a")
    page = own(searched, folder, "alpha")
    assert {"href": "../datasets/tiny.html"} in page.all("a")
    assert {"class": "backbone", "href": "../backbones/alpha.html"} in page.all("a")
    assert "tiny starter .810" in page.words
    assert "2 of 3" in page.words
    assert exported(searched)[0]["boards"] == ["tiny"]


def test_another_version_of_a_backbone_takes_no_score_from_it(searched, folder):
    submit(searched, folder, "alpha", revision=2)
    page = own(searched, folder, "alpha")
    assert "This version is not in the store" in page.words
    assert ".810" not in page.words


@pytest.mark.parametrize(
    ("shards", "link", "loading"),
    [
        ('zenodo = "10.5281/zenodo.42"', "https://doi.org/10.5281/zenodo.42", "store pull 10.5281/zenodo.42 "),
        (
            'zenodo = "10.5072/zenodo.42"',
            "https://sandbox.zenodo.org/records/42",
            "store pull 10.5072/zenodo.42 --sandbox",
        ),
        ('folder = "javascript:alert(1)"', None, None),
        ('folder = "https://evil.example/"', None, None),
    ],
)
def test_links_are_made_of_validated_parts_only(store, folder, shards, link, loading):
    submit(store, folder, said=f'status = "active"\n[shards]\n{shards}\n')
    page = own(store, folder)
    foreign = [a["href"] for a in page.all("a") if "rel" in a]
    assert foreign == ([link] if link else [])
    assert (f"{page.words} ".count("fuseboard store pull") == 1) == (loading is not None)
    assert loading is None or loading in f"{page.words} "


def test_superseded_and_withdrawn_ones_keep_their_history(store, folder):
    earlier = (
        '[[earlier]]\nfingerprint = "00000000000000000000000000000001"\nuntil = 2026-01-02\nreason = "wrong crop"\n'
    )
    submit(store, folder, "gone", f'status = "withdrawn"\nreason = "licence changed"\n{HUB}{earlier}')
    submit(store, folder, "old", f'status = "superseded"\nsuperseded_by = "young"\n{HUB}')
    submit(store, folder, "young")
    page = shown(store, folder)
    assert "1 active · 1 superseded · 1 withdrawn · 0 broken" in page.words
    old, gone = own(store, folder, "old"), own(store, folder, "gone")
    assert "Superseded by young." in old.words
    assert {"href": "../submissions/young.html"} in old.all("a")
    assert "Withdrawn: licence changed" in gone.words
    assert "00000000000000000000000000000001 until 2026-01-02: wrong crop" in gone.words
    assert [one["name"] for one in exported(store)] == ["young", "old", "gone"]
    assert "How to load it" in old.words
    assert "How to load it" not in gone.words, "a withdrawn one is not offered"


def test_hostile_text_in_every_field_changes_no_element(store, folder, tmp_path):
    def every(text: str) -> dict:
        return {"title": text, "licence": text, "source": text, "paper": text} | dict.fromkeys(
            ("pretraining", "overlap"), (text, text)
        )

    def statement(text: str) -> str:
        quoted = json.dumps(text)
        former = f'[[earlier]]\nfingerprint = "{"0" * 32}"\nuntil = 2026-01-02\nreason = {quoted}\n'
        return f'status = "withdrawn"\nreason = {quoted}\n[shards]\nfolder = {quoted}\n{former}'

    pages = {}
    for text in ("harmless", HOSTILE):
        place = tmp_path / str(len(pages)) / "submissions"
        place.mkdir(parents=True)
        submit(store, place, said=statement(text), **every(text))
        pages[text] = (shown(store, place), own(store, place))
    for hostile, harmless, times in zip(pages[HOSTILE], pages["harmless"], (2, 11), strict=True):
        assert hostile.tags == harmless.tags, "an element or attribute came out of foreign text"
        assert hostile.text.count(HOSTILE) == harmless.text.count("harmless") == times
        assert all(set(script) == {"src", "defer"} for script in hostile.all("script"))


def test_text_that_nobody_sees_is_marked_and_long_text_cut():
    assert foreign("a\u202eb\u200bc\x00d") == "a\ufffdb\ufffdc\ufffdd"
    assert foreign("one\u2028two\n three") == "one two three"
    assert foreign("x" * 1000) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("submission.toml", None, "submission.toml is not there"),
        ("manifest.json", None, "manifest.json is not there"),
        ("submission.toml", b"status = ", "Invalid value"),
        ("submission.toml", b"\xff\xfe", "it is UTF-16"),
        ("submission.toml", b'status = "best"\n', "line 1: status"),
        ("submission.toml", b"a = " + b"[" * 5000 + b"]" * 5000, ""),
        ("submission.toml", b"a = " + b"9" * 5000, ""),
        ("submission.toml", HUB.replace("some-one/net", "<b>/x").encode() + b"", "submission.toml: status"),
        ("submission.toml", b'status = "active"\n[shards]\nzenodo = "javascript:alert(1)"', "shards.zenodo"),
        ("manifest.json", b"[" * 100_000, "manifest.json"),
        ("manifest.json", b'{"backbone": "\\ud800"}', "manifest.json"),
        ("manifest.json", b" " * (16 * 2**20 + 1), "manifest.json has more than 16,777,216 bytes"),
        ("manifest.json", HOSTILE.encode(), "manifest.json"),
    ],
)
def test_a_broken_folder_is_shown_as_broken(store, folder, file, content, told):
    submit(store, folder, "sound")
    place = submit(store, folder)
    (place / file).unlink()
    if content is not None:
        (place / file).write_bytes(content)
    page = shown(store, folder)
    assert "1 active · 0 superseded · 0 withdrawn · 1 broken" in page.words
    broken = own(store, folder)
    assert "net broken This folder cannot be shown:" in broken.words
    assert told in broken.words
    assert told in page.words
    assert [one["status"] for one in exported(store)] == ["active", "broken"]


def test_links_devices_and_odd_names_are_broken_too(store, folder, tmp_path):
    sound = submit(store, folder, "sound")
    (folder / "linked").symlink_to(sound)
    os.mkfifo(submit(store, folder, "piped").joinpath("x"))
    (folder / "piped" / "manifest.json").unlink()
    os.mkfifo(folder / "piped" / "manifest.json")
    submit(store, folder, "inside")
    (folder / "inside" / "submission.toml").unlink()
    (folder / "inside" / "submission.toml").symlink_to(sound / "submission.toml")
    os.mkdir(os.fsencode(folder) + b"/n\xff<b>")
    (folder / "<script>alert(1)<").mkdir()
    sound.rename(folder / "moved")
    page = shown(store, folder)
    assert "0 active · 0 superseded · 0 withdrawn · 6 broken" in page.words
    for words in ("the folder is a link", "manifest.json is no plain file", "is of sound", "no allowed name"):
        assert words in page.words
    site_folder = store.root.parent / "site"
    everything = [page, *(Page(path) for path in (site_folder / "submissions").iterdir())]
    assert len(everything) == 7
    for one in everything:
        assert all(set(script) == {"src", "defer"} for script in one.all("script"))
        assert not one.all("b")


@pytest.mark.parametrize("key", ["dim", "parameters"])
def test_numbers_that_nothing_can_divide(store, folder, key):
    place = submit(store, folder)
    said = json.loads((place / "manifest.json").read_text())
    (said if key == "dim" else said["about"])[key] = 10**4000
    (place / "manifest.json").write_text(json.dumps(said))
    assert "1 broken" in shown(store, folder).words


def test_without_a_folder_the_page_says_so(store):
    assert "Nobody has submitted a backbone yet" in shown(store, None).words
    with pytest.raises(UsageError, match="no such folder of submissions"):
        shown(store, store.root / "none")


def test_the_command_takes_the_folder_of_the_checkout(searched, folder, tmp_path, monkeypatch, capsys):
    submit(searched, folder, title="A net")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["leaderboard", "build", "--store", str(searched.root), "--out", str(tmp_path / "site")]) == 0
    assert "with the submissions in ./submissions" in capsys.readouterr().err
    page = Page(tmp_path / "site" / "submissions" / "net.html").words  # which hands in neither card nor README
    assert "A net failing" in page
    assert "its check fails" in page
    counts = "0 active · 0 superseded · 0 withdrawn · 0 broken · 1 failing"
    assert counts in Page(tmp_path / "site" / "submissions.html").words
    where = ["--store", str(searched.root), "--out", str(tmp_path / "site"), "--submissions", str(tmp_path / "none")]
    assert cli.run(["leaderboard", "build", *where]) == 2


def test_the_same_folder_gives_the_same_bytes(store, folder, tmp_path):
    for name in ("b", "a", "c"):
        submit(store, folder, name)
    build.build(store.opened, tmp_path / "one", folder)
    build.build(store.opened, tmp_path / "two", folder)
    for name in ("submissions.html", "submissions/a.html", "data/results.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
