"""A booster as bytes: XGBoost's own UBJSON, looked through before XGBoost reads it.

XGBoost follows the indices of a model file without a look at them, so a file of somebody else could read memory that is
not its own. Every index is held against its bounds here first.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from fuseboard.harness.classifiers.heads import Trees
from fuseboard.harness.classifiers.tasks import Link
from fuseboard.harness.fusion.bundle import ubjson
from fuseboard.store.errors import FuseboardError

OBJECTIVES: Mapping[Link, str] = {
    "softmax": "multi:softprob",
    "sigmoid": "binary:logistic",
    "identity": "reg:squarederror",
}
BY_NODE = (
    "base_weights", "default_left", "left_children", "loss_changes", "parents", "right_children", "split_conditions",
    "split_indices", "split_type", "sum_hessian",
)  # fmt: skip
CATEGORICAL = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")


def dump(head: Trees) -> bytes:
    """Returns the bytes of a booster; reading them back gives the very predictions."""
    return bytes(head.booster.save_raw("ubj"))


def count(head: Trees) -> int:
    """Returns the number of trees."""
    return int(head.booster.num_boosted_rounds()) * head.classes


def load(content: bytes, where: str, link: Link, columns: int, width: int, trees: int) -> Trees:
    """Returns the booster of some bytes.

    Args:
        content: UBJSON of XGBoost.
        where: it comes from.
        link: what the task makes of decisions.
        columns: decisions per image.
        width: numbers of the joined vector.
        trees: that the manifest says.

    Raises:
        FuseboardError: it is no such model, or one of another size; XGBoost has not seen it then.
    """
    try:
        _check(ubjson.loads(content), link, columns, width, trees)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        said = f"no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)
        raise FuseboardError(f"{where}: no trees of this model ({said}); nothing was loaded") from error
    import xgboost as xgb

    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(content))
    except xgb.core.XGBoostError as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise FuseboardError(f"{where}: XGBoost does not read it ({reason}); nothing was loaded") from error
    booster.set_param({"device": "cpu"})
    return Trees(booster, link, columns)


def _check(model: Any, link: Link, columns: int, width: int, trees: int) -> None:
    learner = model["learner"]
    _expect("objective", learner["objective"]["name"], OBJECTIVES[link])
    facts = learner["learner_model_param"]
    _expect("number of features", int(facts["num_feature"]), width)
    _expect("number of classes", int(facts["num_class"]), columns if link == "softmax" else 0)
    _expect("number of targets", int(facts["num_target"]), 1 if link == "softmax" else columns)
    scores = json.loads(facts["base_score"])
    scores = scores if isinstance(scores, list) else [scores]
    if len(scores) not in (1, columns) or not np.isfinite(np.array(scores, float)).all():
        raise ValueError("base_score does not fit")
    if len(learner.get("feature_names", ())) or len(learner.get("feature_types", ())):
        raise ValueError("features have names or types")
    booster = learner["gradient_booster"]
    _expect("booster", booster["name"], "gbtree")
    grown = booster["model"]
    _expect("number of trees", len(grown["trees"]), trees)
    _expect("number of trees", int(grown["gbtree_model_param"]["num_trees"]), trees)
    _expect("number of parallel trees", int(grown["gbtree_model_param"]["num_parallel_tree"]), 1)
    groups = np.array(grown["tree_info"], np.int64)
    if groups.shape != (trees,) or groups.min() < 0 or groups.max() >= columns:
        raise ValueError("a tree belongs to no column")
    rounds = np.array(grown["iteration_indptr"], np.int64)
    if rounds.ndim != 1 or rounds[0] != 0 or rounds[-1] != trees or (np.diff(rounds) < 0).any():
        raise ValueError("the rounds do not hold the trees")
    categories = grown.get("cats", {})
    if any(len(value) for value in categories.values()):
        raise ValueError("it splits by categories")
    for number, tree in enumerate(grown["trees"]):
        _check_tree(tree, number, width)


def _check_tree(tree: Mapping[str, Any], number: int, width: int) -> None:
    """Raises unless every node is a leaf or leads to two later ones, so that each row comes to an end."""
    facts = tree["tree_param"]
    nodes = int(facts["num_nodes"])
    _expect("tree's number", tree["id"], number)
    _expect("tree's features", int(facts["num_feature"]), width)
    _expect("tree's leaf", int(facts.get("size_leaf_vector", 1)), 1)
    if nodes < 1 or any(np.shape(tree[name]) != (nodes,) for name in BY_NODE):
        raise ValueError(f"tree {number} does not have the nodes that it says")
    if any(len(tree[name]) for name in CATEGORICAL) or np.any(tree["split_type"]):
        raise ValueError(f"tree {number} splits by categories")
    if not all(np.isfinite(tree[name]).all() for name in FLOATS):
        raise ValueError(f"tree {number} holds NaN or infinity")
    left, right = np.asarray(tree["left_children"], np.int64), np.asarray(tree["right_children"], np.int64)
    own = np.arange(nodes)
    leaf = (left == -1) & (right == -1)
    inner = (left > own) & (right > own) & (left < nodes) & (right < nodes) & (left != right)
    if not (leaf | inner).all():
        raise ValueError(f"tree {number} has a node that leads nowhere")
    split = np.asarray(tree["split_indices"], np.int64)[inner]
    if split.size and (split.min() < 0 or split.max() >= width):
        raise ValueError(f"tree {number} splits by a feature that there is not")
    children = np.concatenate([left[inner], right[inner]])
    parents = np.asarray(tree["parents"], np.int64)
    if len(np.unique(children)) < len(children) or (parents[children] != np.tile(own[inner], 2)).any():
        raise ValueError(f"tree {number} has a node with two parents")


def _expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise ValueError(f"{what} {str(found)[:60]}, where {wanted} is wanted")
