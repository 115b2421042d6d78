"""Backbones that transformers loads from a repository's own configuration; code of the repository never runs."""

from collections.abc import Callable
from typing import Any

from transformers import AutoConfig, AutoModel

from harness.backbones import weights
from harness.backbones.card import Card
from harness.backbones.encoder import TorchEncoder
from store.errors import FuseboardError


def _projected(model: Any) -> Callable[[Any], Any]:
    """The projected image vector of CLIP-like models; transformers 5 hands it over inside an output object."""

    def forward(images: Any) -> Any:
        vectors = model.get_image_features(pixel_values=images)
        return getattr(vectors, "pooler_output", vectors)

    return forward


POOLING: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "cls": lambda model: lambda images: model(pixel_values=images).last_hidden_state[:, 0],
    "mean": lambda model: lambda images: model(pixel_values=images).last_hidden_state.mean(dim=1),
    "pooler": lambda model: lambda images: model(pixel_values=images).pooler_output,
    "cls+proj": _projected,
}


def load(card: Card, device: str) -> TorchEncoder:
    """Reads the pinned configuration, checks the width, then fetches, verifies and loads the pinned weights."""
    if card.pooling not in POOLING:
        raise FuseboardError(f"{card.id}: no pooling {card.pooling!r} for transformers; known: {', '.join(POOLING)}")
    repository = str(card.source.hub_id)
    try:
        config = AutoConfig.from_pretrained(repository, revision=card.source.revision, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise FuseboardError(f"{card.id}: no usable configuration: {str(error).splitlines()[0]}") from error
    weights.check_dim(card, int(config.projection_dim if card.pooling == "cls+proj" else config.hidden_size))
    weights.file_of(card)
    # Not `weights.fill`: transformers 5 renames the tensors of older checkpoints while it reads them.
    model, info = AutoModel.from_pretrained(
        repository,
        revision=card.source.revision,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
        **card.source.kwargs,
    )
    if absent := sorted(info["missing_keys"]):
        raise FuseboardError(
            f"{card.id}: {len(absent)} tensors of the model are not in the checkpoint, {absent[0]} first: they would "
            "be random; mend the card"
        )
    return TorchEncoder(card, model, POOLING[card.pooling](model), device)
