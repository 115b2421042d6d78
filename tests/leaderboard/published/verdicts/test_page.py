import json

import pytest

from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.verdicts.groups import of_files
from fuseboard.leaderboard.published.verdicts.verdicts import judge
from fuseboard.leaderboard.site import build as site
from fuseboard.store.results import rows as results

HOSTILE = "<script>alert('x')</script>"
BREAST = {"dataset": "breastmnist", "protocol": "biofuse-2026", "rows": 156}


@pytest.fixture
def measured(store):
    """BiomedCLIP as published; CONCH off on test; DINOv2-giant without a test AUC."""
    store.measure(("biomedclip",), (0.9148, 0.8846), (0.8956, 0.8846), **BREAST)
    store.measure(("conch",), (0.9424, 0.9359), (0.9114, 0.8013), **BREAST)
    store.measure(("dinov2-giant",), (0.9432, 0.8974), (None, 0.8782), **BREAST, reason=HOSTILE)
    return store


def build(store, tmp_path):
    site.build(store.opened, tmp_path / "site")
    return (tmp_path / "site" / "reported.html").read_text(), json.loads(
        (tmp_path / "site" / "data" / "results.json").read_text()
    )


def section(page, title):
    return " ".join(page.split(f"{title}</h2>")[1].split("</section>")[0].split())


def test_verdicts_stand_beside_their_source_with_a_count_and_a_link(measured, tmp_path):
    page, _ = build(measured, tmp_path)
    singles = section(page, "BioFuse 2026: single backbones")
    assert '<data value="10">10</data> reproduced · <data value="1">1</data> deviates' in singles
    conch = singles.split('<span class="badge deviates">')[1].split("</tr>")[0]
    assert '<a class="from" href="provenance/breastmnist.html#r-' in conch
    assert '<data value="0.8013">.8013</data></a>' in conch
    assert "\N{MINUS SIGN}4.5" in conch
    assert (tmp_path / "site" / "provenance" / "breastmnist.html").is_file()
    assert "held against dinov2-giant" in singles
    assert "fuseboard evaluate singles bloodmnist --backbones" in singles
    assert "Nothing on this page was measured here" not in page


def test_reasons_of_rows_are_escaped(measured, tmp_path):
    page, _ = build(measured, tmp_path)
    assert HOSTILE not in page
    assert "the row has no AUC: &lt;script&gt;" in page


def test_thousands_of_figures_are_a_few_lines(store, tmp_path):
    page, _ = build(store, tmp_path)
    subsets = section(page, "BioFuse 2024: all 255 subsets of eight backbones")
    assert '<data value="15300">15,300</data> not comparable' in subsets
    assert subsets.count('<span class="badge not-comparable">') == 3
    assert "Nothing on this page was measured here" in page


def test_every_verdict_is_in_one_line_or_counted_in_one(measured):
    found = judge(results.read(measured.root))
    for file in tables.TABLES:
        own = of_files(found)[file]
        total = sum(verdict.file == file for verdict in found)
        assert len(own.held) + sum(group.count for group in own.groups) == total == sum(dict(own.counts).values())


def test_no_published_grid_changes_with_what_was_measured(store, measured, tmp_path):
    from fuseboard.leaderboard.published.sections import sections

    assert [s.grids for s in sections()] == [s.grids for s in sections(judge(results.read(measured.root)))]


def test_programs_get_the_same_verdicts(measured, tmp_path):
    _, content = build(measured, tmp_path)
    held = content["verdicts"]["held"]
    assert len(held) == 11 + 4  # and the best single of BreastMNIST, which is CONCH
    (off,) = [v for v in held if v["verdict"] == "deviates" and v["file"] == "biofuse_2026_singles.csv"]
    assert (off["subject"], off["reported"], off["measured"], off["difference"]) == ("CONCH", 0.8462, 0.8013, -0.0449)
    assert sum(group["count"] for group in content["verdicts"]["groups"]) + len(held) == len(
        judge(results.read(measured.root))
    )
