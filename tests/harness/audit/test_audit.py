"""The audit of whole datasets: the official ones with what is known of them, and a made one with planted faults."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.audit import findings, page
from fuseboard.harness.audit.audit import Audit, examine
from fuseboard.harness.audit.duplicates import exact
from fuseboard.harness.audit.images import read
from fuseboard.harness.backbones import registry as backbones
from fuseboard.harness.datasets import registry
from fuseboard.harness.extraction.extract import extract
from fuseboard.store import installation
from fuseboard.store.store import Store

HOSTILE = '"><script>alert(1)</script>\u202eb'
OTHER = "plain"


def of_check(rows, check):
    return [row for row in rows if row["check"] == check]


def audited(capsys, *arguments):
    assert cli.run(["datasets", "audit", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def leaks(found, other="train"):
    """(split, id) of images that are in another split too."""
    return {
        (image["split"], image["id"])
        for each in found["duplicates"]
        if each["kind"] == "exact" and other in {image["split"] for image in each["images"]}
        for image in each["images"]
        if image["split"] != other
    }


def test_breastmnist_has_one_image_in_train_and_test_with_two_labels(capsys, tmp_path):
    found = audited(capsys, "breastmnist-28", "--store", tmp_path)
    (same,) = found["duplicates"]
    assert [(image["split"], image["id"], image["label"]) for image in same["images"]] == [
        ("train", 115, "malignant"),
        ("test", 76, "normal, benign"),
    ]
    assert not same["same_label"]
    (wrong,) = of_check(found["findings"], "splits")
    assert wrong["status"] == "wrong"
    assert "test 76 = train 115" in wrong["message"]


def test_without_embeddings_one_line_says_what_to_run(capsys, tmp_path):
    found = audited(capsys, "breastmnist-28", "--store", tmp_path)
    (missing,) = [row for row in found["findings"] if row["status"] == "missing"]
    assert missing["check"] == "near duplicates, labels"
    assert "fuseboard extract" in missing["fix"]
    extract(backbones.get("pixels"), registry.get("digits-first40"), store := Store(tmp_path))
    assert "1 backbone," in examine(registry.get("digits-first40"), store).missing["labels"]


@pytest.mark.usefixtures("medmnist_root")
def test_breastmnist_at_64_pixels_has_it_too():
    images = read(registry.get("breastmnist-64"))
    (same,) = exact(images)
    assert [images.name(row) for row in same.rows] == ["train 115", "test 76"]
    assert not images.same_label(*same.rows)


def test_eight_validation_images_of_pneumoniamnist_are_training_images(medmnist_root):
    if not (medmnist_root / "pneumoniamnist.npz").is_file():
        pytest.skip("pneumoniamnist.npz is not on this machine: point MEDMNIST_ROOT at a folder that has it")
    audit = Audit(images := read(registry.get("pneumoniamnist-28")), exact(images))
    found = findings.twins(audit, "val", "train")
    pairs = {(images.ids[twin.row], images.ids[twin.other]) for twin in found}
    known = {(172, 289), (236, 662), (253, 1440), (473, 1834), (61, 2041), (302, 3130), (244, 4036), (105, 4193)}
    assert pairs == known
    assert all(twin.same_label for twin in found)
    assert findings.twins(audit, "test", "train") == []


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """160 images of patients and sites. Site 1 is bright at the edge; the label is a faint thing in the middle.

    Test image 0 is train image 0, of another patient and with another label; of class `rare` train and val have one
    image each, and test none.
    """
    root = tmp_path_factory.mktemp("planted")
    rng = np.random.default_rng(8)
    ill = rng.integers(0, 2, 160).astype(bool)
    site = rng.random(160) < np.where(ill, 0.7, 0.3)
    pixels = rng.normal(100, 14, (160, 8, 8)).repeat(3, 1).repeat(3, 2)
    pixels[:, 9:15, 9:15] += 14 * ill[:, None, None]
    pixels[:, :, :4] += 60 * site[:, None, None]
    pixels[130], ill[130] = pixels[0], not ill[0]
    names = np.where(ill, HOSTILE, OTHER).tolist()
    names[50] = names[120] = "rare"
    lines = ["path,label,patient,split,site,note"]
    for number, (image, name) in enumerate(zip(pixels, names, strict=True)):
        path = f"{number:03}.png" if number else f"{HOSTILE.replace('/', '-')}.png"
        Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(root / path)
        split = "train" if number < 100 else "val" if number < 130 else "test"
        quoted = ",".join('"{}"'.format(text.replace('"', '""')) for text in (path, name))
        lines.append(f"{quoted},p{number // 2},{split},site {int(site[number])},{number}")
    (root / "list.csv").write_text("\n".join(lines))
    (root / "made.toml").write_text('name = "made"\nlicence = "<b>x</b>"\ntable = "list.csv"\ngroup = "patient"\n')
    dataset = registry.get(str(root / "made.toml"))
    store = Store(root / "store")
    for name in ("hog", "pixels"):
        extract(backbones.get(name), dataset, store)
    return root


@pytest.fixture(scope="module")
def audit(planted):
    pytest.importorskip("cleanlab", reason="confident learning needs the extra `audit`")
    return examine(registry.get(str(planted / "made.toml")), Store(planted / "store"))


def test_what_was_planted_is_found(audit):
    rows = [finding.row() for finding in findings.of(audit)]
    assert any("test 0 = train" in row["message"] for row in of_check(rows, "splits"))
    (groups,) = of_check(rows, "groups")
    assert groups["status"] == "wrong"
    assert "p0, p65" in groups["message"]
    classes = of_check(rows, "classes")
    assert {(row["status"], row["message"].partition(";")[0]) for row in classes} == {
        ("note", "train: 1 image of rare"),
        ("note", "val: 1 image of rare"),
        ("wrong", "test: rare has no image"),
    }
    site, number = of_check(rows, "shortcuts")
    assert site["status"] == "wrong"
    assert site["message"].startswith("site: AUC ")
    assert number["message"].startswith("note: AUC ")
    assert number["status"] == "ok"
    assert not audit.missing


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_is_one_file_in_which_foreign_text_stays_text(audit):
    text = page.render(audit)
    elements = Elements(text).found
    assert not {tag for tag, _ in elements} & {"script", "b", "iframe", "object"}
    assert all(not key.startswith("on") and key != "style" for _, attrs in elements for key in attrs)
    addresses = [attrs[key] for _, attrs in elements for key in ("src", "href") if key in attrs]
    assert all(address.startswith(("data:image/", "#")) for address in addresses)
    pictures = [attrs for tag, attrs in elements if tag == "img" and attrs["alt"]]
    shown = {one["alt"].partition(": ")[2] for one in pictures}
    assert shown >= {OTHER, HOSTILE.replace("\u202e", "\ufffd")}
    assert "\u202e" not in text


def test_the_command_writes_the_page_and_a_table_and_findings_are_no_failure(planted, capsys, tmp_path):
    out = tmp_path / "audit.html"
    arguments = ["datasets", "audit", str(planted / "made.toml"), "--store", str(planted / "store"), "-o", str(out)]
    assert cli.run(arguments) == 0
    assert out.read_text().startswith("<!doctype html>")
    assert "test 0 = train" in capsys.readouterr().out
    assert cli.run([*arguments[:-1], str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_backbones_of_other_images_say_nothing_of_these(tmp_path):
    dataset = registry.get("digits-sample40")
    store = Store(tmp_path)
    for name in ("hog", "pixels"):
        extract(backbones.get(name), dataset, store)
    for manifest in (tmp_path / "embeddings").glob("*/*/manifest.json"):
        told = json.loads(manifest.read_text())
        told["datasets"][dataset.name]["source_md5"] = "0" * 32
        manifest.write_text(json.dumps(told))
    found = examine(dataset, Store(tmp_path))
    assert "embedded other images" in found.missing["labels"]


def test_a_missing_extra_leaves_the_other_checks(planted, monkeypatch):
    import builtins

    whole = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("cleanlab"):
            raise ModuleNotFoundError("No module named 'cleanlab'", name="cleanlab")
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    audit = examine(registry.get(str(planted / "made.toml")), Store(Path(planted / "store")))
    assert installation.command("audit") in audit.missing["labels"]
    assert audit.shortcuts
    assert audit.exact
