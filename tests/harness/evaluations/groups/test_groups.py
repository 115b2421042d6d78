"""Groups of a made dataset, in which the site tells the label or does not, held against scikit-learn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

import fuseboard
from fuseboard.harness import evaluations
from fuseboard.harness.evaluations.groups import work
from fuseboard.harness.evaluations.groups.report import GroupReport
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import BINARY
from fuseboard.store.embeddings import metadata
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store
from tests.harness import synthetic

LINEAR = protocol.get("linear-2026")
SITES = ("north", "south", "west")
BOTH = ("a", "b")

Numbers = Mapping[str, NDArray[np.integer[Any]]]


def made(root: Path, shortcut: float, rows: int = 240, **more: Any) -> tuple[Numbers, Numbers]:
    """A binary dataset with a site, which goes with the label in a share of the images of every split."""
    rng = np.random.default_rng(5)
    labels = {split: rng.integers(0, 2, rows).astype(np.uint16) for split in SPLITS}
    sites = {
        split: np.where(rng.random(rows) < shortcut, own * 2, rng.integers(0, 3, rows)) for split, own in labels.items()
    }
    synthetic.embed(root, labels, BINARY, 2, sites=sites, **more)
    tell(root, {split: {"site": [SITES[number] for number in own]} for split, own in sites.items()})
    return labels, sites


def tell(root: Path, columns: Mapping[str, Mapping[str, Sequence[str | None]]]) -> None:
    metadata.write(root, synthetic.DATA, "0" * 32, columns)


def measure(root: Path, *columns: str, protocol: Any = LINEAR) -> GroupReport:
    found = evaluations.get("groups")(Search(Store(root), synthetic.DATA, protocol), columns=columns)
    assert isinstance(found, GroupReport)
    return found


def lines(report: GroupReport, subset: str = "a+b") -> dict[str, dict[str, Any]]:
    return {str(line["group"]): line for line in report.table if line["subset"] == subset}


def test_a_planted_shortcut_is_revealed(tmp_path: Path) -> None:
    made(tmp_path, shortcut=0.9)
    report = measure(tmp_path, "site")
    for one in report.scores:
        assert one.label_alone.is_alarming
        assert one.worst is not None
        assert one.known.auc.value is not None
        assert one.worst.auc.value is not None
        assert one.known.left_out.value is not None
        assert one.known.auc.value > 0.95
        assert one.worst.auc.value < one.known.auc.value - 0.1
        assert one.known.left_out.value < one.known.auc.value - 0.05
        assert one.index.value is not None
        assert one.index.value < 0.2
        assert one.column_auc.value == pytest.approx(1, abs=0.02)
    assert [note for note in report.notes if note.startswith("alarm: site alone tells the label")]


def test_without_a_shortcut_the_alarm_is_silent(tmp_path: Path) -> None:
    made(tmp_path, shortcut=0)
    report = measure(tmp_path, "site")
    for one in report.scores:
        assert not one.label_alone.is_alarming
        assert one.worst is not None
        assert one.worst.auc.high is not None
        assert one.known.auc.value is not None
        assert one.worst.auc.high > one.known.auc.value - 0.02
    assert not [note for note in report.notes if "alarm" in note]


def test_every_auc_is_scikit_learn_s(tmp_path: Path) -> None:
    labels, sites = made(tmp_path, shortcut=0.5)
    report = measure(tmp_path, "site")
    found, search = lines(report), Search(Store(tmp_path), synthetic.DATA, LINEAR)
    blocks = {split: [*search.pool.all_blocks(split).features.values()] for split in SPLITS}
    whole = search.classifier.fit(blocks["train"], labels["train"]).predict(blocks["test"])[:, -1]
    left_out = []
    for number, site in enumerate(SITES):
        own, kept = sites["test"] == number, sites["train"] != number
        line = found[f"site={site}"]
        assert (line["images"], line["train_images"]) == (own.sum(), (~kept).sum())
        assert line["test_auc"] == pytest.approx(roc_auc_score(labels["test"][own], whole[own]), abs=1e-9)
        assert line["low"] < line["test_auc"] < line["high"]
        other = search.classifier.fit([block[kept] for block in blocks["train"]], labels["train"][kept])
        said = other.predict([block[own] for block in blocks["test"]])[:, -1]
        left_out.append(roc_auc_score(labels["test"][own], said))
        assert line["left_out"] == pytest.approx(left_out[-1], abs=1e-6)
    line = found["all with site"]
    assert line["test_auc"] == pytest.approx(roc_auc_score(labels["test"], whole), abs=1e-9)
    assert line["left_out"] == pytest.approx(np.mean(left_out), abs=1e-6)


def test_predictions_of_the_search_are_taken_and_nothing_is_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, shortcut=0.5)
    search = Search(Store(tmp_path), synthetic.DATA, LINEAR)
    search.run(strategies.get("exhaustive"))
    asked: list[str] = []
    real = work.Work._fits

    def counting(self: work.Work) -> Any:
        for each in real(self):
            asked.append(each.part.measure)
            yield each

    monkeypatch.setattr(work.Work, "_fits", counting)
    first = measure(tmp_path, "site")
    assert sorted(set(asked)) == ["column", "left out"]
    assert len(asked) == 3 * (3 + 1)
    asked.clear()
    assert measure(tmp_path, "site").table == first.table
    assert asked == []


def test_a_corrected_column_is_measured_anew(tmp_path: Path) -> None:
    _, sites = made(tmp_path, shortcut=0.5)
    before = lines(measure(tmp_path, "site"))
    tell(tmp_path, {split: {"site": ["ab"[number // 2] for number in own]} for split, own in sites.items()})
    after = lines(measure(tmp_path, "site"))
    assert set(before) == {"all with site", *(f"site={site}" for site in SITES)}
    assert set(after) == {"all with site", "site=a", "site=b"}


def test_groups_that_cannot_be_scored_say_why(tmp_path: Path) -> None:
    labels, _ = made(tmp_path, shortcut=0)
    cells: dict[str, list[str | None]] = {
        split: ["one class" if label else "other" for label in own.tolist()] for split, own in labels.items()
    }
    cells["test"][0], cells["test"][1], cells["test"][2] = "alone", None, "NA"
    tell(tmp_path, {split: {"site": own} for split, own in cells.items()})
    report = measure(tmp_path, "site")
    found = lines(report)
    assert found["site=alone"]["images"] == 1
    assert found["site=alone"]["test_auc"] is None
    assert found["site=alone"]["test_acc"] in (0, 1)
    assert found["site=alone"]["acc_low"] is None
    assert "no interval: only one image" in found["site=alone"]["reason"]
    assert found["site=one class"]["test_auc"] is None
    assert "AUC does not exist" in found["site=one class"]["reason"]
    assert "without site=one class training has no image of class 1" in found["site=one class"]["reason"]
    assert any("not known of 2 of 240 images of test" in note for note in report.notes)
    assert any("no group of site has an AUC" in note for note in report.notes)
    assert found["all with site"]["images"] == 238


def test_ages_become_two_groups_and_units_are_no_neighbours(tmp_path: Path) -> None:
    labels, _ = made(tmp_path, shortcut=0)
    tell(tmp_path, {split: {"age": [str(20 + n % 60) for n in range(len(own))]} for split, own in labels.items()})
    assert {line["group"] for line in measure(tmp_path, "age").table} == {
        "all with age",
        "age=up to 49.5",
        "age=above 49.5",
    }


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (lambda n: "here", "site has the value 'here' alone"),
        (lambda n: None, "site has no value at all"),
        (lambda n: f"patient {n}", "site has 240 values, and groups can be told apart up to 20"),
    ],
)
def test_what_makes_no_groups_is_refused(tmp_path: Path, cells: Any, said: str) -> None:
    labels, _ = made(tmp_path, shortcut=0)
    tell(tmp_path, {split: {"site": [cells(n) for n in range(len(own))]} for split, own in labels.items()})
    with pytest.raises(UsageError, match=said):
        measure(tmp_path, "site")
    assert not (tmp_path / "results").exists()


def test_an_unknown_column_or_none_is_answered_with_those_there_are(tmp_path: Path) -> None:
    made(tmp_path, shortcut=0)
    with pytest.raises(UsageError, match=r"--column, of site"):
        measure(tmp_path)
    with pytest.raises(UsageError, match="did you mean site"):
        measure(tmp_path, "sites")
    metadata.path_of(tmp_path, synthetic.DATA).unlink()
    with pytest.raises(UsageError, match="no further columns of the images of made"):
        measure(tmp_path, "site")


def test_other_evaluations_have_no_columns(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="columns are of the evaluation groups"):
        fuseboard.evaluate("singles", synthetic.DATA, columns=["site"], store=tmp_path)


def test_several_labels_and_trees(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    labels = {split: rng.integers(0, 2, (90, 3)).astype(np.uint8) for split in SPLITS}
    synthetic.embed(tmp_path, labels, "multi-label, binary-class", 3)
    tell(tmp_path, {split: {"site": [SITES[n % 3] for n in range(90)]} for split in SPLITS})
    report = measure(tmp_path, "site")
    for site in SITES:
        assert lines(report)[f"site={site}"]["test_auc"] is not None
    assert any("no robustness index of site: an image with several labels" in note for note in report.notes)
    trees = measure(tmp_path, "site", protocol=protocol.get("starter"))
    assert {row for row in trees.rows["classifier"] if "=" in row} >= {"xgboost, site=north"}
