"""Shared sums: three parties are as good as their pooled images, and a file is what it says or refused."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from fuseboard.harness.grams.scores import scores
from fuseboard.harness.grams.shared import Facts, SharedGrams, pooled, sums_of, write
from fuseboard.store.errors import FuseboardError

WIDTHS = (6, 9)
FACTS = Facts(
    format=1,
    dataset="tiny",
    task="multi-class",
    n_classes=3,
    label_names=("a", "b", "c"),
    backbones=("one", "two"),
    fingerprints=("1" * 32, "2" * 32),
    dims=WIDTHS,
)
SPLITS = ("train", "val", "test")


def images(seed: int, rows: int = 120) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, rows)
    blocks = [
        (labels[:, None] * rng.normal(size=w) + rng.normal(size=(rows, w)) + 50).astype(np.float32) for w in WIDTHS
    ]
    blocks[1][:, 0] = 4.0  # constant
    return blocks, np.eye(3)[labels]


def party(number: int) -> dict[str, tuple[list[np.ndarray], np.ndarray]]:
    return {split: images(10 * number + at) for at, split in enumerate(SPLITS)}


def shared(own: dict[str, tuple[list[np.ndarray], np.ndarray]], facts: Facts = FACTS) -> SharedGrams:
    return SharedGrams(facts, {split: sums_of(*part) for split, part in own.items()})


@pytest.fixture
def parties(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"party [{number}] = a.npz" for number in range(3)]
    for number, path in enumerate(paths):
        write(shared(party(number)), path)
    return paths


def test_three_parties_are_the_pooled_images(parties: list[Path]) -> None:
    whole = {
        split: (
            [np.concatenate([party(n)[split][0][k] for n in range(3)]) for k in range(2)],
            np.concatenate([party(n)[split][1] for n in range(3)]),
        )
        for split in SPLITS
    }
    apart, together = scores(pooled(parties)), scores(shared(whole))
    assert [(one.subset, one.alpha) for one in apart] == [(one.subset, one.alpha) for one in together]
    for one, other in zip(apart, together, strict=True):
        assert one.val_r2 == pytest.approx(other.val_r2, abs=1e-8)
        assert one.test_r2 == pytest.approx(other.test_r2, abs=1e-8)

    chosen = next(one for one in apart if one.subset == ("one", "two"))
    scaler = StandardScaler().fit(np.concatenate(whole["train"][0], axis=1).astype(float))
    joined = {split: scaler.transform(np.concatenate(part, axis=1).astype(float)) for split, (part, _) in whole.items()}
    peer = Ridge(chosen.alpha).fit(joined["train"], whole["train"][1])
    for split, found in (("val", chosen.val_r2), ("test", chosen.test_r2)):
        assert found == pytest.approx(r2_score(whole[split][1], peer.predict(joined[split])), abs=1e-8)


def test_a_party_that_is_named_twice_would_count_twice(parties: list[Path]) -> None:
    with pytest.raises(FuseboardError, match="the same sums as"):
        pooled([parties[0], parties[1], parties[0]])


@pytest.mark.parametrize(
    ("field", "value"), [("fingerprints", ("1" * 32, "3" * 32)), ("label_names", ("a", "b", "d")), ("dataset", "other")]
)
def test_sums_of_other_things_are_not_added(parties: list[Path], tmp_path: Path, field: str, value: object) -> None:
    other = tmp_path / "other.npz"
    write(shared(party(7), FACTS.model_copy(update={field: value})), other)
    with pytest.raises(FuseboardError, match=f"{field} is"):
        pooled([*parties, other])


@pytest.mark.parametrize("damage", ["cut", "byte", "text", "pickle", "shape", "nan", "negative", "format", "bomb"])
def test_a_damaged_or_hostile_file_is_one_line(parties: list[Path], tmp_path: Path, damage: str) -> None:
    path, whole = parties[1], parties[1].read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "byte":
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    elif damage == "text":
        path.write_text("not sums")
    else:
        arrays = dict(np.load(path))
        if damage == "pickle":
            arrays["train/sums"] = np.array([{"a": 1}], dtype=object)
        elif damage == "shape":
            arrays["train/sums"] = arrays["train/sums"][1:]
        elif damage == "nan":
            arrays["val/products"][0, 0] = np.nan
        elif damage == "negative":
            arrays["test/products"][0, 0] = -1
        elif damage == "format":
            arrays["facts"] = np.frombuffer(FACTS.model_copy(update={"format": 2}).model_dump_json().encode(), np.uint8)
        (np.savez_compressed if damage == "bomb" else np.savez)(path, **arrays)
    with pytest.raises(FuseboardError) as told:
        pooled(parties)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)
