"""Tiny real checkpoints where a pinned Hub repository would lie, and a Hub on the loopback that serves models."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch

from fuseboard.harness.backbones import canary, loaders, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.store.files.hashing import sha256_of
from tests.store.hub_client import point_at, server_module

REVISION = "a" * 40
MakeCard = Callable[..., Card]
Same = Callable[[Card, torch.Tensor], None]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cached snapshot of a pinned Hub repository `org/tiny`, with the network shut."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    folder = tmp_path / "models--org--tiny" / "snapshots" / REVISION
    folder.mkdir(parents=True)
    return folder


def card_of(
    loader: str,
    dim: int,
    pooling: str,
    size: int = 32,
    trust: bool = False,
    transform: dict[str, Any] | None = None,
    **source: Any,
) -> Card:
    """A small card: mean and std 0.5, and a source of these keys."""
    lite = registry.get("efficientnet-lite0").model_dump(mode="json")
    preprocessing = {**lite["preprocessing"], "size": size, "crop": 1.0, **(transform or {})}
    facts = {"id": "tiny", "dim": dim, "pooling": pooling, "trust": trust, "parameters": None}
    return Card.model_validate(
        {**lite, **facts, "source": {"loader": loader, **source}, "preprocessing": preprocessing}
    )


@pytest.fixture
def make_card(repository: Path) -> MakeCard:
    """A card for `org/tiny`, pinned to what lies there."""

    def make(*facts: Any, weights: str = "model.safetensors", **more: Any) -> Card:
        pins = {"hub_id": "org/tiny", "revision": REVISION, "sha256": sha256_of(repository / weights)}
        return card_of(*facts, **{"weights": weights, **pins, **more})

    return make


@pytest.fixture(name="card_of")
def _card_of() -> MakeCard:
    return card_of


@pytest.fixture
def normalised() -> Callable[[Card], torch.Tensor]:
    """The canary images as a plain script would feed them."""

    def make(card: Card) -> torch.Tensor:
        pixels = torch.stack([torch.from_numpy(card.preprocessing.pixels(i).copy()) for i in canary.images()])
        return pixels.permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.5)

    return make


@pytest.fixture
def assert_same() -> Same:
    """Holds what a card's encoder makes of the canary against an independent computation."""

    def check(card: Card, expected: torch.Tensor, trust: bool = False) -> None:
        found = canary.vectors(card, loaders.load(card, trust=trust))
        assert found.shape == (3, card.dim)
        np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-5)

    return check


@pytest.fixture(scope="session")
def _hub() -> Iterator[Any]:
    module = server_module("hub_server_of_models")
    # The store's Hub knows datasets; models have the same routes, without the word.
    module.ROUTES += [
        (method, pattern.replace("/api/datasets/", "/api/models/"), name)
        for method, pattern, name in module.ROUTES
        if pattern.startswith("/api/datasets/")
    ]
    module.ROUTES += [(None, rf"/{module.NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve")]
    server = module.FakeHub()
    server.repo = module.Repo
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hub(_hub: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The loopback Hub with an empty repository `org/tiny`, and the real client pointed at it."""
    _hub.reset()
    _hub.repos["org/tiny"] = _hub.repo()
    point_at(_hub.url, monkeypatch, tmp_path / "hub-cache")
    return _hub
