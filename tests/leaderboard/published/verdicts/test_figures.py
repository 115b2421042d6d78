import csv

import pytest

from fuseboard.harness.backbones import registry
from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.verdicts.figures import published_figures
from fuseboard.leaderboard.published.verdicts.model_names import NAMES, NINE, backbones
from fuseboard.store.remotes.biofuse.models import models
from fuseboard.store.statistics import alexnet_reference


@pytest.fixture(scope="module")
def every():
    return list(published_figures())


def published(file):
    with tables.path_of(file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_every_figure_of_every_file_is_one_cell(every):
    texts = {"dataset", "model", "subset", "training", "corruption", "source", "url", "note"}
    for file in tables.TABLES:
        figures = [text for row in published(file) for column, text in row.items() if column not in texts and text]
        own = [cell for cell in every if cell.file == file]
        if file == alexnet_reference.FILE.name:  # the clean error is in every row of a dataset
            assert len(own) == 131 + 12
        else:
            assert [cell.reported for cell in own] == [
                type(cell.reported)(f) for cell, f in zip(own, figures, strict=True)
            ]
    assert len({(c.file, c.dataset, c.subject, c.metric, c.split) for c in every}) == len(every)


def test_every_published_name_is_a_card_or_has_a_reason():
    names = {row["model"] for file in tables.TABLES for row in published(file) if "model" in row}
    names |= {n for row in published("biofuse_2024_subsets.csv") for n in row["subset"].split("+")}
    names |= {n for row in published("biofuse_2026_fusion.csv") if row["subset"] for n in row["subset"].split("+")}
    assert names == set(NAMES)
    assert all(name.backbone or name.reason for name in NAMES.values())


def test_every_backbone_has_a_card():
    known = set(registry.names())
    assert {name.backbone for name in NAMES.values() if name.backbone} <= known


def test_the_names_agree_with_those_of_the_published_cache():
    spelled = {"clip vit-b/32": "clip", "uni2-h": "uni2"}
    cache = models()
    for name, meant in NAMES.items():
        if meant.backbone:
            assert cache[spelled.get(name.lower(), name.lower())].backbone == meant.backbone


def test_prov_gigapath_is_dinov2_giant_wherever_it_is_named(every):
    named = [cell for cell in every if "Prov-GigaPath" in cell.subject and cell.metric != "score"]
    assert {cell.file for cell in named} == {
        "biofuse_2024_subsets.csv",
        "biofuse_2026_imagenet.csv",
        "biofuse_2026_singles.csv",
    }
    assert all("DINOv2-giant" in cell.why for cell in named)
    assert not any("prov-gigapath" in cell.subset for cell in every)
    assert "dinov2-giant" in backbones(NINE)
    assert len(backbones(NINE)) == 9


def test_a_cell_that_no_row_could_reproduce_says_why_and_names_no_command(every):
    for cell in every:
        assert bool(cell.subset) == bool(cell.command)
        assert cell.subset or cell.why


def test_only_the_untuned_figures_of_2026_are_comparable(every):
    assert {cell.file for cell in every if cell.subset} == {
        "biofuse_2026_singles.csv",
        "biofuse_2026_best_single.csv",
        "biofuse_2026_all_nine.csv",
    }
    assert {(c.metric, c.split) for c in every if c.subset} == {(m, s) for m in ("acc", "auc") for s in ("val", "test")}
