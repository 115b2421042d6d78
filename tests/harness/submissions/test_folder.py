"""Submissions: what is refused before anything is fetched."""

import json
import os
import re
import shutil
import socket
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from fuseboard.harness.backbones import registry
from fuseboard.harness.submissions.folder import read
from fuseboard.store.errors import UsageError
from fuseboard.store.files.hashing import fingerprint

HUB = {
    "loader": "timm",
    "architecture": "vit_tiny_patch16_224",
    "hub_id": "org/tiny",
    "revision": "a" * 40,
    "weights": "model.safetensors",
    "sha256": "b" * 64,
}
CARD, MANIFEST, STATEMENT = "card.toml", "manifest.json", "submission.toml"
Break = Callable[[Path], Path | None]

_watched: list[str] | None = None
"""What the audit hook saw, None while nobody asks."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is None:
        return
    if event == "open":
        name, mode, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes or any(letter in (mode or "") for letter in "wax+"):
            _watched.append(f"writes {name}")
    elif event.startswith(("os.mkdir", "os.re", "os.link", "os.sym", "os.exec", "os.system", "subprocess", "socket.")):
        _watched.append(f"{event} {arguments}")


sys.addaudithook(_audit)


@pytest.fixture(scope="session")
def sound(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound submission called `stranger`: the card and manifest of a stored version."""
    (source,) = small_store.glob("embeddings/hog/*")
    place = tmp_path_factory.mktemp("sound") / "stranger"
    place.mkdir()
    card = tomllib.loads((source / CARD).read_text())
    (place / CARD).write_text(tomli_w.dumps({**card, "id": "stranger", "title": "A stranger's HOG"}))
    said = json.loads((source / MANIFEST).read_text())
    about = {**said["about"], "title": "A stranger's HOG"}
    (place / MANIFEST).write_text(json.dumps({**said, "backbone": "stranger", "about": about}))
    (place / STATEMENT).write_text(f'status = "active"\n[shards]\nhub = "org/embeddings"\nrevision = "{"c" * 40}"\n')
    read(place)  # what is imported for it is imported now
    return place


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "submissions" / "stranger"))


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Nothing can be fetched, and every write, rename and process is told."""

    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("something is fetched")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refused)
    global _watched
    _watched = seen = []
    yield seen
    _watched = None


def problems(folder: Path) -> str:
    return "\n".join(f"{finding.check}: {finding.message}" for finding in read(folder)[1] if finding.is_bad)


def card(**changes: Any) -> Break:
    """Changes keys of the card, dotted with `__`; None removes one."""
    return lambda folder: _change(folder / CARD, tomllib.loads, tomli_w.dumps, changes)


def hub_card(**source: Any) -> Break:
    """A card of weights from the Hub, with keys of its source changed."""
    used = {key: value for key, value in {**HUB, **source}.items() if value is not None}
    return card(source=used, pretraining=["ImageNet-1K"], pooling="cls")


def said(**changes: Any) -> Break:
    """Changes keys of the manifest."""
    return lambda folder: _change(folder / MANIFEST, json.loads, json.dumps, changes)


def entry(**changes: Any) -> Break:
    """Changes keys of the manifest's only dataset."""
    return said(**{f"datasets__digits-first120__{key}": value for key, value in changes.items()})


def stated(text: str) -> Break:
    return lambda folder: _write(folder / STATEMENT, text)


def text(name: str, content: str | bytes) -> Break:
    return lambda folder: _write(folder / name, content)


def renamed(name: str) -> Break:
    return lambda folder: folder.rename(folder.with_name(name))


def _write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _change(path: Path, load: Any, dump: Any, changes: dict[str, Any]) -> None:
    whole = load(path.read_text())
    for key, value in changes.items():
        *above, last = key.split("__")
        part = whole
        for name in above:
            part = part[name]
        if value is None:
            del part[last]
        else:
            part[last] = value
    path.write_text(dump(whole))


def _link(folder: Path) -> None:
    (folder / "README.md").symlink_to("/etc/hostname")


def _linked_card(folder: Path) -> None:
    (folder / CARD).rename(folder.parent / "elsewhere.toml")
    (folder / CARD).symlink_to(folder.parent / "elsewhere.toml")


def _linked_folder(folder: Path) -> Path:
    (folder.parent / "other").symlink_to(folder, target_is_directory=True)
    return folder.parent / "other"


def _linked_parent(folder: Path) -> Path:
    (folder.parent / "away").symlink_to(folder.parent, target_is_directory=True)
    return folder.parent / "away" / "stranger"


def _hard_link(folder: Path) -> None:
    os.link(folder / CARD, folder.parent / "second.toml")


def _pipe(folder: Path) -> None:
    (folder / STATEMENT).unlink()
    os.mkfifo(folder / STATEMENT)


def _folder_inside(folder: Path) -> None:
    (folder / "README.md").mkdir()


def _many(folder: Path) -> None:
    for number in range(50):
        (folder / f"{number}.parquet").touch()


def _case(folder: Path) -> None:
    (folder / "CARD.TOML").write_text("id = 1")


def _beside(name: str) -> Break:
    """Another submission of nearly the same name."""

    def make(folder: Path) -> None:
        shutil.copytree(folder, folder.with_name(name))

    return make


def _shard(name: str) -> Break:
    def make(folder: Path) -> None:
        whole = json.loads((folder / MANIFEST).read_text())
        whole["datasets"]["digits-first120"]["splits"]["train"]["shards"][0]["file"] = name
        (folder / MANIFEST).write_text(json.dumps(whole))

    return make


def _without(split: str) -> Break:
    return said(**{f"datasets__digits-first120__splits__{split}": None})


def _fewer_rows(folder: Path) -> None:
    whole = json.loads((folder / MANIFEST).read_text())
    part = whole["datasets"]["digits-first120"]["splits"]["val"]
    part["rows"] = part["shards"][0]["rows"] = 119
    (folder / MANIFEST).write_text(json.dumps(whole))


def _dataset_called(name: str) -> Break:
    def make(folder: Path) -> None:
        whole = json.loads((folder / MANIFEST).read_text())
        whole["datasets"][name] = whole["datasets"].pop("digits-first120")
        (folder / MANIFEST).write_text(json.dumps(whole))

    return make


def _many_datasets(folder: Path) -> None:
    whole = json.loads((folder / MANIFEST).read_text())
    (one,) = whole["datasets"].values()
    whole["datasets"] = {f"d{number}": one for number in range(300)}
    (folder / MANIFEST).write_text(json.dumps(whole))


def _other_kwargs(folder: Path) -> None:
    """An identity of its own: valid by itself, and another backbone's."""
    whole = json.loads((folder / MANIFEST).read_text())
    whole["identity"]["source"]["kwargs"]["orientations"] = 8
    whole["fingerprint"] = fingerprint(whole["identity"])
    (folder / MANIFEST).write_text(json.dumps(whole))


def _imported(folder: Path) -> None:
    whole = json.loads((folder / MANIFEST).read_text())
    brought = {"source": "a cache", "file": "a.pkl", "sha256": "0" * 64, "order": "unknown", "proof": "none"}
    whole["datasets"]["digits-first120"]["splits"]["train"]["imported"] = brought
    (folder / MANIFEST).write_text(json.dumps(whole))


def _twice(folder: Path) -> None:
    whole = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text('{"dim": 7, ' + whole.lstrip()[1:])


def address(url: str) -> Break:
    return hub_card(hub_id=None, revision=None, weights=None, url=url)


DEEP = json.loads('{"b":' * 14 + "1" + "}" * 14)

CASES: dict[str, tuple[Break, str]] = {
    "code": (text("setup.py", "raise SystemExit('executed')"), "files: 'setup.py' does not belong here"),
    "a hidden file": (text(".env", "A=1"), "files: '.env' does not belong here"),
    "a look-alike file": (text("c\u0430rd.toml", ""), r"files: 'c\u0430rd.toml' does not belong here"),
    "another case": (_case, "files: 'CARD.TOML' does not belong here"),
    "fifty files": (_many, "files: 30 more do not belong here"),
    "a link": (_link, "files: 'README.md' does not belong here: it is a link"),
    "a linked card": (_linked_card, "files: 'card.toml' does not belong here: it is a link"),
    "a linked folder": (_linked_folder, "files: the folder 'other' is a link"),
    "a linked parent": (_linked_parent, "files: the folder 'away' is a link"),
    "a hard link": (_hard_link, "files: 'card.toml' is another file too (a hard link)"),
    "a pipe": (_pipe, "files: 'submission.toml' does not belong here: it is a link, a folder or a device"),
    "a folder for a file": (_folder_inside, "files: 'README.md' does not belong here: it is a link, a folder"),
    "a large card": (text(CARD, "#" * 70_000), "files: card.toml has more than 65,536 bytes"),
    "a large manifest": (text(MANIFEST, " " * (2**24 + 1)), "files: manifest.json has more than 16,777,216 bytes"),
    "a large README": (text("README.md", "a" * 300_000), "files: README.md has more than 262,144 bytes"),
    "no UTF-8": (text(STATEMENT, b'status = "\xff"'), "files: submission.toml is not UTF-8 from byte 10 on"),
    "a README with escapes": (text("README.md", "\x1b]0;owned\x07"), "texts: README.md holds U+0007, U+001B"),
    "a name of a device": (renamed("con"), "name: 'con' is a device on Windows"),
    "a device with an ending": (renamed("nul.v2"), "name: 'nul.v2' is a device on Windows"),
    "a port": (renamed("com1"), "name: 'com1' is a device on Windows"),
    "a dot at the end": (renamed("stranger."), "name: 'stranger.' ends in a dot"),
    "two dots": (renamed("a..b"), "name: 'a..b' ends in a dot or has two of them together"),
    "a path": (renamed("a.toml"), "name: 'a.toml' ends in .toml"),
    "capitals": (renamed("Stranger"), "name: 'Stranger' is no name"),
    "a space": (renamed("a b"), "name: 'a b' is no name"),
    "an option": (renamed("--help"), "name: '--help' is no name"),
    "200 characters": (renamed("a" * 200), "has 200 characters, 100 are allowed"),
    "Cyrillic": (renamed("h\u043eg"), "looks like hog, which is taken"),
    "Cyrillic letters": (renamed("str\u0430nger"), r"name: 'str\u0430nger' has letters that are not ASCII: U+0430"),
    "full width": (renamed("\uff55\uff4e\uff49"), r"name: '\uff55\uff4e\uff49' looks like uni, which is taken"),
    "digits for letters": (renamed("h0g"), "name: 'h0g' looks like hog"),
    "dashes": (renamed("rad_dino"), "name: 'rad_dino' looks like rad-dino"),
    "rn for m": (renamed("rnusk"), "name: 'rnusk' looks like musk"),
    "a neighbour": (_beside("str-anger"), "name: 'stranger' looks like str-anger"),
    "another folder": (renamed("gog"), "name: the card says stranger, here it is gog"),
    "no path": (card(id=".."), "contents: card.toml: line 1: id: '..' cannot be this: up to 100"),
    "a shipped name": (card(id="pixels"), "name: pixels is a backbone of fuseboard, and its card there is another"),
    "no TOML": (text(CARD, "id = "), "contents: card.toml: line 1: not a TOML file"),
    "lists in lists": (text(CARD, "a = " + "[" * 30_000), "contents: card.toml: is nested too deeply"),
    "a key of many parts": (text(CARD, "a" + ".a" * 30_000 + " = 1"), "card.toml: has more than 200 dots in one line"),
    "a million keys": (said(libraries=dict.fromkeys(map(str, range(200_000)), "1")), "an object has 200,000 keys"),
    "a long list": (said(canary=[0] * 200_000), "structure: manifest.json: canary has 200,000 parts"),
    "long lists": (said(canary=[[0] * 60_000] * 2), "the file has more than 100,000 keys and values"),
    "tables in tables": (card(source__kwargs={"a": DEEP}), "is nested deeper than 12 levels"),
    "a long number": (text(STATEMENT, f"status = {'9' * 5000}"), "contents: submission.toml: not a TOML file: Exceeds"),
    "no number": (card(source__kwargs={"orientations": float("nan")}), "source.kwargs.orientations is not a finite"),
    "an unknown key": (card(source__licens="MIT"), "source.licens: unknown key 'licens'"),
    "a score": (said(accuracy=0.99), "contents: manifest.json: accuracy: unknown key 'accuracy'"),
    "objects in objects": (text(MANIFEST, '{"a":' * 100_000), "contents: manifest.json: is nested too deeply"),
    "a key twice": (_twice, "contents: manifest.json: not a JSON file: the key 'dim' is there twice"),
    "infinity": (said(canary=[[float("inf")]]), "structure: manifest.json: canary.0.0 is not a finite number"),
    "half a letter": (said(libraries={"a": "\ud800"}), "texts: manifest.json: libraries.a holds U+D800"),
    "a reversed title": (card(title="HOG\u202e exe"), "texts: card.toml: title holds U+202E"),
    "an escape": (card(licence="MIT\x1b[2J"), "texts: card.toml: licence holds U+001B"),
    "an invisible licence": (said(about__licence="M\u200bIT"), "texts: manifest.json: about.licence holds U+200B"),
    "a long title": (card(title="a" * 201), "texts: card.toml: title has 201 characters, 200 are allowed"),
    "a long text": (said(about__source="a" * 2001), "texts: manifest.json: about.source has 2,001 characters"),
    "a long key": (said(libraries={"k" * 3000: "1"}), "texts: manifest.json: libraries. has 3,000 characters"),
    "not filled in": (card(title="FILL IN"), "filled in: card.toml: still to be filled in: title"),
    "a licence that forbids": (
        card(licence="CC BY-NC-ND 4.0", redistribution="hash"),
        "licence: the card does not let embeddings be passed on: redistribution = 'hash', and the licence is CC BY-NC",
    ),
    "no licence": (card(licence="unknown"), "licence: the licence 'unknown' says nothing"),
    "weights of another": (
        hub_card(hub_id="MahmoodLab/UNI"), "licence: the weights of MahmoodLab/UNI are uni's, whose licence, "
    ),
    "a file": (
        hub_card(hub_id=None, revision=None, weights=None, file="/etc/passwd"), "source: source.file is a path"
    ),
    "code of one's own": (
        card(source={"loader": "python", "module": "evil:Model", "module_sha256": "0" * 64}),
        "source: source.module is code of one's own",
    ),
    "a package": (hub_card(hub_id=None, revision=None, package="evil"), "source: source.package evil is none of"),
    "a way out of a repository": (hub_card(weights="../../x"), "source: ../../x is no plain name"),
    "an architecture from the Hub": (hub_card(architecture="hf-hub:org/x"), "source: hf-hub:org/x is no plain name"),
    "a repository with a path": (hub_card(hub_id="../../x"), "source: source.hub_id ../../x is not ORG/NAME"),
    "an argument with a path": (hub_card(kwargs={"img": "/etc/x"}), "source: source.kwargs.img looks like a path"),
    "an argument that loads": (hub_card(kwargs={"checkpoint_path": "x"}), "checkpoint_path opens a file or fetches"),
    "an argument that fetches": (
        hub_card(kwargs={"vision_cfg": {"timm_model_pretrained": True}}), "timm_model_pretrained opens a file"
    ),
    "a moving branch": (hub_card(revision="main"), "source.revision: 'main' cannot be this: a commit of 40"),
    "an unpinned commit": (hub_card(revision="unpinned"), "pins: source.revision is unpinned"),
    "an unpinned hash": (hub_card(sha256="unpinned"), "pins: source.sha256 is unpinned"),
    "no https": (address("http://zenodo.org/a.pth"), "source: source.url is not https"),
    "a loopback": (address("https://127.0.0.1/a.pth"), "source: source.url has a host that is no public name"),
    "a user": (address("https://me:secret@zenodo.org/a.pth"), "source: source.url names a user"),
    "a port of its own": (address("https://zenodo.org:22/a.pth"), "source: source.url names port 22"),
    "a private host": (address("https://nas.local/a.pth"), "source: source.url has a host of a private network"),
    "one's own machine": (address("https://a.lvh.me/a.pth"), "source: source.url has a host that stands for"),
    "dots in an address": (address("https://a.org/../a.pth"), "source: source.url has `..` in its path"),
    "a script for a paper": (card(paper="javascript:alert(1)"), "source: paper is not an http or https address"),
    "undeclared overlap": (
        card(pretraining=["ISIC-2018 and HAM10000"]), "overlap: pretraining names 'ISIC-2018 and HAM10000', which holds"
    ),
    "an unknown overlap": (card(overlap=["chestmnst"]), "overlap: unknown dataset 'chestmnst'; did you mean"),
    "no pre-training data": (
        lambda folder: (hub_card()(folder), card(pretraining=[])(folder))[0], "overlap: pretraining says nothing"
    ),
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "files: manifest.json is not there"),
    "no statement": (lambda folder: (folder / STATEMENT).unlink(), "files: submission.toml is not there"),
    "another transform": (card(preprocessing__interpolation="bicubic"), "fingerprint: the card says"),
    "a forged fingerprint": (said(fingerprint="0" * 32), "is not the hash of the identity beside it"),
    "another identity": (_other_kwargs, "fingerprint: the card says d88efd37d3f7"),
    "another backbone": (said(backbone="uni"), "backbone: the card says stranger, here it is uni"),
    "another width": (said(dim=1024), "dim: the card says 900, here it is 1024"),
    "another licence": (said(about__licence="GPL"), "about: licence: the card says Apache-2.0, the manifest GPL"),
    "a narrow canary": (said(canary=[[1.0, 2.0]]), "canary: a vector of the canary has 2 numbers, dim is 900"),
    "the future": (said(created="2999-01-01T00:00:00Z"), "created: 2999-01-01 00:00:00+00:00 lies in the future"),
    "no time zone": (said(created="2026-01-01T00:00:00"), "created: 2026-01-01 00:00:00 names no time zone"),
    "a way out of the store": (_shard("../../x.parquet"), "shards.0.file: '../../x.parquet' cannot be this"),
    "another split's shard": (_shard("test-00000-of-00002.parquet"), "is no name of a train shard"),
    "no test split": (_without("test"), "datasets: digits-first120: its test split is not there"),
    "no val split": (_without("val"), "datasets: digits-first120: its val split is not there"),
    "fewer rows": (_fewer_rows, "datasets: digits-first120: 119 rows of val, the dataset has 120"),
    "more classes": (entry(n_classes=11), "datasets: digits-first120: classes 11, the dataset has 10"),
    "labels of its own": (entry(label_names=list("abcdefghij")), "label names a, b, c, d, e, f, g, h, i, j, the"),
    "another task": (entry(task="ordinal-regression"), "task ordinal-regression, the dataset has multi-class"),
    "other images": (entry(source_md5="0" * 32), f"source MD5 {'0' * 32}, the dataset has"),
    "no dataset": (said(datasets={}), "datasets: none is known here, so there is no rank"),
    "a dataset that is a path": (_dataset_called("x.toml"), "datasets: x.toml: its name, which is a folder's, ends in"),
    "a dataset that is a device": (_dataset_called("nul"), "datasets: nul: its name, which is a folder's, is a device"),
    "hundreds of datasets": (_many_datasets, "datasets: 300 of them, of which 50 have a name here"),
    "rows without ids": (_imported, "the rows of train have no official ids"),
    "no status": (stated("[shards]\nfolder = 'x'"), "contents: submission.toml: status: is missing"),
    "two places": (
        stated('status = "active"\n[shards]\nfolder = "x"\nzenodo = "10.5281/zenodo.1"'), "give one of hub (with"
    ),
    "a branch of the shards": (
        stated('status = "active"\n[shards]\nhub = "a/b"\nrevision = "main"'), "toml: line 4: shards.revision: 'main'"
    ),
    "withdrawn for nothing": (stated('status = "withdrawn"\n[shards]\nfolder = "x"'), "needs a reason"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_broken_submission_is_told_what_is_wrong(folder: Path, shut: list[str], case: str) -> None:
    break_, message = CASES[case]
    folder = break_(folder) or folder
    shut.clear()
    submission, findings = read(folder)
    assert shut == []
    bad = [finding for finding in findings if finding.is_bad]
    assert message in "\n".join(f"{finding.check}: {finding.message}" for finding in bad)
    assert all(finding.fix for finding in bad)
    shown = [text for finding in findings for text in (finding.message, finding.fix)]
    assert all(text.isprintable() and len(text) <= 601 for text in shown)
    assert submission is None or all(finding.check != "files" for finding in bad)


def test_the_watch_sees_what_is_written_and_asked(tmp_path: Path, shut: list[str]) -> None:
    (tmp_path / "written").write_text("x")
    (tmp_path / "written").rename(tmp_path / "renamed")
    assert [line.split()[0] for line in shut] == ["writes", "os.rename"]
    with pytest.raises(AssertionError, match="something is fetched"):
        socket.create_connection(("127.0.0.1", 9))


def test_every_case_has_a_message_of_its_own() -> None:
    assert len({message for _, message in CASES.values()}) == len(CASES)


def test_a_sound_submission_passes(folder: Path, shut: list[str]) -> None:
    submission, findings = read(folder)
    assert problems(folder) == ""
    assert submission
    assert {finding.check for finding in findings} >= {"card", "manifest", "statement", "fingerprint", "dim", "licence"}
    assert shut == []


def test_every_rule_is_told_at_once(folder: Path) -> None:
    """One broken file does not hide what is wrong with the others."""
    card(dim="x", title="a" * 300, licens="MIT")(folder)
    said(about__licence="\x00")(folder)
    (folder / STATEMENT).write_text("status = 1")
    (folder / "run.sh").touch()
    told = problems(folder)
    for part in (
        "run.sh",
        "dim: 'x' is no whole number",
        "title has 300",
        "licens: unknown",
        "about.licence holds",
        "shards: is missing",
    ):
        assert part in told
    assert read(folder)[0] is None


def test_html_is_a_text_and_is_noted(folder: Path) -> None:
    card(title="<script>alert(1)</script>")(folder)
    said(about__title="<script>alert(1)</script>")(folder)
    assert problems(folder) == ""
    notes = [finding.message for finding in read(folder)[1] if finding.status == "note"]
    assert "card.toml: `<` in title; pages show it as text" in notes


def test_a_shipped_backbone_may_be_embedded_by_its_own_card(small_store: Path, tmp_path: Path) -> None:
    (source,) = small_store.glob("embeddings/hog/*")
    place = tmp_path / "hog"
    place.mkdir()
    for name in (CARD, MANIFEST):
        shutil.copy(source / name, place)
    (place / STATEMENT).write_text(f'status = "active"\n[shards]\nfolder = "{source}"\n')
    assert problems(place) == ""
    assert any("by its own card" in finding.message for finding in read(place)[1])
    _change(place / CARD, tomllib.loads, tomli_w.dumps, {"title": "Mine"})
    assert "name: hog is a backbone of fuseboard, and its card there is another" in problems(place)


def test_a_withdrawn_submission_may_have_a_licence_that_forbids_it(folder: Path) -> None:
    card(redistribution="hash")(folder)
    said(about__redistribution="hash")(folder)
    assert "licence: " in problems(folder)
    stated('status = "withdrawn"\nreason = "its licence changed"\n[shards]\nfolder = "x"')(folder)
    assert problems(folder) == ""


def test_shipped_cards_break_no_rule_of_origin(tmp_path: Path) -> None:
    """What is asked of strangers is what fuseboard's own cards do; pins and licences are each card's own matter."""
    from fuseboard.harness.submissions.rules import names, overlap
    from fuseboard.harness.submissions.rules import source as origin

    for name in registry.names():
        shipped = registry.get(name)
        found = [*origin.findings(shipped), *overlap.findings(shipped), *names.findings(name, registry.names())]
        assert [finding for finding in found if finding.is_bad and finding.check != "pins"] == []


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        read(tmp_path / "none")


def test_the_message_of_a_missing_file_says_where_it_comes_from(folder: Path) -> None:
    (folder / CARD).unlink()
    (finding,) = [finding for finding in read(folder)[1] if finding.check == "files"]
    assert re.search("copy it from the version's folder", finding.fix)
