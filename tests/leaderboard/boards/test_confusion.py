"""The confusion of the chosen subset: the counts of scikit-learn, on the page with every number, or the reason."""

import re

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

from fuseboard.leaderboard.boards.confusion import count
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.site import build
from fuseboard.leaderboard.site.write import STATIC
from tests.leaderboard.page import Page
from tests.leaderboard.predicted import LABELS, NAMES, keep, said

SEVERAL = "multi-label, binary-class"


@pytest.fixture(autouse=True)
def _these_pages_alone(monkeypatch):
    monkeypatch.setattr(build, "PAGES", ("dataset",))


def of(store):
    return take(store.opened).confusions["tiny", "starter"]


def test_several_classes_are_as_scikit_learn_counts_them(predicted):
    own = of(predicted)
    assert own.subset == NAMES
    assert own.counts == tuple(map(tuple, confusion_matrix(LABELS, said(2).argmax(1)).tolist()))
    assert own.classes == ("a", "b", "c")
    assert own.share(1, 1) == own.counts[1][1] / 20


@pytest.mark.parametrize("columns", [1, 2])
def test_two_classes_are_told_apart_by_the_last_column(columns):
    labels, scores = np.arange(40) % 2, said(3, np.arange(40) % 2, 2)[:, -columns:]
    assert (count("binary-class", labels, scores) == confusion_matrix(labels, scores[:, -1] > 0.5)).all()


def test_several_labels_have_four_counts_each(store, tmp_path):
    random = np.random.default_rng(0)
    labels, scores = (random.random((50, 3)) < 0.3).astype(np.uint8), random.random((50, 3)).astype(np.float32)
    store.embed("alpha", labels=labels, task=SEVERAL)
    keep(store, ("alpha",), scores, labels, SEVERAL)
    own = of(store)
    for line, ((no, wrongly), (missed, yes)) in zip(
        own.counts, multilabel_confusion_matrix(labels, scores > 0.5), strict=True
    ):
        assert line == (yes, missed, wrongly, no)
    assert own.share(0, 1) == own.counts[0][1] / labels[:, 0].sum()
    build.build(store.opened, tmp_path / "site")
    assert "Has it; answered" in Page(tmp_path / "site/datasets/tiny.html").words


def test_the_page_has_every_count_its_share_and_the_way_to_its_row(predicted, tmp_path):
    build.build(predicted.opened, tmp_path / "site")
    own = of(predicted)
    text = (tmp_path / "site/datasets/tiny.html").read_text()
    table = text[text.index('<table class="confusion">') :].split("</table>")[0]
    body = table.split("<tbody>")[1]
    for name, row, line in zip("abc", body.split("<tr>")[1:], own.counts, strict=True):
        words = re.sub(r"<[^>]+>", " ", row).split()
        assert words == [name, *(w for n in line for w in (str(n), f"{100 * n / 20:.1f}", "%")), "20"]
    assert body.count(f"provenance/tiny.html#r-{own.key[:14]}") == 9
    assert re.findall(r'class="n (shade|wrong)-', body) == ["shade" if i in (0, 4, 8) else "wrong" for i in range(9)]


def test_a_class_without_an_image_has_no_share(store):
    labels = np.array([0, 1] * 10, np.uint16)
    store.embed("alpha", labels=labels)
    keep(store, ("alpha",), said(1, labels), labels, val=0.5)
    own = of(store)
    assert own.counts[2] == (0, 0, 0)
    assert own.share(2, 0) is None


@pytest.mark.parametrize("spoil", ["unkept", "unlabelled", "other"])
def test_why_there_is_none(store, tmp_path, spoil):
    if spoil != "unlabelled":
        store.embed("alpha", labels=LABELS)
    scores = None if spoil == "unkept" else said(1).tolist()
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.987), rows=60, scores=scores)
    reasons = {
        "unkept": "predictions were not kept",
        "unlabelled": "labels come with them",
        "other": "the row says 0.987",
    }
    assert reasons[spoil] in of(store)
    build.build(store.opened, tmp_path / "site")
    assert f"Not shown: {of(store)}" in Page(tmp_path / "site/datasets/tiny.html").words


def test_too_many_classes_are_no_table(store):
    labels = np.arange(100, dtype=np.uint16) % 50
    store.embed("alpha", labels=labels)
    keep(store, ("alpha",), said(1, labels, 50), labels)
    assert of(store) == "50 classes are too many for a table"


def test_a_class_of_any_name_is_text(store, tmp_path):
    labels = np.arange(60, dtype=np.uint16) % 3
    store.embed("alpha", labels=labels)
    for path in store.root.glob("embeddings/*/*/manifest.json"):
        path.write_text(path.read_text().replace('"a"', '"<img src=x onerror=alert(1)>"'))
    keep(store, ("alpha",), said(1))
    build.build(store.opened, tmp_path / "site")
    assert "<img src=x onerror=alert(1)>" in Page(tmp_path / "site/datasets/tiny.html").text


@pytest.mark.parametrize(
    ("raised", "oracle", "ink"),
    [
        ((255, 255, 255), (0x9A, 0x4A, 0x12), (0x17, 0x24, 0x2B)),
        ((0x17, 0x20, 0x24), (0xEB, 0xA7, 0x75), (0xE5, 0xE9, 0xE6)),
    ],
)
def test_a_number_on_the_darkest_shade_can_be_read(raised, oracle, ink):
    css, base = (STATIC / "dataset.css").read_text(), (STATIC / "base.css").read_text()
    for colour in (raised, oracle, ink):
        assert "#{:02x}{:02x}{:02x}".format(*colour) in base
    shares = [int(found) / 100 for found in re.findall(r"var\(--oracle\) (\d+)%", css)]
    assert len(shares) == 10
    assert ".confusion td small { color: inherit; }" in css

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for share in shares:
        cell = [share * o + (1 - share) * r for o, r in zip(oracle, raised, strict=True)]
        low, high = sorted((luminance(cell), luminance(ink)))
        assert (high + 0.05) / (low + 0.05) >= 4.5
