"""Attention: the module, its training, and what XGBoost makes of the output."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from xgboost import XGBClassifier

from fuseboard.harness import evaluations
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.evaluations.attention.fit import Fit
from fuseboard.harness.evaluations.attention.module import AttentionFusion, draw
from fuseboard.harness.evaluations.attention.plan import Plan
from fuseboard.harness.evaluations.attention.training import Split, train
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK
BACKBONES = ["hog", "pixels"]


def split_of(store: Path, split: str) -> Split:
    blocks = Store(store).blocks(DATA, split, BACKBONES)
    return [blocks.features[name] for name in BACKBONES], blocks.labels


def fused_by_numpy(module: AttentionFusion, blocks: list[np.ndarray], heads: int) -> np.ndarray:
    """The module's arithmetic, from its weights alone."""
    weights = {name: value.detach().numpy().astype(np.float64) for name, value in module.state_dict().items()}
    tokens = np.stack(
        [
            (block - weights[f"mean_{k}"]) / weights[f"scale_{k}"] @ weights[f"projections.{k}.weight"].T
            + weights[f"projections.{k}.bias"]
            for k, block in enumerate(blocks)
        ],
        axis=1,
    )
    width = tokens.shape[2]
    parts = tokens @ weights["attention.in_proj_weight"].T + weights["attention.in_proj_bias"]
    query, key, value = (
        part.reshape(*part.shape[:2], heads, width // heads).swapaxes(1, 2) for part in np.split(parts, 3, axis=2)
    )
    logits = query @ key.swapaxes(2, 3) / np.sqrt(width // heads)
    attention = np.exp(logits) / np.exp(logits).sum(axis=3, keepdims=True)
    mixed = (attention @ value).swapaxes(1, 2).reshape(tokens.shape)
    mean = (mixed @ weights["attention.out_proj.weight"].T + weights["attention.out_proj.bias"]).mean(axis=1)
    spread = np.sqrt(mean.var(axis=1, keepdims=True) + module.norm.eps)
    return (mean - mean.mean(axis=1, keepdims=True)) / spread * weights["norm.weight"] + weights["norm.bias"]


def test_the_module_is_what_numpy_makes_of_its_weights(store: Path) -> None:
    blocks, labels = split_of(store, "train")
    module = draw([block.shape[1] for block in blocks], 24, 3, seed=1)
    np.testing.assert_allclose(module.encode(blocks), fused_by_numpy(module, blocks, 3), atol=2e-5)
    train(module, (blocks, labels), split_of(store, "val"), "multi-class", 10, 1, Plan(epochs=3))
    np.testing.assert_allclose(module.encode(blocks), fused_by_numpy(module, blocks, 3), atol=2e-5)


def test_a_draw_depends_on_its_seed_alone() -> None:
    torch.manual_seed(5)
    first = draw([4, 3], 8, 2, seed=1).state_dict()
    expected = torch.random.get_rng_state()
    torch.manual_seed(5)
    assert torch.equal(torch.random.get_rng_state(), expected), "torch's own generator is left as it was"
    torch.manual_seed(6)
    second, other = draw([4, 3], 8, 2, seed=1).state_dict(), draw([4, 3], 8, 2, seed=2).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["projections.0.weight"], other["projections.0.weight"])


@pytest.mark.parametrize("kind", [ablation.RANDOM, ablation.TRAINED])
def test_xgboost_sees_the_output_and_random_attention_learned_nothing(
    kind: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "WIDTHS", (16,))
    monkeypatch.setattr(ablation, "HEADS", (4,))
    made: list[AttentionFusion] = []
    encode = AttentionFusion.encode
    monkeypatch.setattr(AttentionFusion, "encode", lambda self, blocks: made.append(self) or encode(self, blocks))
    rows = evaluations.get(kind)(Search(Store(store), DATA, STARTER)).rows
    parts = {split: split_of(store, split) for split in ("train", "val", "test")}
    initial = draw([block.shape[1] for block in parts["train"][0]], 16, 4, STARTER.seed)
    own, start = made[-1].state_dict(), initial.state_dict()
    equal = [torch.equal(own[name], start[name]) for name in start]
    assert all(equal) if kind == ablation.RANDOM else not any(equal)
    params = STARTER.params.model_dump(exclude_none=True)
    peer = XGBClassifier(**params, tree_method="hist", random_state=STARTER.seed)
    peer.fit(made[-1].encode(parts["train"][0]), parts["train"][1])
    scores = results.read(store, kind, scores=True).filter(pl.col("split") == "test")["scores"][0].to_list()
    np.testing.assert_array_equal(np.float32(scores), peer.predict_proba(made[-1].encode(parts["test"][0])))
    assert (rows["evaluation"][0], rows["fusion"][0], rows["features"][0]) == (kind, f"{kind} 16x4", 16)


def test_training_lowers_the_loss_and_keeps_the_best_state(store: Path) -> None:
    learn, val = split_of(store, "train"), split_of(store, "val")
    dims = [block.shape[1] for block in learn[0]]

    def loss(module: AttentionFusion, head: torch.nn.Linear, split: Split) -> float:
        logits = torch.from_numpy(module.encode(split[0])) @ head.weight.detach().T + head.bias.detach()
        return float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(split[1].astype(np.int64))))

    # So fast that the validation loss turns soon: were the last state kept, it would be another one.
    plan = Plan(epochs=60, patience=3, batch_rows=16, learning_rate=0.01)
    module, untrained = draw(dims, 16, 4, 0), draw(dims, 16, 4, 0)
    trained = train(module, learn, val, "multi-class", 10, 0, plan)
    assert 0 < trained.best == int(np.argmin(trained.losses)) == len(trained.losses) - 1 - plan.patience
    assert trained.losses[trained.best] < trained.losses[-1]
    assert loss(module, trained.head, val) == pytest.approx(trained.losses[trained.best], abs=1e-5)
    head = train(untrained, learn, val, "multi-class", 10, 0, Plan(epochs=0)).head
    assert loss(untrained, head, val) == pytest.approx(trained.losses[0], abs=1e-5)
    assert loss(module, trained.head, learn) < 0.1 * loss(untrained, head, learn)
    again = draw(dims, 16, 4, 0)
    assert train(again, learn, val, "multi-class", 10, 0, plan).losses == trained.losses
    assert np.array_equal(again.encode(val[0]), module.encode(val[0]))


@pytest.mark.parametrize(("task", "columns"), [("binary-class", 1), ("multi-label, binary-class", 3)])
def test_other_tasks_learn_as_well(task: str, columns: int, store: Path) -> None:
    parts = []
    for split in ("train", "val"):
        blocks, labels = split_of(store, split)
        several = np.stack([labels % 2, labels > 4, labels == 0], axis=1).astype(np.uint8)
        parts.append((blocks, several if columns == 3 else several[:, 0]))
    module = draw([block.shape[1] for block in parts[0][0]], 16, 4, 0)
    trained = train(module, *parts, task, 2 if columns == 1 else 3, 0, Plan(batch_rows=32))
    assert trained.head.out_features == columns
    assert trained.losses[trained.best] < 0.7 * trained.losses[0]


def test_the_papers_widths_and_heads_but_for_the_impossible(store: Path) -> None:
    params = STARTER.params.model_copy(update={"n_estimators": 1})
    found = evaluations.get("attention-random")(
        Search(Store(store), DATA, STARTER.model_copy(update={"params": params}))
    )
    choice, rows = found.choice, found.rows
    shapes = {f"{width}x{heads}" for width in (256, 512, 768) for heads in (4, 8, 12)} - {"256x12", "512x12"}
    measured = results.read(store, "attention-random")
    assert set(measured["fusion"]) == {f"attention-random {shape}" for shape in shapes}
    assert "left out: 256x12, 512x12 (width x heads), the heads do not divide the width" in found.notes
    assert (choice.chosen, choice.oracle, choice.all_backbones) == (("hog", "pixels"), (), ())
    assert rows.height == 2


def test_what_attention_cannot_be_is_one_line(store: Path) -> None:
    with pytest.raises(UsageError, match="attention-random of hog alone: a single token can but attend to itself"):
        evaluations.get("attention-random")(Search(Store(store), DATA, STARTER, ["hog"]))
    with pytest.raises(UsageError, match="12 heads do not divide a width of 256"):
        draw([4, 3], 256, 12, 0)


@pytest.mark.parametrize("kind", [True, False])
def test_single_precision_is_that_of_ieee_whatever_the_process_had_set(store: Path, kind: bool) -> None:
    product, seen = torch.backends.cuda.matmul, []

    class Noting:
        """A classifier that looks at what is set while the module lies where it was fused."""

        task, n_classes, seed, device = "multi-class", 10, 0, "cpu"

        def fit(self, features: list[np.ndarray], labels: np.ndarray) -> "Noting":
            seen.append(product.fp32_precision)
            return self

        def predict(self, features: list[np.ndarray]) -> np.ndarray:
            return np.zeros((len(features[0]), 10), np.float32)

    parts = {split: split_of(store, split) for split in ("train", "val", "test")}
    fit = Fit(kind, {split: part[0] for split, part in parts.items()}, parts["train"][1], parts["val"][1], Noting())  # type: ignore[arg-type]
    before = product.fp32_precision
    product.fp32_precision = "tf32"
    try:
        fit(8, 2)
        assert (seen, product.fp32_precision) == (["ieee"], "tf32")
    finally:
        product.fp32_precision = before
