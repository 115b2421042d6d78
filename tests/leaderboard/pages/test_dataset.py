"""The page of a dataset: facts, pictures, a section per protocol, and ways to everything else."""

import re
import struct

import pytest

from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.pages.examples import SIGNATURE, examples
from fuseboard.leaderboard.site import build
from tests.leaderboard.conftest import md5
from tests.leaderboard.page import Page

PNG = SIGNATURE + b"\0\0\0\rIHDR" + struct.pack(">II", 28, 14) + b"rest"


@pytest.fixture(autouse=True)
def _these_pages_alone(monkeypatch):
    monkeypatch.setattr(build, "PAGES", ("dataset",))


def page(store, tmp_path, dataset="tiny", sources=None):
    build.build(store.opened, tmp_path / "site", sources=sources)
    return Page(tmp_path / f"site/datasets/{dataset}.html")


def ids(found):
    return {attrs["id"] for _, attrs in found.tags if "id" in attrs}


def test_facts_come_from_the_embeddings(searched, tmp_path):
    words = page(searched, tmp_path).words
    for fact in ("Taskmulti-class", "3: a; b; c", "12 training, 12 validation, 12 test", "CC0", f"MD5 {md5('tiny')}"):
        assert fact in words
    assert "Embedded withalpha, beta, gamma" in words


def test_facts_that_nobody_knows_have_a_reason(store, tmp_path):
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5))
    assert page(store, tmp_path).words.count("no embedding in the store says") == 4


def test_its_contents_lead_to_its_parts(predicted, tmp_path):
    found = page(predicted, tmp_path)
    inside = [a["href"][1:] for a in found.all("a") if a.get("href", "").startswith("#")]
    assert set(inside) - {"main"} >= {"facts", "fusion-starter", "confusion-starter", "similarity"}
    assert set(inside) <= ids(found)


def test_every_protocol_has_a_section_of_its_own(searched, tmp_path):
    searched.measure(("alpha",), (0.6, 0.6), (0.61, 0.62), protocol="biofuse-2026")
    found = page(searched, tmp_path)
    assert {"p-starter", "p-biofuse-2026", "singles-starter", "singles-biofuse-2026"} <= ids(found)
    every = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(every) == len(set(every))


def test_every_test_score_leads_to_its_row(searched, tmp_path):
    page(searched, tmp_path)
    text = (tmp_path / "site/datasets/tiny.html").read_text()
    roles = text[text.index('<table class="roles"') :].split("</table>")[0]
    assert len(re.findall(r'<a class="from" href="../provenance/tiny.html#r-\w{14}"><data', roles)) == 5 * 3


def test_the_long_list_is_on_the_explorer(searched, tmp_path):
    found = page(searched, tmp_path)
    assert "All 7 subsets measured, in the order of validation" in found.words
    assert "../explorer/tiny.html#x-starter" in {a.get("href") for a in found.all("a")}


def test_everything_but_the_result_is_folded(searched, tmp_path):
    searched.measure(("alpha",), (0.6, 0.6), (0.61, 0.62), protocol="biofuse-2026")
    page(searched, tmp_path)
    text = (tmp_path / "site/datasets/tiny.html").read_text()
    shown = re.sub(r'<details class="fold">.*?</summary>', "<details><summary></summary>", text, flags=re.DOTALL)
    while shown != (inner := re.sub(r"<details>(?:(?!<details).)*?</details>", "", shown, flags=re.DOTALL)):
        shown = inner
    assert len(re.findall("<table", shown)) == 2, "of the subsets that count and the backbones alone"
    for folded in ("MD5", "Fingerprint", "Shapley", "Spearman", "Protocol starter</h2>"):
        assert folded in text
        assert folded not in shown


def test_examples_are_files_of_the_site(searched, tmp_path):
    sources = Providers(dict, lambda name: {"a <class>": PNG, "broken": b"no picture"} if name == "tiny" else {})
    found = page(searched, tmp_path, sources=sources)
    (image,) = [one for one in found.all("img") if "examples" in one["src"]]
    assert (image["alt"], image["width"], image["height"]) == ("Example of a <class>", "28", "14")
    assert (tmp_path / "site/datasets" / image["src"]).read_bytes() == PNG


def test_without_examples_there_is_no_such_section(searched, tmp_path):
    assert "examples" not in ids(page(searched, tmp_path))


@pytest.mark.parametrize("png", [b"", SIGNATURE, b"GIF89a" + bytes(40)])
def test_what_is_no_picture_is_left_out(png):
    assert examples("tiny", {"a": png}) == ()


def test_a_dataset_that_was_only_embedded_has_a_page_that_leads_to_the_mend(store, tmp_path):
    store.embed("alpha")
    found = page(store, tmp_path)
    assert "Nothing was searched on tiny yet" in found.words
    assert "../method.html#measuring-fusion" in {a.get("href") for a in found.all("a")}


def test_an_unknown_protocol_is_said(searched, tmp_path):
    from fuseboard.leaderboard.context.providers import Definition

    known = {"another": Definition("another", "d", "t", "d", {})}
    found = page(searched, tmp_path, sources=Providers(lambda: known, lambda _: {}))
    assert "This project has no protocol of this name" in found.words
