"""The strategies that need only scores, played on the published tables of 2024: FACTS 3, figure by figure.

255 subsets of eight backbones on 12 datasets, three decimals. Widths are taken as equal and names in the order of the
files, so that our tie-break (fewer backbones, fewer features, name) is the first row of the file.
"""

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fuseboard.harness.classifiers.fusion import Subset, all_subsets
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.strategies.strategy import SearchView
from fuseboard.store.results.rank_correlation import spearman
from fuseboard.store.results.selection import Choice, choose

FOLDER = Path(__file__).parents[4] / "shared" / "reference" / "biofuse_2024_subsets"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published tables are not on this machine: {FOLDER}")

PUBLISHED_PP = {
    "all": (0.48, 0.14),
    "singles": (-2.57, -1.57),
    "forward": (-0.49, -0.69),
    "forward-path": (-0.18, -0.16),
    "backward-path": (0.24, -0.18),
    "top-k": (0.07, 0.02),
}
"""Strategy -> mean over datasets of test ACC and AUC less those of the exhaustive choice, in percentage points."""

FITS = {"all": 1, "singles": 8, "forward-path": 36, "backward-path": 36, "top-k": 9}

SPEARMAN = {
    "tissuemnist": 0.99,
    "bloodmnist": 0.86,
    "dermamnist": 0.84,
    "organcmnist": 0.83,
    "pneumoniamnist": 0.79,
    "organsmnist": 0.64,
    "chestmnist": 0.57,
    "pathmnist": 0.55,
    "organamnist": 0.39,
    "breastmnist": 0.16,
    "octmnist": 0.01,
    "retinamnist": -0.09,
}


class Published:
    """One dataset's rows as a setting for strategies and as rows for the choice."""

    task, n_classes, trees, bins = "multi-class", 2, 100, 256

    def __init__(self, path: Path) -> None:
        lines = list(csv.reader(path.read_text().splitlines()))[1:]
        order = [line[2] for line in lines if "," not in line[2]]
        self.backbones = [f"{i}-{name}" for i, name in enumerate(order)]
        code = dict(zip(order, self.backbones, strict=True))
        self.table = {
            tuple(sorted(code[name] for name in line[2].split(","))): tuple(map(float, line[6:10])) for line in lines
        }
        self.rows = pl.DataFrame(
            [
                {
                    "dataset": lines[0][0],
                    "protocol": "biofuse-2024",
                    "split": split,
                    "subset": list(subset),
                    "features": len(subset),
                    "acc": figures[at],
                    "auc": figures[at + 1],
                    "selection": ["acc", "backbones", "features", "name"],
                }
                for subset, figures in self.table.items()
                for split, at in (("val", 0), ("test", 2))
            ]
        )

    def features(self, subset: Subset) -> int:
        return len(subset)

    @property
    def versions(self) -> dict[str, None]:
        return dict.fromkeys(self.backbones)

    def all_blocks(self, split: str) -> None:
        raise AssertionError("only scores are published")

    def play(self, name: str) -> list[Subset]:
        """What a strategy asks for, in order."""
        plan, asked = strategies.get(name)(SearchView(self, protocol.get("starter"))), []  # type: ignore[arg-type]
        ask = next(plan)
        while True:
            asked += ask.subsets
            try:
                ask = plan.send({subset: self.table[subset][0] for subset in ask.subsets})
            except StopIteration:
                return asked

    def best(self, asked: list[Subset]) -> Subset:
        """The highest validation accuracy among what was asked, the first row of the file among equals."""
        return max((subset for subset in self.table if subset in set(asked)), key=lambda s: self.table[s][0])

    def gap(self, subset: Subset, reference: Subset) -> tuple[float, float]:
        """ACC and AUC on test of a subset less those of another."""
        own, other = self.table[subset][2:], self.table[reference][2:]
        return own[0] - other[0], own[1] - other[1]


@pytest.fixture(scope="module")
def tables() -> dict[str, Published]:
    return {path.stem.split("_")[1]: Published(path) for path in sorted(FOLDER.glob("*.csv"))}


@pytest.fixture(scope="module")
def found(tables: dict[str, Published]) -> dict[str, Choice]:
    return {dataset: choose(each.rows) for dataset, each in tables.items()}


def regret_pp(
    tables: dict[str, Published], found: dict[str, Choice], name: str, last: bool = False
) -> tuple[float, ...]:
    gaps = []
    for dataset, each in tables.items():
        asked = each.play(name)
        one = each.gap(asked[-1] if last else each.best(asked), found[dataset].chosen)
        gaps.append(one)
    return tuple(100 * np.mean(gaps, axis=0))


def test_the_tables_are_whole_and_in_order(tables: dict[str, Published], found: dict[str, Choice]) -> None:
    assert sorted(tables) == sorted(SPEARMAN)
    for dataset, each in tables.items():
        assert list(each.table) == all_subsets(each.backbones)
        assert found[dataset].chosen == each.best(list(each.table))
        assert (found[dataset].measured, found[dataset].possible) == (255, 255)


@pytest.mark.parametrize("name", PUBLISHED_PP)
def test_regret_against_the_exhaustive_choice(
    tables: dict[str, Published], found: dict[str, Choice], name: str
) -> None:
    """Top-k means the union itself, which is asked for last, whatever it scores on validation."""
    assert regret_pp(tables, found, name, last=name == "top-k") == pytest.approx(PUBLISHED_PP[name], abs=0.01)


def test_what_facts_does_not_say(tables: dict[str, Published], found: dict[str, Choice]) -> None:
    """Top-k loses its worth where one of the singles it tried may be chosen after all; and backward may stop early."""
    assert regret_pp(tables, found, "exhaustive") == (0, 0)
    assert regret_pp(tables, found, "top-k") == pytest.approx((-0.68, -1.02), abs=0.01)
    assert regret_pp(tables, found, "backward") == pytest.approx((0.45, -0.01), abs=0.01)


def test_fits(tables: dict[str, Published]) -> None:
    for name, fits in FITS.items():
        assert {len(each.play(name)) for each in tables.values()} == {fits}
    assert round(np.mean([len(each.play("forward")) for each in tables.values()])) == 26
    assert round(np.mean([len(each.play("backward")) for each in tables.values()])) == 22


def test_validation_and_test_agree_as_published(tables: dict[str, Published]) -> None:
    for dataset, published in SPEARMAN.items():
        assert spearman(tables[dataset].rows, "acc") == pytest.approx(published, abs=0.005)


def test_ties(found: dict[str, Choice]) -> None:
    ties = {dataset: len(one.ties) for dataset, one in found.items()}
    assert ties["chestmnist"] == 20
    assert ties["pneumoniamnist"] == 11


def test_gaps_are_those_of_the_reported_page(tables: dict[str, Published], found: dict[str, Choice]) -> None:
    from fuseboard.leaderboard.published.biofuse_2024 import summarise
    from fuseboard.leaderboard.published.tables import load

    page = {one.dataset: one for one in summarise(load("biofuse_2024_subsets.csv"))}
    for dataset, one in found.items():
        shown = page[dataset]
        everything, oracle = (tables[dataset].gap(subset, one.chosen)[0] for subset in (one.all_backbones, one.oracle))
        assert everything == pytest.approx(shown.all_backbones["test_acc"] - shown.chosen["test_acc"])
        assert oracle == pytest.approx(shown.best_test_acc["test_acc"] - shown.chosen["test_acc"])
        assert len(one.ties) == shown.ties
