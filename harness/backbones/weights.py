"""Weights: the pinned files of a card, each held against its SHA-256, and the tensors that a tower needs of them."""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuseboard.harness.backbones import keras_tensors, onnx_tensors, tflite_tensors, weight_sources
from fuseboard.harness.backbones.card import Card
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of

if TYPE_CHECKING:
    import torch

INDEX_LIMIT = 64 * 2**20
"""Most bytes an index may have; CheXagent's, for 8 billion parameters, has about 0.1 MiB."""


def files_of(card: Card) -> list[Path]:
    """The files that carry the tensors a card needs, found or downloaded; nothing that is not pinned is read.

    Raises:
        FuseboardError: a pin is missing, a file is not there, or it is not the pinned one.
    """
    card.require_pins()
    first = weight_sources.fetch(card)
    _hold(card, first, str(card.source.sha256))
    if not card.source.is_indexed:
        return [first]
    wanted, shards = shards_of(card, first), card.source.shards
    if loose := [name for name in wanted if name not in shards]:
        raise FuseboardError(
            f"{card.id}: the shard {loose[0]} holds tensors it needs and is not pinned on its card; {card.how_to_pin}"
        )
    paths = [weight_sources.fetch(card, name) for name in wanted]
    for path, name in zip(paths, wanted, strict=True):
        _hold(card, path, shards[name])
    return paths


def shards_of(card: Card, index: Path) -> tuple[str, ...]:
    """The shards that an index says hold tensors of the card's tower: plain names beside the index."""
    try:
        if index.stat().st_size > INDEX_LIMIT:
            raise ValueError("it is too large for an index")
        names = card.source.needed(json.loads(index.read_bytes())["weight_map"].items())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FuseboardError(f"{card.id}: {index.name} is no index of a sharded checkpoint ({error})") from error
    if not names:
        raise FuseboardError(f"{card.id}: {index.name} lists no tensor under {card.source.prefix!r}; mend `prefix`")
    if odd := [name for name in names if Path(name).name != name or name.startswith(".")]:
        raise FuseboardError(f"{card.id}: {index.name} points to {odd[0]!r}, outside its folder; it was not read")
    return names


def tensors(card: Card) -> "dict[str, torch.Tensor]":
    """The tensors that the card's tower needs, under the names that its model gives them; in 32 bits."""
    found: dict[str, torch.Tensor] = {}
    for path in files_of(card):
        for name, tensor in _read(path, card):
            found[name] = tensor.float() if tensor.is_floating_point() else tensor
    if not found:
        raise FuseboardError(
            f"{card.id}: no tensor of the checkpoint lies under {card.source.prefix or card.source.only}; "
            "mend `prefix` or `only`"
        )
    return _joined(card, found)


def _joined(card: Card, found: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
    """Puts the tensors together that a checkpoint keeps in pieces."""
    import torch

    pieces = {name for names in card.source.joined.values() for name in names}
    if lacking := sorted(pieces - set(found)):
        raise FuseboardError(f"{card.id}: no tensor {lacking[0]!r} in the checkpoint; mend `joined`")
    whole = {name: torch.cat([found[n] for n in names], dim=1) for name, names in card.source.joined.items()}
    return {name: tensor for name, tensor in found.items() if name not in pieces} | whole


def check_dim(card: Card, shape: tuple[int, ...]) -> None:
    """Raises unless vectors have the width that the card says."""
    if len(shape) != 2:
        raise FuseboardError(
            f"{card.id}: with pooling = {card.pooling!r} the model makes {'x'.join(map(str, shape[1:]))} numbers of an "
            "image, not one vector; mend `pooling`"
        )
    if shape[1] != card.dim:
        raise FuseboardError(
            f"{card.id}: its card says dim = {card.dim}, the model makes {shape[1]} numbers; mend `dim`"
        )


def _hold(card: Card, path: Path, pinned: str) -> None:
    if (digest := sha256_of(path)) != pinned:
        mend = (
            f'say sha256 = "{digest}" on the card, where they are the wanted ones'
            if card.source.file is not None
            else "remove that file and fetch it again, or make a new card for it"
        )
        raise FuseboardError(
            f"{card.id}: {path.name} has SHA-256 {digest}, its card says {pinned}: these are other weights, or cut "
            f"off ones, so nothing was computed; {mend}"
        )


def _read(path: Path, card: Card) -> "Iterator[tuple[str, torch.Tensor]]":
    """Reads tensors and nothing else from a checkpoint; nothing in it is executed."""
    try:
        if _is_safetensors(path):
            yield from _read_safetensors(path, card)
            return
        if (read := _other_framework(path)) is not None:
            yield from ((own, tensor) for name, tensor in read(path) if (own := card.source.wants(name)) is not None)
            return
        tree = _read_pickle(path)
    except Exception as error:  # the unpickler raises whatever it meets
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if found := re.search(r"GLOBAL (\S+)", str(error)):
            reason = f"it holds {found[1]}, not tensors alone, and loading that could run code: save a state_dict()"
        elif reason.startswith("Weights only"):
            reason = "it holds no tensors that torch can read without running code"
        raise FuseboardError(f"{path}: not a readable checkpoint ({reason}); is the file whole?") from error
    yield from _in_tree(tree, path, card)


def _other_framework(path: Path) -> "Callable[[Path], Iterator[tuple[str, torch.Tensor]]] | None":
    """Returns the reader of a file that another framework than torch wrote; by content, where that says it."""
    with path.open("rb") as file:
        begin = file.read(8)
    if begin[4:] == tflite_tensors.IDENTIFIER:
        return tflite_tensors.read
    if begin == keras_tensors.SIGNATURE or path.suffix == ".keras":
        return keras_tensors.read
    return onnx_tensors.read if path.suffix == ".onnx" else None


def _is_safetensors(path: Path) -> bool:
    """By content: MedImageInsight's file of that format is called .pt. Eight bytes of length, then JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{" or path.suffix == ".safetensors"


def _read_safetensors(path: Path, card: Card) -> "Iterator[tuple[str, torch.Tensor]]":
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - it is no mapping
            if (own := card.source.wants(name)) is not None:
                yield own, file.get_tensor(name)


def _read_pickle(path: Path) -> Any:
    import torch

    # A namespace of arguments lies in the checkpoints of MAE's heirs, RETFound's among them; it holds and does nothing.
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(path, map_location="cpu", weights_only=True)


def _in_tree(tree: Any, path: Path, card: Card) -> "Iterator[tuple[str, torch.Tensor]]":
    import torch

    key = card.source.inside
    if key is not None:
        if not isinstance(tree, dict) or key not in tree:
            raise FuseboardError(f"{card.id}: no {key!r} in {path.name}, which holds {_keys(tree)}; mend `inside`")
        tree = tree[key]
    if not isinstance(tree, dict) or not any(isinstance(value, torch.Tensor) for value in tree.values()):
        raise FuseboardError(
            f"{card.id}: {path.name} holds no tensors at its top, but {_keys(tree)}; say which in `inside`"
        )
    for name, value in tree.items():
        if isinstance(value, torch.Tensor) and (own := card.source.wants(name)) is not None:
            yield own, value


def _keys(tree: Any) -> str:
    return ", ".join(sorted(map(str, tree))[:8]) if isinstance(tree, dict) else f"a {type(tree).__name__}"
