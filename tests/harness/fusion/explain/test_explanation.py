"""What each backbone adds to an answer, and which training images are near it."""

from dataclasses import replace

import numpy as np
import pytest

from fuseboard import Fusion, FusionRegressor
from fuseboard.harness.fusion.explain.explanation import Target, direction, explain, target_of
from fuseboard.harness.fusion.model import Model

RNG = np.random.default_rng(0)
ROWS = 120


def blocks_of(labels: np.ndarray) -> dict[str, np.ndarray]:
    means = RNG.normal(size=(int(labels.max()) + 1, 8))
    return {
        name: (strength * means[labels] + RNG.normal(size=(len(labels), 8))).astype(np.float32)
        for name, strength in (("good", 1.5), ("noise", 0.0))
    }


def fitted(classes: int, classifier: str = "linear-probe") -> tuple[Model, dict[str, np.ndarray]]:
    labels = np.arange(ROWS) % classes
    blocks = blocks_of(labels)
    return Fusion(classifier=classifier).fit(blocks, labels).model_, blocks


def decisions(model: Model, blocks: dict[str, np.ndarray]) -> np.ndarray:
    (member,) = model.members
    return np.asarray(member.head.decision(member.parts(blocks)) - member.head.base(member.parts(blocks)))


@pytest.mark.parametrize("classifier", ["linear-probe", "xgboost"])
@pytest.mark.parametrize("classes", [2, 3])
def test_shares_add_up_to_the_decision_for_the_answer(classes: int, classifier: str) -> None:
    model, blocks = fitted(classes, classifier)
    whole = decisions(model, blocks)
    for row, found in enumerate(explain(model, blocks, [f"{n}.png" for n in range(ROWS)])):
        target = target_of(model, model.scores(blocks)[row])
        assert found.answer == str(target.column)
        assert found.adds == pytest.approx(target.sign * whole[row, target.decision], abs=1e-4)
        assert sum(share.share for share in found.shares) == pytest.approx(1)
        assert [share.share for share in found.shares] == sorted((s.share for s in found.shares), reverse=True)


def test_the_informative_backbone_has_the_larger_shares() -> None:
    model, blocks = fitted(3)
    first = [found.shares[0].backbone for found in explain(model, blocks, [""] * ROWS)]
    assert first.count("good") > 0.9 * ROWS


def test_the_nearest_training_image_of_a_training_image_is_itself() -> None:
    model, blocks = fitted(2)
    found = explain(model, blocks, [f"image {row}" for row in range(ROWS)], neighbours=3)
    kept = [each for each in found if each.name in model.novelty.names]
    assert kept
    for each in kept:
        assert each.neighbours[0].name == each.name
        assert each.neighbours[0].distance == pytest.approx(0, abs=1e-2)
        assert each.neighbours[0].label == str(int(each.name.split()[1]) % 2)
        assert [n.distance for n in each.neighbours] == sorted(n.distance for n in each.neighbours)


def test_an_image_of_another_kind_is_said_to_be_unlike() -> None:
    model, blocks = fitted(2)
    strange = {name: -50 * np.ones((1, 8), np.float32) for name in blocks}
    (found,) = explain(model, strange, ["strange.png"])
    assert found.unlike
    assert found.distance > found.threshold


def test_a_regression_says_what_is_added_to_the_number() -> None:
    labels = RNG.integers(0, 3, ROWS)
    blocks = blocks_of(labels)
    model = FusionRegressor().fit(blocks, labels + 0.5).model_
    found = explain(model, blocks, [""] * ROWS)[0]
    assert float(found.answer) == pytest.approx(found.score, rel=1e-3)
    base = float(model.members[0].head.base(model.members[0].parts(blocks))[0, 0])
    assert base + found.adds == pytest.approx(found.score, abs=1e-4)
    assert {neighbour.label for neighbour in found.neighbours} <= {"0.5", "1.5", "2.5"}


def test_the_direction_of_linear_heads_is_the_slope_of_the_decision() -> None:
    model, blocks = fitted(2)
    row = {name: block[:1] for name, block in blocks.items()}
    target = Target(0, 0, -1)
    moved = {**row, "good": row["good"] + 0.5}
    gained = -(decisions(model, moved) - decisions(model, row))[0, 0]
    assert 0.5 * direction(model, "good", target, row["good"][0]).sum() == pytest.approx(gained, abs=1e-4)


def test_of_a_vote_it_is_the_mean_of_the_members() -> None:
    model, blocks = fitted(2)
    (member,) = model.members
    twice = replace(model, members=(member, member))
    target = Target(1, 0, 1)
    one, two = (direction(m, "good", target, blocks["good"][0]) for m in (model, twice))
    np.testing.assert_allclose(one, two)


def test_the_direction_of_trees_leads_to_the_mean_of_the_class() -> None:
    model, blocks = fitted(2, "xgboost")
    row = {name: block[:1] for name, block in blocks.items()}
    towards = direction(model, "good", Target(1, 0, 1), row["good"][0])
    novelty = model.novelty
    gap = [novelty.training[novelty.labels == c].mean(axis=0) for c in (0, 1)]

    def closeness(vector: np.ndarray) -> float:
        joined = np.concatenate([v / np.linalg.norm(v) for v in (vector, row["noise"][0])])
        return float(joined @ ((gap[1] - gap[0]) @ novelty.projection))

    step = 1e-3
    gained = [
        (closeness(row["good"][0] + step * unit) - closeness(row["good"][0] - step * unit)) / (2 * step)
        for unit in np.eye(8)
    ]
    np.testing.assert_allclose(towards, gained, atol=1e-3)
