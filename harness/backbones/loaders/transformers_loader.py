"""Backbones of transformers, from a class named on the card or from a repository's own configuration."""

from collections.abc import Callable
from typing import Any

import transformers
from transformers.utils import logging

from fuseboard.harness.backbones import model_builder, weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.backbones.model_builder import Tower
from fuseboard.store.errors import FuseboardError, unknown


def _projected(model: Any) -> Callable[[Any], Any]:
    """Returns the projected image vector of CLIP-like models; transformers 5 hands it over inside an output object."""

    def forward(images: Any) -> Any:
        if hasattr(model, "get_image_features"):
            vectors = model.get_image_features(pixel_values=images)
            return getattr(vectors, "pooler_output", vectors)
        return model(pixel_values=images).image_embeds

    return forward


def _body(model: Any) -> Any:
    """Returns what makes the features: of a class with a head, such as ViTForImageClassification, its body."""
    return model.base_model if "For" in type(model).__name__ else model


POOLING: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "cls": lambda model: lambda images: _body(model)(pixel_values=images).last_hidden_state[:, 0],
    "mean": lambda model: lambda images: _body(model)(pixel_values=images).last_hidden_state.mean(dim=1),
    "pooler": lambda model: lambda images: _body(model)(pixel_values=images).pooler_output,
    "cls+proj": _projected,
}


def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
    """Builds the class, checks the width, then fetches, verifies and fills in the pinned weights.

    Not `tower.filled`: transformers 5 renames the tensors of older checkpoints while it reads them.
    """
    trusted = card.trust and trust
    planned = model_builder.plan(card, lambda card: build(card, trusted), POOLING)
    model: Any = type(planned.model)
    tensors = weights.tensors(card)
    quiet: Any = logging
    quiet.disable_progress_bar()
    quiet.set_verbosity_error()
    filled, info = model.from_pretrained(
        None, config=planned.model.config, state_dict=tensors, output_loading_info=True, **_class_arguments(card)
    )
    for problem, meaning in (
        ("mismatched_keys", "of the checkpoint have another shape than the model's"),
        ("missing_keys", "of the model are not in the checkpoint and would be random"),
        ("unexpected_keys", "of the checkpoint are not in the model"),
    ):
        if names := sorted(map(str, info[problem])):
            raise FuseboardError(
                f"{card.id}: the checkpoint does not fit the model: {len(names)} tensors {meaning}, {names[0]} first; "
                "mend the card"
            )
    return TorchEncoder(card, filled, POOLING[card.pooling](filled), device)


def build(card: Card, trusted: bool = False) -> Tower:
    """Returns the model without weights.

    Args:
        card: whose `architecture` names a class and whose `kwargs` are its configuration; without one, the pinned
            repository's own configuration says both.
        trusted: whether code of that repository may run.
    """
    model_builder.check_pooling(card, POOLING)
    model = _by_name(card) if card.source.architecture else _by_repository(card, trusted)
    return Tower(model, POOLING[card.pooling](model))


def _by_name(card: Card) -> Any:
    name = str(card.source.architecture)
    kind: Any = getattr(transformers, name, None)
    if not isinstance(kind, type) or not issubclass(kind, transformers.PreTrainedModel):
        models = [one for one in dir(transformers) if "Model" in one]
        hint = unknown("class of models", name, models, f"transformers {transformers.__version__}")
        raise FuseboardError(f"{card.id}: {hint}; mend `architecture`")
    configuration: Any = kind.config_class
    config = configuration()  # it takes a key that it does not know without a word
    for key in card.source.kwargs:
        if not hasattr(config, key) and key != "attn_implementation":
            hint = unknown("key", key, config.to_dict(), f"[source.kwargs] of {configuration.__name__}")
            raise FuseboardError(f"{card.id}: {hint}")
    return kind(configuration(**card.source.kwargs))


def _by_repository(card: Card, trusted: bool) -> Any:
    automatic: Any = transformers.AutoModel

    card.require_pins()
    pinned = {"revision": card.source.revision, "trust_remote_code": trusted}
    try:
        config = transformers.AutoConfig.from_pretrained(str(card.source.hub_id), **pinned)
        arguments = {"code_revision": card.source.revision} if trusted else {}
        return automatic.from_config(config, trust_remote_code=trusted, **arguments, **_class_arguments(card))
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())[:300]
        raise FuseboardError(f"{card.id}: no usable configuration or code: {reason}") from error


def _class_arguments(card: Card) -> dict[str, Any]:
    """Arguments of the class itself, on cards whose configuration is the repository's."""
    return {} if card.source.architecture else dict(card.source.kwargs)
