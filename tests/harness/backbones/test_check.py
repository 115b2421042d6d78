"""`backbones check`: every rule on a sound backbone, and the alarms on broken ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard.harness.backbones import canary, check, loaders, parity, registry, speed, synthetic_shapes, wrong_weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    monkeypatch.setattr(speed, "BATCHES", {"cpu": (1, 4)})
    monkeypatch.setattr(wrong_weights, "SHAPES", 96)


def run(card: Card, root: Path) -> dict[str, Finding]:
    return {finding.check: finding for finding in check.check(card, "cpu", Store(root))}


def test_a_sound_backbone_passes_every_rule(tmp_path: Path) -> None:
    found = run(registry.get("efficientnet-lite0"), tmp_path)
    assert {name for name, finding in found.items() if finding.is_bad} == set()
    assert list(found) == [
        "access", "loads", "eval mode", "dim", "canary", "determinism", "black and white", "batch of 1", "batch of 4",
        "twin", "training",
    ]  # fmt: skip
    assert found["twin"].status == "note", "nothing there to compare with"
    assert "images/s" in found["batch of 4"].message


def test_the_authors_own_vectors_are_compared_with(tmp_path: Path) -> None:
    card = registry.get("pixels")
    theirs = np.stack([card.preprocessing.pixels(image).ravel() / np.float32(255) for image in canary.images()])
    theirs = (theirs - card.preprocessing.mean[0]) / card.preprocessing.std[0]
    np.save(tmp_path / "theirs.npy", theirs)
    read = parity.read(tmp_path / "theirs.npy", card)
    for authors, status in ((read, "ok"), (read[:, ::-1], "wrong")):
        found = {one.check: one for one in check.check(card, "cpu", Store(tmp_path), authors=authors)}
        assert found["parity"].status == status
    assert "preprocessing" in found["parity"].fix


def test_random_weights_raise_the_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = registry.get("efficientnet-lite0")
    monkeypatch.setattr(wrong_weights, "SEED", 1)
    wrong = wrong_weights.untrained(card, "cpu")
    monkeypatch.undo()
    monkeypatch.setattr(wrong_weights, "SHAPES", 96)
    assert wrong is not None
    [_, training] = wrong_weights.findings(card, wrong, Store(tmp_path), 8)
    assert training.status == "wrong"
    assert "with random weights" in training.message


def test_the_same_weights_under_another_name_raise_the_alarm(tmp_path: Path) -> None:
    card = registry.get("pixels")
    extract(card, datasets.get("digits"), Store(tmp_path))
    extract(registry.get("hog"), datasets.get("digits"), Store(tmp_path))
    other = card.model_copy(update={"id": "somebody-elses"})
    twin = run(other, tmp_path)["twin"]
    assert (twin.status, "pixels" in twin.message, "1.0000" in twin.message) == ("wrong", True, True)
    assert run(card, tmp_path)["twin"].status == "ok", "hog is another thing, and one's own version is no twin"


class Odd:
    """An encoder in which something is wrong."""

    device = "cpu"

    def __init__(self, **wrong: Any) -> None:
        self.training: list[str] = wrong.get("training", [])
        self.wrong, self.rng = wrong, np.random.default_rng(0)

    def encode(self, batch: np.ndarray) -> np.ndarray:
        if len(batch) > self.wrong.get("room", 99):
            raise MemoryError
        vectors = batch.reshape(len(batch), -1)[:, : self.wrong.get("dim", 256)].astype(np.float32)
        if self.wrong.get("random"):
            vectors += self.rng.normal(size=vectors.shape).astype(np.float32)
        return vectors / np.float32(0 if self.wrong.get("zero") and not batch.any(axis=(1, 2, 3)).all() else 1)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize(
    ("wrong", "rule", "status", "said"),
    [
        ({"training": ["dropout"]}, "eval mode", "wrong", "1 layers in training mode"),
        ({"random": True}, "determinism", "wrong", "two passes differ by"),
        ({"zero": True}, "black and white", "wrong", "NaN or infinity"),
        ({"room": 3}, "batch of 4", "note", "out of memory"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], rule: str, status: str, said: str
) -> None:
    monkeypatch.setattr(loaders, "load", lambda card, device, trust=False: Odd(**wrong))
    monkeypatch.setattr(wrong_weights, "findings", lambda *_: [])
    found = run(registry.get("pixels"), tmp_path)[rule]
    assert (found.status, said in found.message) == (status, True)


def test_a_wrong_width_is_told_and_nothing_more_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "load", lambda card, device, trust=False: Odd(dim=17))
    found = run(registry.get("pixels"), tmp_path)
    assert "17 numbers, its card says 256" in found["dim"].message
    assert found["dim"].fix == "mend `dim`"


def test_what_does_not_load_ends_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(card: Card, device: str, trust: bool = False) -> Encoder:
        raise FuseboardError("no weights")

    monkeypatch.setattr(loaders, "load", broken)
    assert list(run(registry.get("pixels"), tmp_path)) == ["access", "loads"]


def test_a_gated_model_without_a_token_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = registry.get("efficientnet-lite0").model_copy(update={"gated": True})
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    found = next(iter(check.check(card, "cpu", Store(tmp_path))))
    assert (found.status, "hf auth login" in found.fix) == ("missing", True)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_x")
    found = next(iter(check.check(card, "cpu", Store(tmp_path))))
    assert (found.status, "hf_x" in found.message) == ("ok", False)


def test_a_file_of_weights_that_is_not_there_is_no_access(tmp_path: Path) -> None:
    card = registry.get("efficientnet-lite0")
    source = card.source.model_copy(update={"package": None, "file": str(tmp_path / "mine.pt")})
    card = card.model_copy(update={"source": source})
    assert next(iter(check.check(card, "cpu", Store(tmp_path)))).status == "missing"
    (tmp_path / "mine.pt").touch()
    assert next(iter(check.check(card, "cpu", Store(tmp_path)))).status == "ok"


def test_the_shapes_are_eight_balanced_classes_and_stay_as_they_are() -> None:
    pictures = list(synthetic_shapes.images(16))
    assert {picture.shape for picture in pictures} == {(96, 96, 3)}
    assert np.bincount(synthetic_shapes.labels(16)).tolist() == [2] * 8
    assert all(np.array_equal(a, b) for a, b in zip(pictures, synthetic_shapes.images(16), strict=True))
