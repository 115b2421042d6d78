import re
from xml.etree import ElementTree

from fuseboard.leaderboard.context.providers import Definition, Providers
from fuseboard.leaderboard.pages.rendering import TEMPLATES
from fuseboard.leaderboard.site import build
from tests.leaderboard.page import Page

IDS = (
    *("auc", "acc", "balanced-accuracy", "ece", "brier", "log-loss", "interval", "wilson", "paired", "delong"),
    *("bbc-cv", "shapley", "spearman", "cka", "be-rbe", "aggregates", "rank-interval", "tiers", "pareto", "selection"),
    *(
        "oracle",
        "regret",
        "fingerprint",
        "canary",
        "supersession",
        "verdict",
        "versions",
        "protocols",
        "cite",
        "reading",
    ),
)
HOSTILE = "<script>alert(1)</script>"
KNOWN = Definition("starter", "d1", "Starter", "Small.", {"seed": 42, "params": {"max_depth": 4}, "metrics": ["acc"]})


def method(store, out, *known):
    sources = Providers(protocols=lambda: {one.name: one for one in known}, examples=lambda _: {})
    build.build(store.opened, out, sources=sources)
    return Page(out / "method.html")


def test_every_formula_is_well_formed_and_none_is_unknown():
    found = 0
    for path in sorted((TEMPLATES / "method").glob("*.j2")):
        for formula in re.findall(r"<math.*?</math>", path.read_text(encoding="utf-8"), re.DOTALL):
            root = ElementTree.fromstring(formula)
            found += 1
            assert not any(name == "style" for part in root.iter() for name in part.attrib), path
            assert "\\" not in "".join(root.itertext()), "a command that was not understood"
    assert found > 50


def test_every_number_has_its_section_and_every_link_on_the_page_arrives(searched, tmp_path):
    page = method(searched, tmp_path / "site", KNOWN)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert set(IDS) <= set(ids)
    assert len(ids) == len(set(ids))
    links = [attrs["href"][1:] for attrs in page.all("a") if attrs.get("href", "").startswith("#")]
    assert set(links) <= set(ids)


def test_every_source_is_an_address():
    text = (TEMPLATES / "method" / "source.html.j2").read_text(encoding="utf-8")
    sources = re.findall(r'{% set (\w+) = \("([^"]+)", "(https://\S+)"\) %}', text)
    assert len(sources) == text.count("{% set ")
    used = {
        name
        for path in (TEMPLATES / "method").glob("*.j2")
        for call in re.findall(r"s\.of\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for name in re.findall(r"s\.(\w+)", call)
    }
    assert used == {name for name, _, _ in sources}


def test_a_protocol_shows_everything_it_fixes(searched, tmp_path):
    page = method(searched, tmp_path / "site", KNOWN)
    for text in ("params.max_depth", "Small.", "acc, backbones, features, name"):
        assert text in page.words
    assert "defines no protocol" not in page.words


def test_a_protocol_that_nobody_knows_says_so_with_what_its_rows_say(searched, tmp_path):
    searched.keep(("alpha",), "test", 0.5, 0.5, evaluation="late", protocol=HOSTILE, classifier="forest C=1")
    page = method(searched, tmp_path / "site", KNOWN)
    assert "This project defines no protocol of that name" in page.words
    assert "forest" in page.words
    assert HOSTILE not in (tmp_path / "site/method.html").read_text(encoding="utf-8")


def test_another_definition_of_a_protocol_is_an_alarm(searched, tmp_path):
    other = Definition("starter", "d2", "Starter", "Small.", {})
    assert "another definition" in method(searched, tmp_path / "site", other).words


def test_an_empty_store_still_has_the_formulas(store, tmp_path):
    page = method(store, tmp_path / "site")
    assert "Uncertainty" in page.words
    assert "127.0.0.1" not in page.words
