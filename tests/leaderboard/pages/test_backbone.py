"""Backbone pages: one for each that has embeddings or rows, and nothing on them that is not its own."""

import json

import pytest

from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.pages.backbone import web
from fuseboard.leaderboard.regression.metrics import auc
from fuseboard.store.embeddings import history, versions
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import similarity_rows
from fuseboard.store.store import Store
from tests.leaderboard.built import built
from tests.leaderboard.conftest import md5
from tests.leaderboard.predicted import LABELS, TASK, keep, said

HOSTILE = "<script>alert('x')</script>&\""
CARD = 'id = "alpha"\nmodality = ["X-ray", "CT"]\ngated = true\ntrust = false\nunverified = ["pooling"]\n'


def folder(store, name="alpha", revision=1):
    return versions.folder_of(store.root, name, fingerprint({"backbone": name, "revision": revision}))


def page(store, name="alpha"):
    return built(store, "backbone")[f"backbones/{name}.html"]


def test_there_is_a_page_for_every_backbone_with_embeddings_or_rows(searched):
    searched.embed("unused")
    searched.measure(("gone",), (0.5, 0.5), (0.6, 0.6))
    pages = built(searched, "backbone")
    assert set(pages) == {f"backbones/{name}.html" for name in ("alpha", "beta", "gamma", "gone", "unused")}
    assert "Its embeddings are not in this store" in pages["backbones/gone.html"].words
    assert "It was not measured alone yet. How to measure it" in pages["backbones/unused.html"].words


def test_results_have_ranks_intervals_and_where_they_came_from(predicted):
    shown = page(predicted)
    assert "tiny" in shown.words
    assert "of 2" in shown.words
    links = [a["href"] for a in shown.all("a") if a.get("class") == "from"]
    assert links
    assert all(href.startswith("../provenance/tiny.html#r-") for href in links)
    assert " to ." in shown.words
    assert len(shown.all("svg")) == 1


def test_what_it_adds_and_whether_it_was_chosen(searched):
    assert "alpha + beta" in page(searched).words
    _, gamma = page(searched, "gamma").words.split("tiny starter ")
    assert gamma.startswith("+")
    assert "of 3 no " in gamma


def test_the_card_is_read_as_text(searched):
    assert "no card lies beside its manifest" in page(searched).words
    (folder(searched) / "card.toml").write_text(CARD)
    words = page(searched).words
    assert "X-ray, CT" in words
    assert "Gated yes" in words
    assert "Runs its own code no" in words
    assert "nobody has confirmed what its card says of pooling" in words


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'id = "beta"\n', "is of another backbone"),
        (b"id = \n", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "cannot be read"),
        (b"#" * 2**21, "more than 1,048,576 bytes"),
        (b'id = "alpha"\ngated = "no"\nmodality = 3\n', "its card does not say"),
    ],
)
def test_a_card_that_is_none_is_said(searched, content, told):
    (folder(searched) / "card.toml").write_bytes(content)
    assert told in page(searched).words


def test_a_broken_record_breaks_no_page(searched):
    (folder(searched) / history.FILE).write_text("{")
    assert "its record cannot be read" in page(searched).words


def test_how_to_load_it_says_where_it_was_put(searched):
    here = page(searched).words
    assert "fuseboard extract alpha --dataset tiny computes them" in here
    assert f"embeddings/alpha/{fingerprint({'backbone': 'alpha', 'revision': 1})}/tiny/" in here
    history.add(folder(searched), "pushed", "some-one/alpha", {"tiny": ("train",)}, revision="abc")
    there = page(searched).words
    assert f"fuseboard store pull some-one/alpha --revision {folder(searched).name} --dataset tiny" in there
    assert 'load_dataset("some-one/alpha", "tiny", split=' in there
    assert "hf://datasets/some-one/alpha/tiny/" in there
    assert "pushed to some-one/alpha" in there


def test_the_lines_load_the_embeddings(searched, monkeypatch):
    from fuseboard.leaderboard.pages.loading_snippets import loading
    from fuseboard.leaderboard.rows.version_files import version_files

    [own] = [one for one in Store(searched.root).versions if one.manifest.backbone == "alpha"]
    found = loading(own.manifest, version_files([own])["alpha", own.manifest.fingerprint].events)
    monkeypatch.chdir(searched.root)
    rows = {}
    for title, lines in found.blocks:
        assert len(lines.splitlines()) == 3
        said: dict = {}
        exec(lines, said)
        rows[title] = said["rows"]
    assert len(rows["datasets"]) == len(rows["Polars"]) == len(rows["DuckDB"].fetchall()) == 12
    assert rows["Polars"]["embedding"][0].to_list() == [1.0, 1.0] == list(rows["DuckDB"].fetchall()[0][2])


def test_embeddings_that_may_not_be_passed_on_are_not_offered(searched):
    path = folder(searched) / "manifest.json"
    said = json.loads(path.read_text())
    said["about"]["redistribution"] = "predictions"
    path.write_text(json.dumps(said))
    history.add(folder(searched), "pushed", "some-one/alpha", {"tiny": ("train",)})
    words = page(searched).words
    assert "store pull" not in words
    assert "does not let them be passed on" in words


def test_the_version_of_the_boards_is_the_current_one(searched):
    searched.embed("alpha", revision=2, day=5)
    ids = [row["id"] for row in page(searched).all("tr") if row.get("id", "").startswith("version-")]
    assert ids == ["version-1", "version-2"]
    assert page(searched).html.index(folder(searched).name) < page(searched).html.index(
        folder(searched, revision=2).name
    )


def test_published_figures_are_beside_and_not_among_the_measured(searched):
    searched.embed("uni", dataset="bloodmnist")
    searched.measure(("uni",), (0.9, 0.9), (0.99, 0.95), dataset="bloodmnist", protocol="biofuse-2026")
    words = page(searched, "uni").words
    assert "They are in no ranking here" in words
    assert "bloodmnist UNI ACC biofuse 2026 singles" in words
    assert "published" not in page(searched).words.lower().replace("reported elsewhere", "")


def test_who_sees_alike(searched):
    for other, cka in (("beta", 0.9), ("gamma", 0.5)):
        similarity_rows.keep(
            searched.root,
            [
                similarity_rows.Similarity(
                    dataset="tiny", split="test", source_md5=md5("tiny"), images=12, cka=cka,
                    backbone="alpha", fingerprint=folder(searched).name,
                    other=other, other_fingerprint=folder(searched, other).name, created="2026-01-01T00:00:00Z",
                )
            ],
        )  # fmt: skip
    assert "tiny beta .90, gamma .50" in page(searched).words


def test_hostile_text_is_text(store):
    def make(text):
        store.embed("alpha", title=text, licence=text, source=text, paper=text, pretraining=(text,), overlap=(text,))
        quoted = json.dumps(text)
        (folder(store) / "card.toml").write_text(f'id = "alpha"\nmodality = [{quoted}]\nunverified = [{quoted}]\n')
        (folder(store) / history.FILE).unlink(missing_ok=True)
        history.add(folder(store), "pushed", text, {"tiny": ("train",)}, doi=text)
        return page(store)

    harmless, hostile = make("harmless text"), make(HOSTILE)
    assert hostile.tags == harmless.tags
    assert hostile.text.count(HOSTILE) == harmless.text.count("harmless text") >= 10


def test_only_plain_addresses_are_linked():
    assert web("https://arxiv.org/abs/1905.11946") == "https://arxiv.org/abs/1905.11946"
    for text in (
        None,
        "",
        "javascript:alert(1)",
        "http://a.org",
        "https://a.org/<b>",
        "https://u@a.org/",
        "https://a b.c",
    ):
        assert web(text) is None


def test_what_training_brought_is_said_where_random_weights_were_measured_too(predicted):
    assert "random weights" not in page(predicted).words
    keep(predicted, ("alpha.random",), said(9))
    brought = auc(TASK, LABELS, said(0).astype(float)) - auc(TASK, LABELS, said(9).astype(float))
    pages = built(predicted, "backbone")
    trained, floor = pages["backbones/alpha.html"], pages["backbones/alpha.random.html"]
    assert f"training brought {plain.points(brought)} points" in trained.words
    assert "alpha.random.html" in [a["href"].rpartition("/")[2] for a in trained.all("a")]
    assert "The network of alpha, untrained" in floor.words
    assert "training brought" not in floor.words
    board = built(predicted, "singles")["boards/singles.html"]
    assert board.words.count("alpha.random random weights") == 1
