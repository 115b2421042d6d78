"""The canary: vectors of a few generated images, which tell wrong weights or a changed library before a long run."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import loaders
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.runtime.precision import against_nan
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic

FOLDER = Path(__file__).parent / "canaries"

TOLERANCE = {"fp32": 1e-3, "tf32": 1e-2, "fp16": 2e-2, "bf16": 5e-2}
"""Largest difference allowed, as a share of the largest component: room for another CPU, batch size or GPU."""

Recorded = tuple[tuple[float, ...], ...]
"""A canary's vectors (3, D) as a manifest has them; empty where nobody could compute them."""


@cache
def images() -> tuple[NDArray[np.uint8], ...]:
    """Returns three RGB images, 72 x 96: a gradient, a disc on a checkerboard, and noise.

    They come from integer arithmetic and SHAKE-256, so they are the same on every machine and in every NumPy.
    """
    y, x = np.mgrid[0:72, 0:96]
    gradient = np.stack([x * 255 // 95, y * 255 // 71, (x + y) * 255 // 166], axis=-1)
    board = np.where((x // 8 + y // 8) % 2, 200, 40)
    disc = np.where((x - 48) ** 2 + (y - 36) ** 2 < 24**2, 255 - board, board)
    noise = np.frombuffer(hashlib.shake_256(b"fuseboard canary").digest(72 * 96 * 3), np.uint8).reshape(72, 96, 3)
    return gradient.astype(np.uint8), np.stack([disc, board, disc], axis=-1).astype(np.uint8), noise


def vectors(card: Card, loaded: Encoder) -> NDArray[np.float32]:
    """Returns the canary's vectors (3, D) as this machine computes them."""
    return loaded.encode(np.stack([card.preprocessing.pixels(image) for image in images()]))


def load(card: Card, device: str, trust: bool = False, recorded: Recorded = ()) -> tuple[Encoder, NDArray[np.float32]]:
    """Loads a backbone and holds its canary against what there is; returns the encoder with the canary's vectors.

    Args:
        card: of the backbone.
        device: where it runs.
        trust: whether code of its repository may run.
        recorded: the canary of the version in the store, or of the backbone when a model was trained; none may have
            been shipped for a card of one's own, or for random weights, which another release may draw in another way.
    """
    loaded = loaders.load(card, device, trust)
    found = vectors(card, loaded)
    check(card, found)
    if recorded:
        mend = (
            "; what was recorded, in the store or in a model, is of those: take the weights and release that made it, "
            "or another --store, or train again"
        )
        if {len(vector) for vector in recorded} != {card.dim}:
            raise FuseboardError(f"{card.id}: the recorded canary is not {card.dim} numbers wide{mend}")
        _hold(card, found, np.array(recorded, np.float32), mend)
    return loaded, found


def record(card: Card, found: NDArray[np.float32], origin: Mapping[str, object] | None = None) -> Path:
    """Writes a shipped card's canary beside it; done once, by whoever makes or deliberately changes the card.

    Args:
        card: pinned.
        found: its canary's vectors.
        origin: whose machine computed them, and how near they are to the authors' own, where others sent them in.
    """
    path = FOLDER / f"{card.id}.json"
    facts = {"fingerprint": card.fingerprint, **({"origin": origin} if origin else {}), "vectors": as_lists(found)}
    atomic.write_text(path, json.dumps(facts) + "\n")
    return path


def shipped(card: Card) -> dict[str, Any] | None:
    """What is recorded for this fingerprint; None for a card of one's own, or another precision."""
    path = FOLDER / f"{card.id}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found if found.get("fingerprint") == card.fingerprint else None


def check(card: Card, found: NDArray[np.float32]) -> float | None:
    """Holds vectors against the shipped canary.

    Returns:
        The largest difference as a share of the largest component, or None when no canary was shipped for this
        fingerprint (a card of one's own, or another precision).

    Raises:
        FuseboardError: the vectors have another width, are not finite, or differ by more than the tolerance.
    """
    if found.shape[1] != card.dim:
        raise FuseboardError(f"{card.id}: its card says dim = {card.dim}, the model makes {found.shape[1]} numbers")
    if not np.isfinite(found).all():
        raise FuseboardError(
            f"{card.id}: NaN or infinity in the canary's vectors; {against_nan(card.precision, card.id)}"
        )
    recorded = shipped(card)
    if recorded is None:
        return None
    return _hold(card, found, np.array(recorded["vectors"], np.float32))


def _hold(card: Card, found: NDArray[np.float32], expected: NDArray[np.float32], mend: str = "") -> float:
    if found.shape != expected.shape:
        raise FuseboardError(f"{card.id}: the recorded canary has the shape {expected.shape}, not {found.shape}{mend}")
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not difference <= TOLERANCE[card.precision]:
        raise FuseboardError(
            f"{card.id}: the canary's vectors differ by {difference:.2g} of their scale (allowed "
            f"{TOLERANCE[card.precision]:g}): wrong weights, or a library that changed; nothing was extracted{mend}"
        )
    return difference


def as_lists(found: NDArray[np.float32]) -> list[list[float]]:
    """Vectors with the shortest decimals that read back as the same float32."""
    return [[float(str(value)) for value in row] for row in found]
