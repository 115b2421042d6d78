"""Labels that several backbones contradict: planted ones are found, and those of one backbone alone are not."""

import numpy as np
import pytest

from fuseboard.harness.audit import label_issues, out_of_fold

pytest.importorskip("cleanlab", reason="confident learning needs the extra `audit`")

NAMES = ("a", "b", "c")


def planted(rng, images=600, classes=3, share=0.08):
    """Labels of which some are wrong, and what five backbones of noise of their own see."""
    truth = rng.integers(0, classes, images)
    given = truth.copy()
    wrong = rng.choice(images, round(share * images), replace=False)
    given[wrong] = (truth[wrong] + rng.integers(1, classes, len(wrong))) % classes
    centres = rng.normal(0, 1, (classes, 12))
    centres *= 4 / np.linalg.norm(centres, axis=1, keepdims=True)
    blocks = [centres[truth] + rng.normal(0, 1, (images, 12)) for _ in range(5)]
    return given, truth, {f"b{n}": block.astype(np.float32) for n, block in enumerate(blocks)}


def judged(given, blocks, classes=3):
    cut = out_of_fold.folds(given, np.arange(len(given)))
    return {name: out_of_fold.probabilities(block, given, classes, cut) for name, block in blocks.items()}


def test_planted_noise_is_found():
    given, truth, blocks = planted(np.random.default_rng(1))
    found = label_issues.find(given, NAMES, judged(given, blocks), 3)
    rows = {issue.row for issue in found}
    wrong = set(np.flatnonzero(given != truth).tolist())
    assert len(rows & wrong) >= 0.9 * len(wrong)
    assert len(rows & wrong) >= 0.9 * len(rows)
    right = [issue.suggested == NAMES[truth[issue.row]] for issue in found if issue.row in wrong]
    assert np.mean(right) > 0.95
    assert [issue.probability for issue in found] == sorted(issue.probability for issue in found)


def test_what_one_backbone_says_does_not_count():
    given, _, blocks = planted(np.random.default_rng(2), share=0)
    mistaken = dict(blocks)
    mistaken["b0"] = np.roll(blocks["b0"], 1, axis=0)  # its rows belong to other images
    alone = {issue.row for issue in label_issues.find(given, NAMES, {"b0": judged(given, mistaken)["b0"]}, 1)}
    together = label_issues.find(given, NAMES, judged(given, mistaken), 3)
    assert len(alone) > 100
    assert len(together) <= 3


def test_each_of_several_labels_is_a_question_of_its_own():
    rng = np.random.default_rng(4)
    one, first, blocks = planted(rng, classes=2)
    other, _, more = planted(rng, classes=2, share=0.0)
    both = np.stack([one, other], axis=1)
    joined = {name: np.hstack([block, more[name]]) for name, block in blocks.items()}
    cut = out_of_fold.folds(both, np.arange(len(both)))
    said = {name: out_of_fold.probabilities(block, both, 2, cut) for name, block in joined.items()}
    found = label_issues.find(both, ("x", "y"), said, 3)
    wrong = set(np.flatnonzero(one != first).tolist())
    assert len({issue.row for issue in found if "x" in issue.given} & wrong) >= 0.85 * len(wrong)
    assert sum("y" in issue.given for issue in found) <= 5
    assert {issue.given for issue in found} <= {"x", "no x", "y", "no y"}


def test_a_class_that_no_image_has_and_one_of_few_are_no_obstacle():
    given, _, blocks = planted(np.random.default_rng(5))
    given[:2] = 4  # of five classes number 3 has no image, and 4 two
    names = (*NAMES, "none", "few")
    found = label_issues.find(given, names, judged(given, blocks, 5), 3)
    assert found
    assert "none" not in {issue.suggested for issue in found}


def test_what_belongs_together_is_on_one_side():
    labels, units = np.arange(60) % 2, np.arange(60) // 4
    cut = out_of_fold.folds(labels, units)
    assert sorted(np.concatenate([unseen for _, unseen in cut]).tolist()) == list(range(60))
    assert all(not set(units[learned]) & set(units[unseen]) for learned, unseen in cut)


def test_a_fold_that_learns_one_class_alone_says_that_class():
    cut = [(np.arange(5), np.arange(5, 10)), (np.arange(5, 10), np.arange(5))]
    labels = np.array([0] * 5 + [1] * 5)
    said = out_of_fold.probabilities(np.ones((10, 2), np.float32), labels, 2, cut)
    assert said[5:].tolist() == [[1, 0]] * 5
    assert said[:5].tolist() == [[0, 1]] * 5
