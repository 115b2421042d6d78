"""Bundles that were made to do harm, or are damaged: each is refused in one true line, and nothing happens."""

import hashlib
import json
import os
import stat
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
import xgboost as xgb
from safetensors.numpy import load as read_arrays
from safetensors.numpy import save as save_arrays

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.classifiers.heads import Trees
from fuseboard.harness.fusion.bundle import reading, trees, ubjson
from fuseboard.harness.fusion.bundle.loading import load
from fuseboard.harness.fusion.calibration import Calibration
from fuseboard.store.errors import FuseboardError

from .conftest import bundle_of, fitted

Change = Callable[[Path], object]


def relist(folder: Path) -> None:
    """Has the manifest list the files as they are, so that what is behind their hashes is looked at."""
    facts = json.loads((folder / "manifest.json").read_text())
    for name in facts["files"]:
        if (folder / name).is_file():
            content = (folder / name).read_bytes()
            facts["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(facts))


def told(**changes: Any) -> Change:
    """Changes keys of the manifest; `a__b` is a key within a key, numbers are places in a list."""

    def change(folder: Path) -> None:
        facts = json.loads((folder / "manifest.json").read_text())
        for path, value in changes.items():
            *above, key = path.split("__")
            place = facts
            for part in above:
                place = place[int(part) if part.isdigit() else part.replace("_dash_", "-")]
            place[key] = value
        (folder / "manifest.json").write_text(json.dumps(facts))

    return change


def renamed(key: str, *above: str) -> Change:
    """Renames what a manifest lists under `above` to another key."""

    def change(folder: Path) -> None:
        facts = json.loads((folder / "manifest.json").read_text())
        place = facts
        for part in above[:-1]:
            place = place[part]
        place[key] = place.pop(above[-1])
        (folder / "manifest.json").write_text(json.dumps(facts))

    return change


def array(file: str, **changes: Any) -> Change:
    """Puts other arrays into a file of the bundle, and lists it."""

    def change(folder: Path) -> None:
        found = read_arrays((folder / file).read_bytes())
        for name, value in changes.items():
            if value is None:
                del found[name]
            else:
                found[name] = value(found[name]) if callable(value) else value
        (folder / file).write_bytes(save_arrays(found))
        relist(folder)

    return change


def content(file: str, data: bytes | Callable[[bytes], bytes]) -> Change:
    """Puts something else into a file, and lists it."""

    def change(folder: Path) -> None:
        place = folder / file
        place.write_bytes(data(place.read_bytes()) if callable(data) else data)
        relist(folder)

    return change


def card(**changes: Any) -> Change:
    """Changes the card of a descriptor into one that names something, and has the manifest agree with it."""

    def change(folder: Path) -> None:
        place = folder / "card-hog.toml"
        facts = tomllib.loads(place.read_text())
        facts |= {key: value for key, value in changes.items() if key != "source"}
        facts["source"] = changes.get("source", facts["source"])
        place.write_text(tomli_w.dumps(facts))
        told(backbones__hog__fingerprint=cards.read(place).fingerprint)(folder)
        relist(folder)

    return change


def broken_header(data: bytes) -> bytes:
    """Safetensors that declare a huge array."""
    header = json.dumps({"coef": {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}}).encode()
    return len(header).to_bytes(8, "little") + header + data[-64:]


def twice(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"files"', '"files": {}, "files"', 1))


def deep(folder: Path) -> None:
    (folder / "manifest.json").write_text("[" * 200_000)


def link(folder: Path) -> None:
    (folder / "secret").write_bytes((folder / "head-0.safetensors").read_bytes())
    (folder / "secret").rename(folder.parent / "secret")
    (folder / "head-0.safetensors").unlink()
    (folder / "head-0.safetensors").symlink_to(folder.parent / "secret")


def pipe(folder: Path) -> None:
    (folder / "head-0.safetensors").unlink()
    os.mkfifo(folder / "head-0.safetensors")


def inner_folder(folder: Path) -> None:
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()


NAN = np.float32("nan")
OWN = {"loader": "python", "module": "evil:Encoder", "module_sha256": "0" * 64}
LOCAL = {"loader": "timm", "architecture": "resnet18", "file": "/etc/passwd", "sha256": "0" * 64}
ADDRESS = {**LOCAL, "url": "http://127.0.0.1/weights.bin"}
del ADDRESS["file"]

CASES: dict[str, tuple[Change, str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "there is no manifest.json, so it is no bundle"),
    "empty manifest": (lambda f: (f / "manifest.json").write_text(""), "manifest.json: invalid JSON"),
    "manifest is a list": (lambda f: (f / "manifest.json").write_text("[]"), "manifest.json: \\[\\] is no table"),
    "deep manifest": (deep, "recursion limit|Invalid JSON"),
    "other format": (told(format=2), "a bundle of format 2, and this fuseboard reads format 1"),
    "other kind": (told(kind="pickle"), "manifest.json: kind"),
    "a key more": (told(exec="rm"), "manifest.json: exec: unknown key"),
    "a key more inside": (told(novelty__path="/"), "manifest.json: novelty.path: unknown key"),
    "a missing file": (lambda f: (f / "novelty.safetensors").unlink(), "novelty.safetensors is missing"),
    "a file more": (lambda f: (f / "run.py").write_text("x"), r"'run\.py' is no part of the bundle"),
    "a link in place of a file": (link, r"head-0\.safetensors: not readable \(a link\)"),
    "a pipe in place of a file": (pipe, "no plain file|not readable"),
    "a folder in place of a file": (inner_folder, "no plain file|not readable"),
    "another hash": (told(files__README={"bytes": 1, "sha256": "0" * 64}), "README: |belongs to no part"),
    "a byte changed": (
        lambda f: (f / "README.md").write_bytes(b"x" + (f / "README.md").read_bytes()[1:]),
        "README.md is not the file that manifest.json says",
    ),
    "a byte more": (
        lambda f: (f / "README.md").write_bytes((f / "README.md").read_bytes() + b"x"),
        "README.md: more than",
    ),
    "path upwards": (renamed("../x", "files", "README.md"), r"files\.\.\./x"),
    "absolute path": (renamed("/etc/passwd", "files", "README.md"), "files./etc/passwd"),
    "path of Windows": (renamed("C:\\x", "files", "README.md"), "files.C:"),
    "name of a hidden file": (renamed(".bashrc", "files", "README.md"), r"files\.\.bashrc"),
    "head upwards": (told(members__0__head__file="../head"), "members.0.head.linear.file"),
    "card upwards": (told(backbones__hog__card="../card.toml"), "backbones.hog.card"),
    "one file for two parts": (told(backbones__hog__card="card-pixels.toml"), "two parts name one file"),
    "a part whose file is not listed": (told(members__0__head__file="x"), "the file x is not listed"),
    "the manifest lists itself": (renamed("manifest.json", "files", "README.md"), "manifest"),
    "huge declared size": (told(files__x={"bytes": 2**40, "sha256": "0" * 64}), r"files\.x\.bytes"),
    "negative size": (told(files__x={"bytes": -1, "sha256": "0" * 64}), r"files\.x\.bytes"),
    "another width": (told(backbones__hog__dim=901), "the manifest says hog, 901"),
    "huge width": (told(backbones__hog__dim=2**60), "backbones.hog.dim"),
    "other fingerprint": (told(backbones__hog__fingerprint="0" * 32), "the manifest says hog, 900, 0000"),
    "other backbone's card": (renamed("lbp", "backbones", "hog"), "members name other backbones"),
    "name upwards": (renamed("../hog", "backbones", "hog"), "manifest.json: backbones"),
    "a member names a backbone twice": (told(members__0__backbones=["hog", "hog", "pixels"]), "names a backbone twice"),
    "no member": (told(members=[]), "manifest.json: members"),
    "one class more": (told(classes=["a", "b", "c", "d"]), r"coef is float32 of shape \(3, 1156\), where .* 4 x 1156"),
    "a class twice": (told(classes=["a", "a", "b"]), "a class is named twice"),
    "a class of many lines": (told(classes=["a", "b\nrm", "c"]), "manifest.json: classes.1"),
    "a class that turns text around": (told(classes=["a", "\u202eb", "c"]), "manifest.json: classes.1"),
    "an endless class": (told(classes=["a", "b" * 10**6, "c"]), "manifest.json: classes.1"),
    "other task": (told(task="binary-class"), "3 classes do not make a task of the kind binary-class"),
    "unknown task": (told(task="os.system"), "manifest.json: task"),
    "temperature of nothing": (told(calibration__method="temperature"), "method temperature beside temperature None"),
    "infinite temperature": (told(calibration__temperature=1e999), "calibration.temperature"),
    "NaN threshold": (told(novelty__threshold=float("nan")), "novelty.threshold"),
    "more neighbours than images": (told(novelty__k=13), "12 training images in .* do not fit together"),
    "more names than images": (
        told(novelty__names=["a"] * 13),
        r"training is float32 of shape \(12, 5\), where float32 13 x \? is wanted",
    ),
    "predictions of more images": (
        told(predictions__0__names=["a"] * 7, predictions__0__groups=["a"] * 7),
        r"labels is int64 of shape \(6,\), where int64 7 is wanted",
    ),
    "predictions of fewer groups": (told(predictions__0__groups=["a"]), "6 images and 1 groups"),
    "a training image of no class": (
        array("novelty.safetensors", labels=lambda v: v - 3),
        r"novelty\.safetensors: a label that is none of the 3",
    ),
    "a label of no class": (
        array("predictions-validation.safetensors", labels=lambda v: v + 9),
        "a label that is none of the 3",
    ),
    "predictions of another place": (told(predictions__0__file="../../x"), r"predictions\.0\.file"),
    "a name that steers the terminal": (told(novelty__names=["\x1b[2J"] * 12), r"novelty\.names\.0"),
    "a remark that steers the terminal": (told(selection__remarks=["a\x9b2Jb"]), r"selection\.remarks\.0"),
    "a licence of many lines": (told(summary__licence="a\nb"), r"summary\.licence"),
    "no pixels bits": (told(reading__bits=99), "reading.bits"),
    "NaN weights": (array("head-0.safetensors", coef=lambda c: c * NAN), "coef holds NaN or infinity"),
    "infinite intercept": (
        array("head-0.safetensors", intercept=lambda c: c * np.inf),
        "intercept holds NaN or infinity",
    ),
    "weights of another type": (
        array("head-0.safetensors", coef=lambda c: c.astype(np.float64)),
        "coef is float64 of shape",
    ),
    "weights of another shape": (
        array("head-0.safetensors", coef=lambda c: c[:, :-1]),
        r"coef is float32 of shape \(3, 1155\)",
    ),
    "an array more": (array("head-0.safetensors", more=np.zeros(1)), "array 'more' is not wanted"),
    "an array less": (array("head-0.safetensors", center=None), "array 'center' is missing"),
    "an array of objects": (
        content("head-0.safetensors", b"\x80\x04cos\nsystem\n(S'touch /tmp/x'\ntR."),
        "not readable as safetensors|header is too long",
    ),
    "huge declared shape": (content("head-0.safetensors", broken_header), "not readable as safetensors"),
    "huge header": (content("head-0.safetensors", b"\xff" * 8 + b"x" * 64), "header is too long"),
    "empty file": (content("head-0.safetensors", b""), r"files\.head-0\.safetensors\.bytes"),
    "canary of another width": (
        array("canaries.safetensors", hog=np.zeros((3, 4), np.float32)),
        "hog is float32 of shape",
    ),
    "more directions than kept": (
        array("novelty.safetensors", projection=np.zeros((6, 1156), np.float32)),
        "do not fit together",
    ),
    "a card that is no TOML": (content("card-hog.toml", b"[" * 100_000), "card-hog.toml: not a TOML file"),
    "a card that is too long": (content("card-hog.toml", b"#" * 2**19), "bytes that a card may have"),
    "a card with a key more": (content("card-hog.toml", lambda t: b"run = 1\n" + t), "card-hog.toml: run: unknown key"),
    "a card of a local file": (card(source=LOCAL), "hog is another version here than it was trained on"),
    "a card of an address": (card(source=ADDRESS), "hog is another version here"),
    "a card of own code": (card(source=OWN), "hog is another version here"),
    "a card of another size": (
        card(preprocessing={**registry.get("hog").preprocessing.identity, "size": 128}),
        "preprocessing.size 128 there, 64 here|preprocessing.size",
    ),
    "a card of another precision": (
        content("card-hog.toml", lambda t: t.replace(b"fp32", b"bf16")),
        "the manifest says",
    ),
}


def state(folder: Path) -> dict[str, float]:
    return {str(path): path.lstat().st_mtime for path in folder.rglob("*")}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_folder_is_refused(saved: Path, case: str) -> None:
    change, message = CASES[case]
    change(saved)
    before = state(saved.parent)
    with pytest.raises(FuseboardError, match=message) as refused:
        load(saved)
    assert str(refused.value).count("\n") == 0
    assert len(str(refused.value)) < 1_000
    assert state(saved.parent) == before


def tree(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(model: dict[str, Any]) -> None:
        first = model["learner"]["gradient_booster"]["model"]["trees"][0]
        for key, value in changes.items():
            first[key] = value(first[key]) if callable(value) else value

    return change


def at(place: int, value: int) -> Callable[[list[int]], list[int]]:
    return lambda values: [*values[:place], value, *values[place + 1 :]]


def learner(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(model: dict[str, Any]) -> None:
        for key, value in changes.items():
            model["learner"][key] = {**model["learner"][key], **value}

    return change


def grow(model: dict[str, Any]) -> None:
    grown = model["learner"]["gradient_booster"]["model"]
    grown["trees"] += grown["trees"]


BOOSTERS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "child beyond the end": (tree(left_children=at(0, 10**6)), "has a node that leads nowhere"),
    "child before its parent": (tree(left_children=at(1, 0)), "has a node that leads nowhere"),
    "negative child": (tree(right_children=at(0, -7)), "has a node that leads nowhere"),
    "a node with two parents": (tree(left_children=at(1, 2)), "node with two parents|leads nowhere"),
    "feature beyond the end": (tree(split_indices=at(0, 10**8)), "splits by a feature that there is not"),
    "negative feature": (tree(split_indices=at(0, -1)), "splits by a feature that there is not"),
    "fewer nodes than said": (tree(base_weights=lambda v: v[:-1]), "does not have the nodes that it says"),
    "categories": (tree(split_type=at(0, 1)), "splits by categories"),
    "another number of features": (
        learner(learner_model_param={"num_feature": "9"}),
        "number of features 9, where 1156 is wanted",
    ),
    "another number of classes": (learner(learner_model_param={"num_class": "9"}), "number of classes 9, where 3"),
    "another objective": (learner(objective={"name": "rank:ndcg"}), "objective rank:ndcg"),
    "another booster": (learner(gradient_booster={"name": "dart"}), "booster dart"),
    "more trees than said": (grow, "number of trees 24, where 12 is wanted"),
    "no model": (lambda model: model.clear(), "no 'learner'"),
}


def write(value: Any) -> bytes:
    """UBJSON as XGBoost writes it, in its untyped form."""
    if isinstance(value, dict):
        pairs = b"".join(b"L" + len(k).to_bytes(8, "big") + k.encode() + write(v) for k, v in value.items())
        return b"{" + pairs + b"}"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return b"[" + b"".join(map(write, value)) + b"]"
    if isinstance(value, str):
        return b"SL" + len(value.encode()).to_bytes(8, "big") + value.encode()
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"L" + value.to_bytes(8, "big", signed=True)
    return b"d" + np.array(value, ">f4").tobytes()


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", BOOSTERS)
def test_hostile_trees_are_never_seen_by_xgboost(
    trees: Trees, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    change, message = BOOSTERS[case]
    bundle_of(trees).save(tmp_path / "model")
    model = plain(ubjson.loads((tmp_path / "model" / "head-0.ubj").read_bytes()))
    change(model)
    (tmp_path / "model" / "head-0.ubj").write_bytes(write(model))
    relist(tmp_path / "model")
    monkeypatch.setattr(xgb.Booster, "load_model", lambda *_: pytest.fail("XGBoost read it"))
    with pytest.raises(FuseboardError, match=message):
        load(tmp_path / "model")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it ends early"),
        (b"{", "it ends early"),
        (b"not ubj at all", "marker"),
        (b'{"learner": {}}', "length is no integer"),
        (b"[" * 10_000, "nested too deeply"),
        (b"[$d#L" + (2**62).to_bytes(8, "big"), "ends early"),
        (b"[#L" + (2**62).to_bytes(8, "big"), "ends early"),
        (b"SL" + (-1).to_bytes(8, "big", signed=True), "negative"),
        (b"\x80\x04cos\nsystem\n.", "marker"),
    ],
)
def test_what_is_no_ubjson(data: bytes, message: str) -> None:
    with pytest.raises(FuseboardError, match=message):
        trees.load(data, "x", "softmax", 3, 1156, 12)


def test_the_trees_of_every_task_pass(trees: Trees) -> None:
    content = trees_bytes(trees)
    again = trees_of(content)
    rows = [np.random.default_rng(0).normal(size=(9, width)).astype(np.float32) for width in (900, 256)]
    np.testing.assert_array_equal(again.predict(rows), trees.predict(rows))
    assert write(plain(ubjson.loads(content))) != content  # XGBoost types its arrays
    np.testing.assert_array_equal(trees_of(write(plain(ubjson.loads(content)))).predict(rows), trees.predict(rows))


def trees_bytes(head: Trees) -> bytes:
    return trees.dump(head)


def trees_of(data: bytes) -> Trees:
    return trees.load(data, "x", "softmax", 3, 1156, 12)


def packed(folder: Path, change: Callable[[zipfile.ZipFile], object], leave: str = "", around: str = "") -> Path:
    place = folder.with_suffix(".zip")
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            if path.name != leave:
                archive.write(path, around + path.name)
        change(archive)
    return place


def linked(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("README.md")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


ZIPS: dict[str, tuple[Callable[[zipfile.ZipFile], object], str, str]] = {
    "upwards": (lambda z: z.writestr("../x", "x"), "", r"'\.\./x' is no plain name of a file"),
    "absolute": (lambda z: z.writestr("/tmp/x", "x"), "", "is no plain name of a file"),
    "of Windows": (lambda z: z.writestr("a\\..\\x", "x"), "", "no plain name|no part of the bundle"),
    "a folder": (lambda z: z.writestr("x/", ""), "", "is no plain name of a file"),
    "a link": (linked, "README.md", "'README.md' is a link or a device"),
    "a name twice": (lambda z: z.writestr("README.md", "x"), "", "'README.md' is in it twice"),
    "a bomb": (lambda z: z.writestr("README.md", b"\0" * 2**23), "README.md", "a guard against decompression bombs"),
    "a lie on its size": (lambda z: z.writestr("README.md", b"x" * 2**16), "README.md", "more than the .* bytes"),
    "too many files": (lambda z: [z.writestr(f"f{n}", "") for n in range(2_000)], "", "more than a bundle has"),
    "a file more": (lambda z: z.writestr("run.sh", "x"), "", r"'run\.sh' is no part of the bundle"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", ZIPS)
def test_a_hostile_zip_is_refused(saved: Path, case: str) -> None:
    change, leave, message = ZIPS[case]
    place = packed(saved, change, leave)
    before = state(saved.parent)
    with pytest.raises(FuseboardError, match=message):
        load(place)
    assert state(saved.parent) == before


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut off", b"\x1f\x8b gzip", b"<html>"])
def test_what_is_no_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.zip").write_bytes(data)
    with pytest.raises(FuseboardError, match=r"model\.zip: neither a folder nor a zip that can be read"):
        load(tmp_path / "model.zip")


def test_a_zip_that_was_packed_by_hand_is_read(saved: Path) -> None:
    place = packed(saved, lambda z: z.writestr("__MACOSX/._x", "x"), around="model/")
    assert load(place).facts == load(saved).facts


def test_hidden_files_of_a_folder_are_passed_over(saved: Path) -> None:
    (saved / ".gitattributes").write_text("x")
    (saved / ".git").mkdir()
    load(saved)


def test_curves_that_lead_out_of_probabilities(tmp_path: Path) -> None:
    x = np.array([0, 1], np.float32)
    curves = Calibration("multi-class", "isotonic", knots=((x, x),) * 3)
    estimator = fitted()
    bundle_of(model_=replace(estimator.model_, calibration=curves)).save(tmp_path / "model")
    load(tmp_path / "model")
    for wrong in ({"y1": x * 2}, {"x1": x[::-1].copy()}, {"x1": x[:1]}):
        array("calibration.safetensors", **wrong)(tmp_path / "model")
        with pytest.raises(FuseboardError, match="curve 1 is none from probabilities to probabilities"):
            load(tmp_path / "model")
        array("calibration.safetensors", x1=x, y1=x)(tmp_path / "model")


def test_an_unknown_backbone_is_loaded_for_nobody(saved: Path) -> None:
    own = tomllib.loads((saved / "card-hog.toml").read_text()) | {"id": "ward-net"}
    stranger = Card.model_validate(own)
    renamed("ward-net", "backbones", "hog")(saved)
    told(members__0__backbones=["ward-net", "pixels"])(saved)
    (saved / "card-hog.toml").write_text(stranger.toml())
    array("canaries.safetensors", hog=None, **{"ward-net": np.zeros((3, 900), np.float32)})(saved)
    with pytest.raises(FuseboardError, match=r"its backbone ward-net is none that fuseboard ships; read its card"):
        load(saved)
    assert set(load(saved, own_cards=[stranger]).cards) == {"ward-net", "pixels"}


def test_no_more_of_a_folder_is_read_than_it_says(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LIMIT", 100)
    with pytest.raises(FuseboardError, match="more than the 100 bytes that it may have"):
        load(saved)
